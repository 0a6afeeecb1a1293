package cli

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// withInput has the program read a text from its standard input.
func withInput(t *testing.T, text string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "stdin")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	before := os.Stdin
	os.Stdin = f
	t.Cleanup(func() { os.Stdin = before; f.Close() })
}

func TestResourcesFromTheCommandLine(t *testing.T) {
	var got []string
	handler := func(answer string) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			body, err := io.ReadAll(r.Body)
			if err != nil {
				t.Error(err)
			}
			got = append(got, r.Method+" "+r.URL.RequestURI()+" "+string(body))
			if r.Method == http.MethodDelete {
				w.WriteHeader(http.StatusNoContent)
				return
			}
			fmt.Fprint(w, answer)
		}
	}
	const facts = `"source":"api","created_at":null,"updated_at":"2026-01-02T03:04:05Z","used_by":["connections/crm"]`
	asShop(t, played(t, map[string]http.HandlerFunc{
		"/v1/secrets/token":   handler(`{"name":"token",` + facts + `}`),
		"/v1/connections/crm": handler(`{"name":"crm","base":"x","auth":{"kind":"none"},` + facts + `}`),
		"/v1/webhooks/":       handler(`{"name":"erp","url":"x","events":[],"flows":[],"private":false,"previous_secret":false,"secret":"whsec_x",` + facts + `}`),
		"/v1/secrets": func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Query().Get("cursor") == "" {
				fmt.Fprint(w, `{"secrets":[{"name":"one",`+facts+`}],"next":"one"}`)
				return
			}
			fmt.Fprint(w, `{"secrets":[{"name":"two","source":"configuration","created_at":null,"updated_at":null,"used_by":[]}],"next":null}`)
		},
	}))
	dir := t.TempDir()
	file := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	withInput(t, "hush, it is secret\n")
	connection := file("crm.yaml", "base: https://crm.example.com\nauth: {kind: bearer, secret_name: token}\n")
	for _, c := range []struct {
		line, want, sent string
		status           int
	}{
		{"secret set token", "token: kept\n", `PUT /v1/secrets/token {"value":"hush, it is secret"}`, 0},
		{"secret set token", "standard input is empty", "", 1},
		{"secret set token value", `unknown argument "value"`, "", 2},
		{"secret list", "one     api", "", 0},
		{"secret list", "two     configuration  -", "", 0},
		{"secret list --json", `"used_by": [`, "", 0},
		{"connection push " + connection, "crm: kept\n", `PUT /v1/connections/crm {"auth":{"kind":"bearer","secret_name":"token"},"base":"https://crm.example.com"}`, 0},
		{"connection push " + file("bad.yaml", "bse: x"), "see docs/http.md", "", 1},
		{"connection push " + file("worse.yaml", "- : ["), "worse.yaml", "", 1},
		{"connection push " + filepath.Join(dir, "none.yaml"), "none.yaml", "", 1},
		{"webhook push " + file("x.json", `{"url":"https://e.example.com","events":["all"]}`) + " --name erp", "erp: kept; it signs with whsec_x, which is not shown again\n", `PUT /v1/webhooks/erp {"events":["all"],"url":"https://e.example.com"}`, 0},
		{"webhook rotate erp", "erp: rotated; it signs with whsec_x", "POST /v1/webhooks/erp/rotate ", 0},
		{"connection delete crm", "crm: deleted\n", "DELETE /v1/connections/crm ", 0},
	} {
		got = nil
		code, out := ringflow(t, c.line)
		if code != c.status || !strings.Contains(out, c.want) {
			t.Errorf("%s ends with %d and says %s", c.line, code, out)
		}
		if sent := strings.Join(got, "\n"); sent != c.sent {
			t.Errorf("%s sends %q, want %q", c.line, sent, c.sent)
		}
	}
}
