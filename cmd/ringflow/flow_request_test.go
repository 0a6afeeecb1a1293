package main_test

import (
	"encoding/json"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// TestFlowRequestRuns: what `flow request` prints starts the flow as it stands, also
// one that takes no sample of just any kind.
func TestFlowRequestRuns(t *testing.T) {
	besideOthers(t)
	w := newWorld(t)
	config := w.config(trunk{}, 5*time.Second)
	w.write("flows/particular.yaml", []byte(`name: Particular
trigger:
  component: api_request
  strict: true
  arguments:
    - {name: contact_1, variable: contact, pattern: '\+1\d{10}'}
    - {name: order.number, variable: order, pattern: '[0-9]{4,8}'}
    - {name: count, variable: count}
    - {name: gift, variable: gift}
    - {name: note}
variables: {count: {type: integer}, gift: {type: boolean}}
start: end
steps: {end: {component: end_flow}}
`))
	server := w.serve(config)
	shell := func(command string) string {
		t.Helper()
		cmd := exec.Command("bash", "-c", "set -o pipefail; "+command)
		cmd.Dir, cmd.Stderr = w.dir, os.Stderr
		cmd.Env = append(os.Environ(), "XDG_CONFIG_HOME="+w.dir, "RINGFLOW_SERVER="+server.base, "RINGFLOW_CLIENT_ID=acceptance", "RINGFLOW_CLIENT_SECRET=acceptance-secret",
			"CLIENT_ID=acceptance", "CLIENT_SECRET=acceptance-secret")
		out, err := cmd.Output()
		if err != nil {
			t.Fatalf("%s: %v\n%s", command, err, out)
		}
		return string(out)
	}
	for flow, want := range map[string]map[string]string{
		"particular":        {"contact": "+12025550143", "order": "1234", "count": "0", "gift": "true"},
		"installation-help": {"contact_1": "<contact_1>", "contact_2": "<contact_2>"},
	} {
		var began struct {
			ID string `json:"flow_execution_id"`
		}
		out := shell(program + " flow request " + flow + " --curl | bash")
		if err := json.Unmarshal([]byte(out), &began); err != nil || began.ID == "" {
			t.Fatalf("%s was not started: %s", flow, out)
		}
		within(t, 20*time.Second, "the execution has ended", func() string {
			x, err := server.api.Execution(t.Context(), began.ID)
			if err != nil || x.Status != "finished" {
				return x.Status
			}
			for name, value := range want {
				if x.Variables[name] != value {
					t.Errorf("%s: %s is %q, want %q", flow, name, x.Variables[name], value)
				}
			}
			return ""
		})
	}
	if out := shell(program + " flow request particular"); !strings.Contains(out, "order.number  order     yes       string   [0-9]{4,8}") || !strings.Contains(out, "note          -         yes       string   -") {
		t.Errorf("it prints\n%s", out)
	}
	server.stop()
}
