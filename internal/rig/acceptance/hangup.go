package acceptance

import (
	"context"
	"math/rand/v2"
	"time"

	"ringflow/internal/rig/carrier"
)

// Hangup has customers hang up during the announcement, each at another time: none
// of their agents may be called.
func (t *Suite) Hangup(ctx context.Context, customers int) {
	var arguments []map[string]string
	agent := carrier.Answers(time.Second)
	for range customers {
		b := carrier.Answers(50 * time.Millisecond)
		b.HangupAfter = 500*time.Millisecond + rand.N(3*time.Second)
		arguments = append(arguments, map[string]string{"contact_1": t.number(b), "contact_2": t.number(agent)})
	}
	triggers := t.startAll(ctx, "installation-help", t.TriggersPerSecond, arguments)
	t.allAccepted(triggers)
	t.allFinished(ctx, triggers)
	calls, called := t.byNumber(), 0
	var after []time.Duration
	for _, a := range arguments {
		customer, agents := calls[a["contact_1"]], calls[a["contact_2"]]
		called += len(agents)
		if len(agents) > 0 && len(customer) > 0 {
			after = append(after, agents[0].InviteAt.Sub(customer[0].ByeAt))
		}
	}
	if called > 0 {
		t.Figure("BYE to the agent's INVITE", "%s", Distribute(after))
	}
	t.Check(called == 0, "%d agents of %d customers who had hung up are called", called, customers)
	t.awaitIdle(5 * time.Second)
}
