package cli

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestCancelSaysWhatThereWasToEnd: an execution that never began had no calls.
func TestCancelSaysWhatThereWasToEnd(t *testing.T) {
	for started, want := range map[string]string{
		`{"started_at":null}`:                   "x7: cancelled before it began\n",
		`{"started_at":"2026-11-22T09:00:00Z"}`: "x7: its calls are being hung up\n",
		"":                                      "x7: cancelled\n", // the client may not look
	} {
		asShop(t, played(t, map[string]http.HandlerFunc{
			"POST /v1/executions/x7/cancel": func(w http.ResponseWriter, _ *http.Request) {
				w.WriteHeader(http.StatusAccepted)
				fmt.Fprint(w, `{"flow_execution_id":"x7"}`)
			},
			"GET /v1/executions/x7": func(w http.ResponseWriter, _ *http.Request) {
				if started == "" {
					w.WriteHeader(http.StatusForbidden)
				}
				fmt.Fprint(w, started)
			},
		}))
		if code, out := ringflow(t, "cancel x7"); code != 0 || out != want {
			t.Errorf("%s: %d %s", started, code, out)
		}
	}
}

func TestPublishAFileUnderAnotherName(t *testing.T) {
	var asked []string
	asShop(t, played(t, map[string]http.HandlerFunc{"/v1/flows/": func(w http.ResponseWriter, r *http.Request) {
		asked = append(asked, r.Method+" "+r.URL.Path)
		fmt.Fprint(w, `{"flow_id":"other","number":3,"problems":[]}`)
	}}))
	file := filepath.Join(t.TempDir(), "f.yaml")
	if err := os.WriteFile(file, []byte("name: F"), 0o600); err != nil {
		t.Fatal(err)
	}
	if code, out := ringflow(t, "flow publish "+file+" --flow other"); code != 0 || !strings.Contains(out, "other: version 3 published") ||
		fmt.Sprint(asked) != "[PUT /v1/flows/other/draft POST /v1/flows/other/publish]" {
		t.Errorf("%d %s, asked %v", code, out, asked)
	}
	if code, out := ringflow(t, "flow publish f --flow other"); code != 2 || !strings.Contains(out, "f is no file") {
		t.Errorf("no file: %d %s", code, out)
	}
}
