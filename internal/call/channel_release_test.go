package call_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"ringflow/flowengine"
	"ringflow/internal/call"
	"ringflow/internal/sim"
	"ringflow/numbers"
)

// Every path of a leg that has claimed a channel releases it once: a second release
// panics, and a missing one leaves the only channel of the trunk in use.
func TestEveryExitOfALegReleasesItsChannel(t *testing.T) {
	t.Parallel()
	const silent, refusing, busy = "+12025550001", "+12025550002", "+12025550003"
	phones := map[string]sim.Behaviour{
		customer: sim.Answers(), agent: sim.Answers(sim.HangUp()), silent: sim.Silent(), refusing: sim.Refuses(503, ""), busy: sim.Busy(),
	}
	dial := func(w *world, ctx context.Context, to string) flowengine.Contact {
		d := w.dialling(to)
		d.Ring = 100 * time.Millisecond
		c, _, _ := w.sw.Dial(ctx, d)
		return c
	}
	for name, exit := range map[string]func(w *world, ctx context.Context, cancel func()){
		"busy":       func(w *world, ctx context.Context, _ func()) { dial(w, ctx, busy) },
		"refused":    func(w *world, ctx context.Context, _ func()) { dial(w, ctx, refusing) },
		"ring limit": func(w *world, ctx context.Context, _ func()) { dial(w, ctx, silent) },
		"failover to the next target": func(w *world, ctx context.Context, _ func()) {
			w.trunk.Targets = []string{"nowhere.invalid:5060", w.trunk.Targets[0]}
			dial(w, ctx, busy)
		},
		"every target unreachable": func(w *world, ctx context.Context, _ func()) {
			defer func(targets []string) { w.trunk.Targets = targets }(w.trunk.Targets)
			w.trunk.Targets = []string{"nowhere.invalid:5060", "nor.here.invalid:5060"}
			dial(w, ctx, busy)
		},
		"hung up by the flow": func(w *world, ctx context.Context, _ func()) { dial(w, ctx, customer).HangUp() },
		"hung up by the API": func(w *world, ctx context.Context, _ func()) {
			c := dial(w, ctx, customer)
			w.sw.HangUp("acme", running, "")
			<-c.Done()
		},
		"hung up by the far end": func(w *world, ctx context.Context, _ func()) { <-dial(w, ctx, agent).Done() },
		"cancelled while it rings": func(w *world, ctx context.Context, cancel func()) {
			go func() {
				w.eventually(func() bool { return w.sw.Legs() == 1 })
				cancel()
			}()
			d := w.dialling(silent)
			d.Ring = time.Minute
			_, _, _ = w.sw.Dial(ctx, d)
		},
		"cancelled before": func(w *world, ctx context.Context, cancel func()) {
			cancel()
			dial(w, ctx, customer)
		},
		"no RTP port": func(w *world, ctx context.Context, _ func()) {
			var open []interface{ Close() }
			for {
				port, err := w.plane.Open()
				if err != nil {
					break
				}
				open = append(open, port)
			}
			dial(w, ctx, customer)
			for _, port := range open {
				port.Close()
			}
		},
		"denied while it waited": func(w *world, ctx context.Context, _ func()) {
			holder, done := dial(w, ctx, customer), make(chan struct{})
			go func() {
				defer close(done)
				dial(w, ctx, busy)
			}()
			w.waiting(1)
			w.changed("carrier", 1, func(a *call.Account) { a.Plan = numbers.Plan{Allow: []string{"+49"}} })
			holder.HangUp()
			<-done
			w.changed("carrier", 1, nil)
		},
		"the agent's leg": func(w *world, ctx context.Context, _ func()) {
			w.changed("carrier", 2, nil)
			contact := dial(w, ctx, customer)
			_, _ = w.connect(ctx, contact)
			contact.HangUp()
			w.changed("carrier", 1, nil)
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, phones)
			w.trunk.Channels, w.account.QueueWait = 1, time.Minute
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			exit(w, ctx, cancel)
			w.eventually(func() bool { return w.sw.Trunks("acme")[0].Legs == 0 })
			w.changed("carrier", 1, func(a *call.Account) { a.QueueWait = 0 })
			c, out, err := w.sw.Dial(t.Context(), w.dialling(customer))
			if err != nil || c == nil && !strings.HasPrefix(out.Detail, "rtp.ports: ") { // ports that were open rest for a while
				t.Errorf("no channel is free: %+v, %v", out, err)
			}
			if c != nil {
				c.HangUp()
			}
		})
	}
}
