package call

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"ringflow/flowengine"
	"ringflow/flowengine/record"
	"ringflow/numbers"
	"ringflow/sip"
)

// minSetup is how long a leg over a further trunk may take at least: one is not placed for less.
const minSetup = time.Second

// hunt reaches a party over the trunks of an account, one leg after the other (trunk hunting). It
// belongs to one goroutine.
type hunt struct {
	sw *Switch
	legRequest
	until    time.Time // when its time in the queue is over
	tried    []trunkID
	setup    time.Duration    // that the legs so far have taken
	attempts []record.Attempt // of the legs before the last
	last     *Leg             // that failed; nil: none
}

// next places the next leg, or returns nil and how the hunt ended.
func (h *hunt) next(ctx context.Context) (*Leg, flowengine.Outcome) {
	if h.since.IsZero() {
		h.since = time.Now()
		h.until = h.since.Add(h.wait)
	} else {
		h.wait = max(time.Until(h.until), 0)
	}
	leg, refusal := h.dialLeg(ctx)
	if leg != nil {
		return leg, refusal
	}
	if h.last == nil {
		return nil, refusal
	}
	out := h.outcome(h.last)
	if ctx.Err() == nil {
		out.Detail = joined(out.Detail, "and no further trunk: "+refusal.Detail)
	}
	return nil, out
}

// goesOn says whether another leg is placed after one that has ended unanswered, and notes that.
func (h *hunt) goesOn(l *Leg) bool {
	o := l.session.Outcome()
	if l.fault.Load() != nil || *l.hangUpReason() != flowHangUp {
		return false
	}
	if rule := l.trunk.ruleOf(o); rule != nil && rule.Then == RuleWait && o.RangAt.IsZero() {
		if h.ring+setupMargin-h.setup < minSetup {
			return false
		}
		h.sw.channels.backOff(l.trunk, l.channel.claimed, o.RetryAfter)
		h.setup, h.last = h.setup+o.EndedAt.Sub(o.InviteSentAt), l
		h.attempts = append(h.attempts, attemptsOf(o, l.trunk.Name)...)
		return true
	}
	if !o.Retryable {
		return false
	}
	tried, setup := append(slices.Clip(h.tried), l.trunk.id), h.setup+o.EndedAt.Sub(o.InviteSentAt)
	to, err := h.sw.destination(h.legRequest)
	if err != nil || h.ring+setupMargin-setup < minSetup {
		return false
	}
	if usable, _ := h.sw.candidates(h.latest(), h.callerID, to, tried); len(usable) == 0 {
		return false
	}
	h.tried, h.setup, h.last = tried, setup, l
	h.attempts = append(h.attempts, attemptsOf(o, l.trunk.Name)...)
	return true
}

// hasNext says whether a trunk is left beside those tried and one that is being tried.
func (h *hunt) hasNext(trunk *Trunk, to numbers.E164) bool {
	if h.ring+setupMargin-h.setup < minSetup {
		return false
	}
	usable, _ := h.sw.candidates(h.latest(), h.callerID, to, append(slices.Clip(h.tried), trunk.id))
	return len(usable) > 0
}

// latest is the account as it is configured now.
func (h *hunt) latest() *Account {
	if a := h.sw.account(h.account.Name); a != nil {
		return a
	}
	return h.account
}

// setupLimit is how long the next leg may take to its first 18x: all legs together have the ring
// limit and setupMargin.
func (h *hunt) setupLimit() time.Duration { return h.ring + setupMargin - h.setup }

// outcome is the outcome of the hunt, which ends with a leg.
func (h *hunt) outcome(l *Leg) flowengine.Outcome {
	out := l.outcome()
	own := l.attempts
	if !l.isAnswered() {
		own = attemptsOf(l.session.Outcome(), l.trunk.Name)
	}
	before := h.attempts
	if l == h.last { // it is among them
		before = before[:len(before)-len(own)]
	}
	if len(before) == 0 {
		return out
	}
	out.SIP.Attempts = slices.Concat(before, own)
	if !l.isAnswered() {
		var texts []string
		for _, a := range before {
			texts = append(texts, a.Text())
		}
		out.Detail = joined(out.Detail, "before it "+strings.Join(texts, ", "))
	}
	return out
}

func joined(detail, more string) string { return strings.TrimPrefix(detail+"; "+more, "; ") }

// shortened is what was done after an answer that an INVITE is too large.
const shortened = "sent again without what an INVITE can do without"

// attemptsOf are the attempts of a leg that has ended.
func attemptsOf(o sip.Outcome, trunk string) (all []record.Attempt) {
	for _, a := range o.Attempts {
		one := record.Attempt{Trunk: trunk, Target: a.Target, Code: a.Code, Reason: a.Reason}
		switch {
		case a.Err != nil:
			one.Error = a.Err.Error()
		case a.Shortened:
			one.Error = shortened
		}
		all = append(all, one)
	}
	if len(all) == 0 && o.Err != nil { // nothing was sent
		all = []record.Attempt{{Trunk: trunk, Error: o.Err.Error()}}
	}
	return all
}

// dialDetail is why a leg takes its trunk, and how long it waited for it.
func (l *Leg) dialDetail() string {
	detail := ""
	if l.choice != "" {
		detail = fmt.Sprintf("trunk %s: %s", l.trunk.Name, l.choice)
	}
	if l.channel.waited >= 100*time.Millisecond {
		detail = joined(detail, "waited "+waited(l.channel.waited))
	}
	return detail
}
