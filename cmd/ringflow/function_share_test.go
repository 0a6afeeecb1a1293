package main_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"testing"
	"time"

	api "ringflow/internal/client"
)

// An account whose functions never end takes no runner that another account's need:
// neither a step nor a function that is looked at waits for them. They compute on every
// core, and what a function may take is counted in seconds: nothing runs beside this.
func TestFunctionsOfOneAccountLeaveRunnersToOthers(t *testing.T) {
	w := newWorld(t)
	const flow = "name: F\ntrigger: {component: api_request}\nstart: run\nsteps:\n  run: {component: run_function, with: {source: %q}, exits: {ok: end, execution_error: end}}\n  end: {component: end_flow}\n"
	config, err := os.ReadFile(w.config(trunk{}, time.Second))
	if err != nil {
		t.Fatal(err)
	}
	w.write("hostile/endless.yaml", fmt.Appendf(nil, flow, "for (;;); return {}"))
	w.write("flows/quick.yaml", fmt.Appendf(nil, flow, "return {}"))
	server := w.serve(w.write("ringflow.yaml", fmt.Append(nil, string(config), `  - name: hostile
    clients:
      - {id: hostile, secret: hostile-secret, scopes: [flows-interactions:start, flows:read, flows:write]}
    rate_limit: 0
    flows: hostile
`)))
	hostile := &client{t: t, base: server.base, http: server.http}
	if hostile.api, err = api.New(api.Config{Server: server.base, ID: "hostile", Secret: "hostile-secret", HTTP: server.http}); err != nil {
		t.Fatal(err)
	}
	var endless []string
	for range 24 {
		endless = append(endless, hostile.mustStart("endless", nil))
	}
	within(t, 20*time.Second, "they run", func() string {
		x, err := hostile.execution(endless[0])
		if err != nil || len(x.Steps) < 2 {
			return fmt.Sprint(err, x)
		}
		return ""
	})
	id := server.mustStart("quick", nil)
	status, _, body := server.ask(server.token(), http.MethodPost, "/v1/check", fmt.Appendf(nil, flow, "return {"))
	var problems struct {
		Problems []struct{ Message string }
	}
	if err := json.Unmarshal([]byte(body), &problems); err != nil || status != http.StatusOK || len(problems.Problems) != 1 {
		t.Errorf("a flow is checked: %d %s", status, body)
	}
	if x := server.outcome(id, 30*time.Second); x.Status != "finished" || x.step(t, "run").Exit != "ok" {
		t.Errorf("the other account's: %+v", x)
	}
	over := 0
	for _, id := range endless {
		if x, err := hostile.execution(id); err != nil || x.Finished != nil {
			over++
		}
	}
	if over > 4 {
		t.Errorf("it waited for the end of %d functions", over)
	}
}
