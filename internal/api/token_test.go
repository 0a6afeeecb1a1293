package api_test

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"strings"
	"testing"
)

func TestTokenRequests(t *testing.T) {
	basic := func(user, password string) string {
		return "Basic " + base64.StdEncoding.EncodeToString([]byte(user+":"+password))
	}
	right := basic("acceptance", "acceptance-secret")
	const grant = "grant_type=client_credentials"
	for _, c := range []struct {
		name, path, authorization, body string
		status                          int
		contains                        string
	}{
		{"basic", "/oauth/token", right, grant, 200, `"scope":"flows-interactions:start flows:read flows:write"`},
		{"with a slash", "/oauth/token/", right, grant, 200, "access_token"},
		{"scope, colon encoded", "/oauth/token", right, grant + "&scope=flows-interactions%3Astart", 200, `"scope":"flows-interactions:start"`},
		{"two scopes", "/oauth/token", right, grant + "&scope=flows:read+flows:write", 200, `"scope":"flows:read flows:write"`},
		{"grant and scope in the query", "/oauth/token?" + grant + "&scope=flows:read", right, "", 200, `"scope":"flows:read"`},
		{"secret in the body", "/oauth/token", "", grant + "&client_id=reader&client_secret=reader-secret", 200, `"scope":"flows:read"`},
		{"credentials in the query", "/oauth/token?client_id=reader&client_secret=reader-secret", "", grant, 401, "invalid_client"},
		{"wrong secret", "/oauth/token", basic("acceptance", "wrong"), grant, 401, `{"error":"invalid_client","error_description":"client authentication failed"}`},
		{"another scheme", "/oauth/token", "Bearer x", grant, 401, "invalid_client"},
		{"broken base64", "/oauth/token", "Basic !", grant, 401, "invalid_client"},
		{"wrong secret in the body", "/oauth/token", "", grant + "&client_id=reader&client_secret=wrong", 400, `{"error":"invalid_client","error_description":"client authentication failed"}`},
		{"unknown client in the body", "/oauth/token", "", grant + "&client_id=nobody&client_secret=wrong", 400, `{"error":"invalid_client","error_description":"client authentication failed"}`},
		{"client_id alone in the body", "/oauth/token", "", grant + "&client_id=reader", 400, `"error":"invalid_client"`},
		{"broken assertion", "/oauth/token", "", grant + "&client_assertion_type=urn%3Aietf%3Aparams%3Aoauth%3Aclient-assertion-type%3Ajwt-bearer&client_assertion=a.b.c", 400, `"error_description":"client_assertion is not a JWT`},
		{"no authentication", "/oauth/token", "", grant, 401, `"error":"invalid_client","error_description":"client authentication is missing`},
		{"empty secret in the body beside basic", "/oauth/token", right, grant + "&client_id=acceptance&client_secret=", 200, "access_token"},
		{"form-encoded id and secret", "/oauth/token", basic("acceptance", "acceptance%2Dsecret"), grant, 200, "access_token"},
		{"JSON", "/oauth/token", right, `{"grant_type":"client_credentials"}`, 400, "send a form"},
		{"nothing", "/oauth/token", "", "", 400, "invalid_request"},
		{"another grant", "/oauth/token", right, "grant_type=password", 400, "unsupported_grant_type"},
		{"scope not granted", "/oauth/token", right, grant + "&scope=recordings:read", 400, `"error":"invalid_scope","error_description":"client 'acceptance' may not have the scope 'recordings:read'; it may have flows-interactions:start flows:read flows:write"`},
		{"scope that cannot be one", "/oauth/token", right, grant + "&scope=%22%5C%C3%A9", 400, "invalid_scope"},
		{"given twice", "/oauth/token", right, grant + "&" + grant, 400, "more than once"},
		{"no form", "/oauth/token", right, "%zz", 400, "invalid_request"},
		{"too large", "/oauth/token", right, grant + "&x=" + strings.Repeat("x", 70_000), 413, "0200023"},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t, nil)
			header := []string{"Content-Type", "application/x-www-form-urlencoded"}
			if c.authorization != "" {
				header = append(header, "Authorization", c.authorization)
			}
			answer := w.do("POST", c.path, "", c.body, header...)
			if answer.Code != c.status || !strings.Contains(answer.Body.String(), c.contains) {
				t.Fatalf("%d %s, want %d with %q", answer.Code, answer.Body, c.status, c.contains)
			}
			if got := answer.Header().Get("Cache-Control"); got != "no-store" {
				t.Errorf("Cache-Control is %q", got)
			}
			if got := answer.Header().Get("WWW-Authenticate"); (c.status == 401) != (got != "") {
				t.Errorf("WWW-Authenticate is %q", got)
			}
			var refused struct {
				Description string `json:"error_description"`
			}
			if err := json.Unmarshal(answer.Body.Bytes(), &refused); err != nil {
				t.Error(err)
			}
			for _, c := range refused.Description { // RFC 6749 §5.2
				if c < ' ' || c > '~' || c == '"' || c == '\\' {
					t.Errorf("error_description has %q: %s", c, refused.Description)
				}
			}
			logged := w.log.String()
			if strings.Contains(logged, "-secret") || strings.Contains(logged, "wrong\"") || (c.status >= 400) != strings.Contains(logged, "request refused") {
				t.Errorf("the log says: %s", logged)
			}
			if c.status != 200 {
				return
			}
			var token struct {
				AccessToken string `json:"access_token"`
				TokenType   string `json:"token_type"`
				ExpiresIn   int    `json:"expires_in"`
			}
			if err := json.Unmarshal(answer.Body.Bytes(), &token); err != nil || token.TokenType != "Bearer" || token.ExpiresIn != 600 {
				t.Errorf("%+v, %v", token, err)
			}
			if strings.Contains(c.contains, "read") {
				if answer := w.do("GET", "/v1/executions/execution-2", "", "", "Authorization", "Bearer "+token.AccessToken); answer.Code != 200 {
					t.Errorf("the token is refused: %d %s", answer.Code, answer.Body)
				}
			}
		})
	}
}

func TestTokenThatCannotBeKept(t *testing.T) {
	w := newWorld(t, nil)
	w.keepErr = errors.New("disk full")
	answer := w.do("POST", "/oauth/token", "", "grant_type=client_credentials&client_id=reader&client_secret=reader-secret")
	if answer.Code != 503 || answer.Header().Get("Retry-After") == "" || strings.Contains(answer.Body.String(), "disk") {
		t.Errorf("%d %s", answer.Code, answer.Body)
	}
}

// A fault that keeps a client from its token is an error in the log: no stranger can
// cause it.
func TestATokenThatCannotBeKeptIsAnError(t *testing.T) {
	w := newWorld(t, nil)
	w.keepErr = errors.New("broken")
	w.do("POST", "/oauth/token", "", "grant_type=client_credentials&client_id=reader&client_secret=reader-secret")
	w.do("POST", "/oauth/token", "", "grant_type=client_credentials&client_id=reader&client_secret=wrong")
	if n := len(lines(w.log.String(), "level=ERROR")); n != 1 {
		t.Errorf("%d errors: %s", n, w.log)
	}
}
