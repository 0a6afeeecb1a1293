package cli

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// played is a server that answers as the test says.
func played(t *testing.T, answers map[string]http.HandlerFunc) string {
	t.Helper()
	mux := http.NewServeMux()
	mux.HandleFunc("POST /oauth/token", func(w http.ResponseWriter, r *http.Request) {
		if id, secret, _ := r.BasicAuth(); id != "shop" || secret != "change-me" {
			w.WriteHeader(http.StatusUnauthorized)
			fmt.Fprint(w, `{"error":"invalid_client"}`)
			return
		}
		fmt.Fprint(w, `{"access_token":"t","token_type":"Bearer","expires_in":600,"scope":""}`)
	})
	for pattern, answer := range answers {
		mux.HandleFunc(pattern, answer)
	}
	s := httptest.NewServer(mux)
	t.Cleanup(s.Close)
	return s.URL
}

func refusing(status int, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Retry-After", "3")
		w.WriteHeader(status)
		fmt.Fprint(w, body)
	}
}

// asShop has the environment say which server and who asks.
func asShop(t *testing.T, server string) {
	t.Helper()
	t.Setenv("XDG_CONFIG_HOME", t.TempDir())
	t.Setenv(envServer, server)
	t.Setenv(envClientID, "shop")
	t.Setenv(envSecret, "change-me")
}

// ringflow runs a command line and returns its status and all that it printed.
func ringflow(t *testing.T, line string) (int, string) {
	t.Helper()
	var out bytes.Buffer
	status := Run(t.Context(), strings.Fields(line), &out, &out)
	return status, out.String()
}

func TestEveryRefusalSaysWhatToDo(t *testing.T) {
	const body = `{"code":"1","message":"it cannot be","description":"for this reason"}`
	for status, advice := range map[int]string{
		400: "", 401: `Is "shop" (from RINGFLOW_CLIENT_ID) with the secret from RINGFLOW_CLIENT_SECRET a client of the server at http://127.0.0.1:`, 403: "accounts[].clients[].scopes", 404: "` shows what there is.",
		409: "", 429: "Try again in 3s.", 500: "The server's log says more.", 503: "Try again in 3s.",
	} {
		asShop(t, played(t, map[string]http.HandlerFunc{"/": refusing(status, body)}))
		file, empty := filepath.Join(t.TempDir(), "f.yaml"), filepath.Join(t.TempDir(), "r.yaml")
		for path, text := range map[string]string{file: "name: F", empty: "{}"} {
			if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		for _, line := range []string{
			"flow push " + file, "flow publish f", "flow publish " + file, "flow list", "flow unpublish f", "flow delete f", "flow request f", "start f", "start f --no-wait",
			"executions", "report", "report --totals", "cancel 1", "cancel --flow f", "execution 1", "watch 1", "calls", "trunks", "prompt push " + file, "prompt list", "prompt delete x",
			"secret list", "secret delete x", "connection push " + empty, "connection list", "connection delete x", "function push " + empty,
			"function list", "function delete x", "webhook push " + empty, "webhook list", "webhook delete x", "webhook rotate x",
		} {
			code, out := ringflow(t, line)
			if code != 1 || !strings.Contains(out, "it cannot be: for this reason") || !strings.Contains(out, advice) {
				t.Errorf("%s after %d ends with %d and says %s", line, status, code, out)
			}
		}
	}
}

func TestServerThatIsNotThere(t *testing.T) {
	gone := httptest.NewServer(http.NotFoundHandler())
	gone.Close()
	asShop(t, gone.URL)
	if code, out := ringflow(t, "flow list"); code != 1 || !strings.Contains(out, "Is a server running at "+gone.URL) {
		t.Errorf("nobody there: %d %s", code, out)
	}
	other := httptest.NewServer(http.NotFoundHandler())
	defer other.Close()
	if code, out := ringflow(t, "flow list --server "+other.URL); code != 1 || !strings.Contains(out, "the base URL of a Ringflow server?") {
		t.Errorf("another server: %d %s", code, out)
	}
	if code, out := ringflow(t, "flow list --server localhost"); code != 1 || !strings.Contains(out, "write http://localhost\n") {
		t.Errorf("no URL: %d %s", code, out)
	}
}

func TestWhoAsks(t *testing.T) {
	server := played(t, map[string]http.HandlerFunc{"GET /v1/flows": func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, `{"flows":[]}`) }})
	asShop(t, "")
	t.Setenv(envSecret, "")
	if code, out := ringflow(t, "flow list --server "+server); code != 1 || !strings.Contains(out, envSecret) || !strings.Contains(out, settingsPath()) {
		t.Errorf("without a secret: %d %s", code, out)
	}
	write := func(text string, mode os.FileMode) {
		t.Helper()
		if err := os.MkdirAll(filepath.Dir(settingsPath()), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(settingsPath(), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(settingsPath(), mode); err != nil {
			t.Fatal(err)
		}
	}
	whole := "server: " + server + "\nclient_id: another\nclient_secret: change-me\n"
	write(whole, 0o600) // the environment's client_id goes before the file's
	if code, out := ringflow(t, "flow list"); code != 0 {
		t.Errorf("with the file: %d %s", code, out)
	}
	if code, out := ringflow(t, "flow list --client-id third"); code != 1 || !strings.Contains(out, `Is "third" (from --client-id) with the secret from `+settingsPath()+" a client of the server at "+server+" (from "+settingsPath()+")?") || strings.Contains(out, "change-me") {
		t.Errorf("with another client: %d %s", code, out)
	}
	gone := played(t, map[string]http.HandlerFunc{"/": refusing(401, `{"code":"1","message":"the token has expired"}`)})
	t.Setenv(envClientID, "")
	if code, out := ringflow(t, "flow list --server "+gone); code != 1 || !strings.Contains(out, `Is "another" (from `+settingsPath()+")") || !strings.Contains(out, " at "+gone+" (from --server)?") {
		t.Errorf("at another server: %d %s", code, out)
	}
	write(whole, 0o640)
	if code, out := ringflow(t, "flow list"); code != 1 || !strings.Contains(out, "chmod 600") || strings.Contains(out, "change-me") {
		t.Errorf("with a file that others can read: %d %s", code, out)
	}
	write(whole+"colour: red\n", 0o600)
	if code, out := ringflow(t, "flow list"); code != 1 || !strings.Contains(out, "colour") || strings.Contains(out, "change-me") {
		t.Errorf("with an unknown key: %d %s", code, out)
	}
}

// TestStartEndsAsTheExecutionDoes: 0 only if it finished.
func TestStartEndsAsTheExecutionDoes(t *testing.T) {
	for status, want := range map[string]int{"finished": 0, "failed": 1, "cancelled": 1, "interrupted": 1} {
		var got map[string]any
		asShop(t, played(t, map[string]http.HandlerFunc{
			"POST /flows/f/interactions": func(w http.ResponseWriter, r *http.Request) {
				if err := json.NewDecoder(r.Body).Decode(&got); err != nil {
					t.Error(err)
				}
				w.WriteHeader(http.StatusAccepted)
				warnings := ""
				if r.ContentLength > 10 { // c is among the arguments
					warnings = `,"warnings":[{"name":"c","description":"did you mean a?"}]`
				}
				fmt.Fprint(w, `{"interaction_id":"i","flow_version_id":"v","flow_execution_id":"x7"`+warnings+`}`)
			},
			"GET /v1/executions/x7/events": func(w http.ResponseWriter, r *http.Request) {
				if r.Header.Get("Last-Event-ID") == "2" {
					w.WriteHeader(http.StatusNoContent)
					return
				}
				fmt.Fprint(w, "id: 1\nevent: key_pressed\ndata: {\"seq\":1,\"kind\":\"key_pressed\",\"step\":\"ask\"}\n\n"+
					"id: 2\nevent: execution_ended\ndata: {\"seq\":2,\"kind\":\"execution_ended\",\"status\":\""+status+"\"}\n\n")
			},
		}))
		if code, out := ringflow(t, "start f a=b --server= c=d=e"); code != want || !strings.HasPrefix(out, "warning: c: did you mean a?\nexecution x7\n") || !strings.Contains(out, "execution ended "+status) || !strings.Contains(out, "key pressed ask") {
			t.Errorf("%s: %d %s", status, code, out)
		}
		if fmt.Sprint(got) != "map[a:b c:d=e]" {
			t.Errorf("the arguments arrive as %v", got)
		}
		if code, out := ringflow(t, "start f --json"); code != want || strings.Count(out, "\n") != 2 || !strings.HasPrefix(out, `{"seq":1,`) {
			t.Errorf("%s as JSON: %d %s", status, code, out)
		}
		if code, out := ringflow(t, "start --no-wait f"); code != 0 || out != "x7\n" {
			t.Errorf("%s, not waited for: %d %s", status, code, out)
		}
	}
}

func TestExecutionsGoOverPages(t *testing.T) {
	var asked []string
	asShop(t, played(t, map[string]http.HandlerFunc{"GET /v1/executions": func(w http.ResponseWriter, r *http.Request) {
		asked = append(asked, r.URL.RawQuery)
		first, _ := strconv.Atoi(r.FormValue("cursor")) // "" is the first page
		limit, err := strconv.Atoi(r.FormValue("limit"))
		if err != nil {
			t.Error(err)
		}
		var rows []string
		for n := range limit {
			rows = append(rows, fmt.Sprintf(`{"flow_execution_id":"x%d","accepted_at":"2026-11-22T09:00:00Z","started_at":null}`, first+n))
		}
		fmt.Fprintf(w, `{"executions":[%s],"next":"%d"}`, strings.Join(rows, ","), first+limit)
	}}))
	code, out := ringflow(t, "executions --limit 250 --flow f --from 2026-11-22T09:00:00Z")
	if code != 0 || strings.Count(out, "\n") != 251 || !strings.Contains(out, "x249 ") {
		t.Errorf("%d, %d lines", code, strings.Count(out, "\n"))
	}
	want := "[flow_id=f&from=2026-11-22T09%3A00%3A00Z&limit=100 cursor=100&flow_id=f&from=2026-11-22T09%3A00%3A00Z&limit=100 cursor=200&flow_id=f&from=2026-11-22T09%3A00%3A00Z&limit=50]"
	if fmt.Sprint(asked) != want {
		t.Errorf("asked %s, want %s", asked, want)
	}
	if code, out := ringflow(t, "executions --limit 1 --json"); code != 0 || !strings.Contains(out, `"flow_execution_id": "x0"`) {
		t.Errorf("as JSON: %d %s", code, out)
	}
}

func TestReportThatBreaksOffIsNotWhole(t *testing.T) {
	asShop(t, played(t, map[string]http.HandlerFunc{"GET /v1/reports/studio_flow_execution": func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, "as %s\n", r.FormValue("format"))
		if r.FormValue("flow_id") == "cut" {
			_ = http.NewResponseController(w).Flush()
			panic(http.ErrAbortHandler)
		}
	}}))
	for line, want := range map[string]string{"report": "as csv\n", "report --json": "as json\n"} {
		if code, out := ringflow(t, line); code != 0 || out != want {
			t.Errorf("%s: %d %s", line, code, out)
		}
	}
	if code, out := ringflow(t, "report --flow cut"); code != 1 || !strings.Contains(out, "is not whole") {
		t.Errorf("cut: %d %s", code, out)
	}
}

func TestWrongCommandLines(t *testing.T) {
	asShop(t, "http://127.0.0.1:1")
	for _, line := range []string{
		"start", "start f =b", "start f a", "start f a=1 a=2", "flow push", "flow push a b", "flow publish", "flow list a", "cancel",
		"cancel 1 2", "executions a", "executions --limit 0", "executions --from yesterday", "report --colour", "execution", "watch", "calls --limit 0", "trunks a", "prompt push", "prompt delete", "backup", "backup --data d", "backup f",
	} {
		if code, out := ringflow(t, line); code != 2 || !strings.Contains(out, "usage: ringflow ") {
			t.Errorf("%s: %d %s", line, code, out)
		}
	}
}
