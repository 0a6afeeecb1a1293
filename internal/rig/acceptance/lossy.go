package acceptance

import (
	"context"
	"strings"
	"time"

	"ringflow/internal/rig/carrier"
	"ringflow/internal/rig/platform"
)

// Lossy runs N calls over a network that loses the given percentage of all SIP
// messages either way: retransmission must bring every call to its exit, and
// nothing may stay behind. A third each is hung up by the server, hangs up
// itself, and is busy.
func (t *Suite) Lossy(ctx context.Context, calls, percent int) {
	t.carrier.Lose(float64(percent) / 100)
	answers := carrier.Answers(100 * time.Millisecond)
	hangsUp := answers
	hangsUp.HangupAfter = 2 * time.Second
	kinds := []struct {
		flow, exit string
		does       carrier.Behaviour
	}{{"hangup", "answered", answers}, {"play", "answered", hangsUp}, {"hangup", "busy", carrier.Refuses(486)}}
	began := time.Now()
	for _, k := range kinds {
		var arguments []map[string]string
		for range calls / len(kinds) {
			arguments = append(arguments, map[string]string{"contact_1": t.number(k.does)})
		}
		triggers := t.startAll(ctx, k.flow, t.TriggersPerSecond, arguments)
		t.allAccepted(triggers)
		exits := map[string]int{}
		counts := t.ends(ctx, triggers, 90*time.Second, func(tr trigger, e platform.Execution) {
			if s := e.Step("make_outbound_call"); s != nil {
				exit := s.Exit
				if exit != k.exit && t.explain(tr.arguments["contact_1"], e) {
					exit = k.exit
				}
				exits[exit]++
			}
		})
		t.Check(counts["finished"] == len(triggers) && exits[k.exit] == len(triggers), "%s: all %d end finished by %s: %v %v", k.flow, len(triggers), k.exit, counts, exits)
		seen, twice := t.byNumber(), 0
		for _, tr := range triggers {
			if len(seen[tr.arguments["contact_1"]]) > 1 {
				twice++
			}
		}
		t.Check(twice == 0, "%s: no number is called twice (%d)", k.flow, twice)
	}
	ended := t.await(70*time.Second, func() bool { return t.carrier.Live() == 0 })
	t.Check(ended, "no dialog is left at the carrier (%d) after %s and %d lost messages", t.carrier.Live(), time.Since(began).Round(time.Second), t.carrier.Lost())
	for _, f := range t.carrier.Faults() {
		// A lost ACK lets the BYE come first, and a BYE whose answer was lost may
		// find its call forgotten.
		lawful := strings.HasPrefix(f.Rule, "BYE before the ACK") || strings.HasPrefix(f.Rule, "our BYE was answered with 481")
		t.Check(lawful, "the carrier found %d × %s: %s", f.Count, f.Rule, f.Detail)
	}
}

// explain prints when what was sent in a call that left otherwise than it
// should, and tells whether the losses explain it: the ring limit came before
// any copy of the final answer got through.
func (t *Suite) explain(number string, e platform.Execution) (lawful bool) {
	for _, r := range t.carrier.To(number) {
		after := func(m time.Time) time.Duration {
			if m.IsZero() {
				return -1
			}
			return m.Sub(r.InviteAt).Round(time.Millisecond)
		}
		t.Print("     %s: INVITE seen %d times; after the first: 18x sent %s, 200 sent %s, CANCEL %s, ACK %s, BYE %s; %s",
			number, r.Invites, after(r.RangAt), after(r.AnsweredAt), after(r.CancelledAt), after(r.AckedAt), after(r.ByeAt), e)
		lawful = !r.CancelledAt.IsZero() && (r.FinalAt.IsZero() || r.FinalAt.After(r.CancelledAt.Add(-50*time.Millisecond)))
	}
	return lawful || len(t.carrier.To(number)) == 0 // not one INVITE got through
}
