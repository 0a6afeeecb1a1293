package cli

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestMistakesOfBeginners holds what is said about each.
func TestMistakesOfBeginners(t *testing.T) {
	server := played(t, map[string]http.HandlerFunc{
		"POST /flows/f/interactions": refusing(http.StatusTooManyRequests, `{"code":"1","message":"too many requests","description":"the account may start 2 interactions a second"}`),
	})
	dir := t.TempDir()
	for name, text := range map[string]string{
		"my flow.yaml": "name: F", "crm.yaml": "# the CRM\nbas: https://crm.example.com\nauth: {kind: bearer,\n  secret_nam: x}\n", "empty.yaml": "",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	asShop(t, server)
	t.Chdir(dir)
	for _, test := range []struct {
		line []string
		says string
	}{
		{[]string{"start", "f"}, "Try again in 3s. The server's accounts[].rate_limit says"},
		{[]string{"flow", "push", "my flow.yaml"}, `"my flow" is no id of a flow`},
		{[]string{"flow", "push", "my flow.yaml"}, "name it by --flow ID"},
		{[]string{"connection", "push", "crm.yaml"}, "crm.yaml:2: bas: there is no such key: did you mean base?"},
		{[]string{"connection", "push", "crm.yaml"}, "crm.yaml:4: auth.secret_nam: there is no such key: did you mean secret_name?"},
		{[]string{"flow", "list", "--server", "127.0.0.1:18080"}, "write http://127.0.0.1:18080\n"},
		{[]string{"flow", "list", "--server", "ftp://127.0.0.1"}, "write http://127.0.0.1:8080\n"},
		{[]string{"flow", "list", "--server", "https" + strings.TrimPrefix(server, "http")}, "It speaks http, not https: write " + server + "."},
	} {
		var out strings.Builder
		if status := Run(t.Context(), test.line, &out, &out); status == 0 || !strings.Contains(out.String(), test.says) {
			t.Errorf("%q ends with %d and says %s", test.line, status, out.String())
		}
	}
	gone := httptest.NewTLSServer(http.NotFoundHandler())
	gone.Close()
	if _, out := ringflow(t, "flow list --server "+gone.URL); !strings.Contains(out, "Is a server running at "+gone.URL) {
		t.Errorf("nobody there: %s", out)
	}
}
