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

// TestScheduledStartsAreBounded: an account has as many starts waiting for their
// time as its scheduled_starts says, also after a kill and a restart, and after
// the setting was changed; the API and the metrics tell how many there are.
func TestScheduledStartsAreBounded(t *testing.T) {
	besideOthers(t)
	w := newWorld(t)
	config := w.config(trunk{}, time.Second)
	text, err := os.ReadFile(config)
	if err != nil {
		t.Fatal(err)
	}
	bound := func(n int) {
		w.write("ringflow.yaml", fmt.Appendf(text[:len(text):len(text)], "    scheduled_starts: %d\n", n))
	}
	bound(3)
	server := w.serve(config)
	start := func(p api.CreateFlowInteractionParams) (string, int) {
		x, err := server.api.CreateFlowInteraction(t.Context(), "hangup", map[string]any{"contact_1": "nobody"}, p)
		return x.FlowExecutionID, refusal(err)
	}
	later := api.CreateFlowInteractionParams{StartAt: time.Now().Add(time.Hour).Format(time.RFC3339)}
	waits := func(n, most int) {
		t.Helper()
		type starts struct {
			Scheduled int `json:"scheduled_starts"`
		}
		var a struct {
			starts
			Limits starts `json:"limits"`
		}
		status, _, body := server.ask(server.token(), http.MethodGet, "/v1/account", nil)
		if err := json.Unmarshal([]byte(body), &a); err != nil || status != http.StatusOK || a.Scheduled != n || a.Limits.Scheduled != most {
			t.Errorf("the account has %d of %d starts that wait, %v, want %d of %d", a.Scheduled, a.Limits.Scheduled, err, n, most)
		}
		if g, err := server.gauges(); err != nil || g[`ringflow_executions_scheduled`] != float64(n) {
			t.Errorf("the metrics have %v that wait, %v, want %d", g[`ringflow_executions_scheduled`], err, n)
		}
	}
	refused := func(p api.CreateFlowInteractionParams) {
		t.Helper()
		if _, status := start(p); status != http.StatusTooManyRequests {
			t.Errorf("one too many: %d", status)
		}
	}
	var ids []string
	key := later
	key.IdempotencyKey = "the third"
	for _, p := range []api.CreateFlowInteractionParams{later, later, key} {
		id, status := start(p)
		if status != 0 {
			t.Fatalf("a start for later: %d", status)
		}
		ids = append(ids, id)
	}
	refused(later)
	hour := time.Now().UTC().Add(2 * time.Hour)
	refused(api.CreateFlowInteractionParams{CallingHours: hour.Format("15:04") + "-" + hour.Add(time.Hour).Format("15:04")})
	if id, status := start(key); status != 0 || id != ids[2] {
		t.Errorf("the same start again: %s, %d", id, status)
	}
	if _, status := start(api.CreateFlowInteractionParams{}); status != 0 {
		t.Errorf("a start for now: %d", status)
	}
	waits(3, 3)

	server.crash()
	server = w.serve(config)
	waits(3, 3)
	refused(later)
	if _, err := server.api.CancelExecution(t.Context(), ids[0]); err != nil {
		t.Error(err)
	}
	waits(2, 3)
	if _, status := start(later); status != 0 {
		t.Errorf("in the place of the cancelled one: %d", status)
	}
	refused(later)

	bound(1) // what waits already is left alone
	server.reload("msg=reloaded")
	waits(3, 1)
	refused(later)
	bound(0)
	server.reload("msg=reloaded")
	if _, status := start(later); status != 0 {
		t.Errorf("without a bound: %d", status)
	}
	waits(4, 0)
	server.stop()
}
