package acceptance

import (
	"context"
	"time"

	"ringflow/internal/rig/carrier"
	"ringflow/internal/rig/platform"
)

// Rate triggers flow hangup so many times a second for so many seconds; each
// must be answered 202 and become one whole call.
func (t *Suite) Rate(ctx context.Context, perSecond, seconds int) {
	server, err := platform.Watch(t.ServerPID)
	if !t.Check(err == nil, "the server's process can be watched (%v)", err) {
		return
	}
	idle := time.Now()
	time.Sleep(2 * time.Second)
	var arguments []map[string]string
	for _, n := range t.quietNumbers(perSecond * seconds) {
		arguments = append(arguments, map[string]string{"contact_1": n})
	}
	began := time.Now()
	triggers := t.startAll(ctx, "hangup", perSecond, arguments)
	posted := time.Since(began)
	t.await(15*time.Second, func() bool { return t.carrier.Live() == 0 && t.carrier.Count() >= len(arguments) })
	drained := time.Now()
	time.Sleep(500 * time.Millisecond)
	server.Stop()
	t.allAccepted(triggers)
	t.wholeCalls(triggers)
	t.Figure("triggers", "%.1f a second for %s", float64(len(triggers))/posted.Seconds(), posted.Round(time.Millisecond))
	rest := server.Cores(idle, began)
	used, over := server.CPU(began, drained)
	t.Figure("server at rest", "%.3f cores", rest)
	t.Figure("server under load", "%.3f cores", used.Seconds()/over.Seconds())
	t.Beside(server, began, drained)
	t.Figure("server CPU a call", "%.3f ms (all of HTTP, record, SIP)", (used.Seconds()-rest*over.Seconds())*1000/float64(len(triggers)))
	t.Figure("server memory", "%.1f MB before, %.1f MB at most, %d descriptors after", float64(server.At(idle).Resident)/1e6,
		float64(server.Resident(began, drained))/1e6, server.At(time.Now()).Files)
	t.allFinished(ctx, triggers)
	t.reportRig()
	t.awaitIdle(3 * time.Second)
}

// wholeCalls checks that each accepted trigger became exactly one call from
// INVITE to BYE, and prints how fast. It returns the times from POST to INVITE.
func (t *Suite) wholeCalls(triggers []trigger) (delays []time.Duration) {
	calls := t.byNumber()
	whole, missing, twice, again := 0, 0, 0, 0
	var answered, setup []time.Duration
	for _, tr := range triggers {
		if tr.err != nil {
			continue
		}
		answered = append(answered, tr.accepted.Answered.Sub(tr.accepted.Asked))
		mine := calls[tr.arguments["contact_1"]]
		if len(mine) == 0 {
			missing++
			continue
		}
		if len(mine) > 1 {
			twice++
		}
		r := mine[0]
		again += r.Invites - 1
		delays = append(delays, r.InviteAt.Sub(tr.accepted.Asked))
		setup = append(setup, r.AckedAt.Sub(r.AnsweredAt))
		if r.State == carrier.Ended && r.EndedBy == "caller" && !r.AckedAt.IsZero() {
			whole++
		}
	}
	t.Check(whole == len(answered), "%d of %d accepted triggers became a whole call, INVITE to BYE", whole, len(answered))
	t.Check(missing == 0 && twice == 0, "none is missing (%d) or called twice (%d)", missing, twice)
	t.Figure("POST to its 202", "%s", Distribute(answered))
	t.Figure("POST to INVITE on the wire", "%s", Distribute(delays))
	t.Figure("our 200 to the ACK", "%s", Distribute(setup))
	t.Figure("INVITEs sent again", "%d", again)
	return delays
}
