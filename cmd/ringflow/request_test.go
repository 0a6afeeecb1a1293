package main_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"time"
)

// token gets one by the client's secret.
func (s *Server) token() string {
	s.w.t.Helper()
	status, body := s.tokenRequest()
	var answer struct {
		Token string `json:"access_token"`
	}
	if err := json.Unmarshal([]byte(body), &answer); err != nil || status != http.StatusOK {
		s.w.t.Fatalf("token: %d %s", status, body)
	}
	return answer.Token
}

func (s *Server) tokenRequest() (status int, body string) {
	s.w.t.Helper()
	form := url.Values{"grant_type": {"client_credentials"}, "client_id": {"acceptance"}, "client_secret": {"acceptance-secret"}}
	res, err := s.http.PostForm(s.base+"/oauth/token", form)
	if err != nil {
		s.w.t.Fatal(err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		s.w.t.Fatal(err)
	}
	return res.StatusCode, string(text)
}

// ask makes a request by hand.
func (s *Server) ask(token, method, path string, body []byte) (int, http.Header, string) {
	s.w.t.Helper()
	r, err := http.NewRequest(method, s.base+path, bytes.NewReader(body))
	if err != nil {
		s.w.t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+token)
	res, err := s.http.Do(r)
	if err != nil {
		s.w.t.Fatal(err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		s.w.t.Fatal(err)
	}
	return res.StatusCode, res.Header, string(text)
}

// at starts a call for later.
func (s *Server) at(token string, when time.Time, number string) string {
	s.w.t.Helper()
	status, _, body := s.ask(token, http.MethodPost, "/flows/hangup/interactions?start_at="+url.QueryEscape(when.UTC().Format(time.RFC3339Nano)),
		[]byte(`{"contact_1":"`+number+`"}`))
	var answer struct {
		ID string `json:"flow_execution_id"`
	}
	if err := json.Unmarshal([]byte(body), &answer); err != nil || status != http.StatusAccepted {
		s.w.t.Fatalf("start for later: %d %s", status, body)
	}
	return answer.ID
}
