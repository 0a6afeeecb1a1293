package platform_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"ringflow/internal/rig/platform"
)

// api is the smallest server that keeps the contract.
func api(t *testing.T) *platform.Client {
	t.Helper()
	mux := http.NewServeMux()
	mux.HandleFunc("POST /oauth/token", func(w http.ResponseWriter, r *http.Request) {
		if id, secret, ok := r.BasicAuth(); !ok || id != "me" || secret != "hush" {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		fmt.Fprint(w, `{"access_token":"T","token_type":"Bearer","expires_in":600}`)
	})
	mux.HandleFunc("POST /flows/{id}/interactions", func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "Bearer T" {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		w.WriteHeader(http.StatusAccepted)
		fmt.Fprint(w, map[string]string{"good": `{"interaction_id":"i","flow_version_id":"v","flow_execution_id":"e"}`,
			"bare": `{"interaction_id":"i"}`}[r.PathValue("id")])
	})
	reads := 0
	mux.HandleFunc("GET /v1/executions/e", func(w http.ResponseWriter, _ *http.Request) {
		if reads++; reads < 3 {
			fmt.Fprint(w, `{"status":"running"}`)
			return
		}
		fmt.Fprint(w, `{"status":"finished","variables":{"digits":"12","n":5},"steps":[{"component":"make_outbound_call","exit":"busy","sip":{"code":486}}]}`)
	})
	s := httptest.NewServer(mux)
	t.Cleanup(s.Close)
	return platform.NewClient(strings.TrimPrefix(s.URL, "http://"), "me", "hush", 4)
}

func TestClientKeepsToTheContract(t *testing.T) {
	c, ctx := api(t), context.Background()
	if _, err := c.Start(ctx, "good", nil); err == nil {
		t.Error("a trigger without a token passed")
	}
	if err := c.Authorize(ctx); err != nil {
		t.Fatal(err)
	}
	a, err := c.Start(ctx, "good", map[string]string{"contact_1": "+1"})
	if err != nil || a.ExecutionID != "e" || a.Answered.Before(a.Asked) {
		t.Errorf("%+v %v", a, err)
	}
	if _, err := c.Start(ctx, "bare", nil); err == nil {
		t.Error("a 202 without its ids passed")
	}
	e, err := c.Ended(ctx, "e", 3*time.Second)
	if err != nil || e.Variable("digits") != "12" || e.Variable("n") != "5" || e.Step("make_outbound_call").Exit != "busy" {
		t.Errorf("%s %v", e, err)
	}
	if e.String() != "finished · make_outbound_call→busy(486)" {
		t.Errorf("%q", e)
	}
}
