package acceptance

import (
	"context"
	"syscall"
	"time"

	"ringflow/internal/rig/carrier"
)

// Drain ends the server with SIGTERM amid calls: new triggers must be refused
// at once, calls in progress must end in order, and nothing may be left.
func (t *Suite) Drain(ctx context.Context) {
	if t.Restart == "" {
		t.Check(false, "drain needs -restart")
		return
	}
	talks := carrier.Answers(50 * time.Millisecond)
	rings := carrier.Behaviour{Trying: true, Provisional: 180}
	var playing, ringing []map[string]string
	for range 20 {
		playing = append(playing, map[string]string{"contact_1": t.number(talks)})
		ringing = append(ringing, map[string]string{"contact_1": t.number(rings)})
	}
	triggers := t.startAll(ctx, "play", t.TriggersPerSecond, playing)
	triggers = append(triggers, t.startAll(ctx, "hangup", t.TriggersPerSecond, ringing)...)
	t.allAccepted(triggers)
	t.await(3*time.Second, func() bool { return t.carrier.In(carrier.Talking) == 20 && t.carrier.In(carrier.Ringing) == 20 })
	began := time.Now()
	t.Check(syscall.Kill(t.ServerPID, syscall.SIGTERM) == nil, "SIGTERM is sent")
	time.Sleep(200 * time.Millisecond)
	t.Check(t.platform.Ready(ctx) != nil, "the server is no longer ready (%v)", t.platform.Ready(ctx))
	late := t.number(talks)
	_, err := t.platform.Start(ctx, "hangup", map[string]string{"contact_1": late})
	t.Check(err != nil, "a new trigger is refused: %v", err)
	exited := t.await(90*time.Second, func() bool { return dead(t.ServerPID) })
	t.Check(exited, "the process has ended, %s after SIGTERM", time.Since(began).Round(time.Millisecond))
	t.Check(t.carrier.Live() == 0, "every dialog was ended (%d live)", t.carrier.Live())
	t.Check(len(t.carrier.To(late)) == 0, "the refused trigger calls nobody")
	ended := map[string]int{}
	for _, r := range t.carrier.Calls() {
		ended[r.EndedBy]++
	}
	t.Print("     calls ended by %v", ended)
	pid, err := t.restart(ctx)
	t.Check(err == nil, "the server starts again (%v)", err)
	t.Print("     the server is now process %d", pid)
	counts := t.ends(ctx, triggers, 10*time.Second, nil)
	t.Check(counts["finished"]+counts["failed"]+counts["cancelled"]+counts["interrupted"] == len(triggers), "each execution has an end state: %v", counts)
	t.dialledOnce(triggers, t.carrier.Count())
	t.awaitIdle(5 * time.Second)
}
