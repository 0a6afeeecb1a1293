package cli

import (
	"bytes"
	"net/http"
	"strings"
	"testing"
)

// completed is what complete prints for a command line; a blank at its end begins
// another word.
func completed(t *testing.T, line string) string {
	t.Helper()
	var out, complaints bytes.Buffer
	words := append([]string{"complete", "--"}, strings.Fields(line)...)
	if line == "" || strings.HasSuffix(line, " ") {
		words = append(words, "")
	}
	if status := Run(t.Context(), words, &out, &complaints); status != 0 {
		t.Errorf("%q: status %d %s", line, status, &complaints)
	}
	return out.String()
}

func TestWhatCanStandNext(t *testing.T) {
	t.Setenv(envServer, "http://127.0.0.1:1") // nobody listens there
	t.Setenv(envClientID, "shop")
	t.Setenv(envSecret, "change-me")
	for line, want := range map[string]string{
		"exec":                        "executions\tlist executions, the newest first\nexecution\tshow one execution with its steps\n",
		"flow p":                      "push\tsave a file as a flow's draft on a server\npublish\tpublish a flow's draft, a file, or again a flow that is out of service and has no draft\n",
		"help flow p":                 "push\tsave a file as a flow's draft on a server\npublish\tpublish a flow's draft, a file, or again a flow that is out of service and has no draft\n",
		"config ":                     "check\tfind every problem of a configuration and its flows, opening no port\ninvite\tshow who calls whom in an INVITE of each trunk, opening no port\n",
		"--v":                         "--version\tprint the version\n",
		"serve --c":                   "--config\tthe configuration, a YAML FILE; needed\n",
		"serve --config ":             ":files\n",
		"serve --config x --data ":    ":folders\n",
		"serve --log ":                "debug\ninfo\nwarn\nerror\n",
		"serve --log d":               "debug\n",
		"serve --log=w":               "--log=warn\n",
		"demo --customer b":           "busy\nblocked\n",
		"executions --status f":       "finished\nfailed\n",
		"flow check x ":               ":files\n",
		"flow diff x ":                ":files\n",
		"flow diff x y ":              "",
		"flow graph --svg ":           ":files\n",
		"flow graph --svg x ":         "",
		"flow publish ":               ":files\n", // and flows, if a server could be asked
		"backup --data x ":            ":folders\n",
		"completion ":                 "bash\nzsh\nfish\n",
		"backup --data x --":          "--data\tthe data folder of the server, a DIR; needed\n--help\texplain the verb\n",
		"version ":                    "",
		"function d":                  "delete\tdelete a function that nothing uses\n",
		"sing ":                       "",
		"start ":                      "",
		"start --colour red ":         "",
		"start remind --json -- --no": "",
	} {
		if got := completed(t, line); got != want {
			t.Errorf("%q: got\n%swant\n%s", line, got, want)
		}
	}
	if all := completed(t, ""); strings.Count(all, "\n") < 20 || !strings.Contains(all, "help\t") || strings.Contains(all, "complete\t") {
		t.Errorf("at the beginning there is\n%s", all)
	}
	if status, out := ringflow(t, "complete"); status != 2 || !strings.Contains(out, "ringflow completion") {
		t.Errorf("complete alone: %d %s", status, out)
	}
}

// What a server has stands next too, asked as the verb would ask.
func TestWhatAServerHasCanStandNext(t *testing.T) {
	server := played(t, map[string]http.HandlerFunc{
		"GET /v1/flows":      answering(`{"flows":[{"flow_id":"reminder","name":"Reminder"},{"flow_id":"play","name":"Two\nlines"}],"next":null}`),
		"GET /v1/executions": answering(`{"executions":[{"flow_execution_id":"x7","flow_id":"reminder","status":"failed","accepted_at":"2026-11-22T09:00:00Z"}],"next":null}`),
		"GET /v1/prompts":    answering(`{"prompts":[{"name":"tune.wav"}],"next":null}`),
		"GET /v1/webhooks":   answering(`{"webhooks":[{"name":"crm","source":"api"}],"next":null}`),
	})
	asShop(t, server)
	for line, want := range map[string]string{
		"start ": "reminder\tReminder\n", "start reminder ": "", "executions --flow ": "reminder\tReminder\n", "cancel --flow r": "reminder\tReminder\n",
		"flow publish ": "reminder\tReminder\n:files\n", "execution ": "x7\treminder failed ", "watch x": "x7\t", "cancel ": "x7\t", "prompt delete ": "tune.wav\n", "webhook rotate ": "crm\tapi\n",
	} {
		if got := completed(t, line); !strings.HasPrefix(got, want) || want == "" && got != "" {
			t.Errorf("%q: got\n%swant\n%s", line, got, want)
		}
	}
	t.Setenv(envServer, "http://127.0.0.1:1")
	if got := completed(t, "start --server "+server+" --client-id=shop "); !strings.HasPrefix(got, "reminder") {
		t.Errorf("another server has %q", got)
	}
}

func TestEveryVerbHasAChapter(t *testing.T) {
	_, all := ringflow(t, "help")
	for _, c := range chapters() {
		if len(c.verbs) == 0 || !strings.Contains(all, "\n\n"+c.title+"\n  ringflow ") {
			t.Errorf("the chapter %s has no verb", c.title)
		}
	}
	for _, v := range verbs() {
		if n := strings.Count(all, "  ringflow "+v.name+" "); n != 1 {
			t.Errorf("the help has %s %d times", v.name, n)
		}
	}
	if _, some := ringflow(t, "help secret"); strings.Contains(some, "Calls") || !strings.Contains(some, "A server of your own\n  ringflow secret discard") {
		t.Errorf("help of one group says\n%s", some)
	}
}
