package call

import (
	"time"

	"ringflow/flowengine"
	"ringflow/sip"
)

// logEnd logs one line at the end of a leg: who, over which trunk, how long, how it came
// out, and what was heard.
func (s *Switch) logEnd(l *Leg, out flowengine.Outcome, o sip.Outcome) {
	args := make([]any, 0, 32)
	add := func(key string, value any) { args = append(args, key, value) }
	add("account", l.account)
	add("execution", string(l.execution))
	add("party", string(l.party))
	add("from", l.facts.From)
	add("to", l.facts.To)
	add("trunk", l.trunk.Name)
	if o.Target != "" {
		add("target", o.Target)
	}
	add("exit", string(out.Exit))
	add("code", o.Code)
	if o.Reason != "" {
		add("reason", o.Reason)
	}
	if o.Q850 != 0 {
		add("cause", o.Q850)
	}
	add("ended_by", string(l.endedBy(o)))
	if why := l.hangUpReason(); why.detail != "" && o.By == sip.EndedLocal {
		add("detail", why.detail)
	}
	if !o.InviteSentAt.IsZero() {
		setup := o.EndedAt
		if o.Answered {
			setup = o.AnsweredAt
		}
		add("setup", setup.Sub(o.InviteSentAt).Round(time.Millisecond))
	}
	if o.Answered {
		add("talked", o.EndedAt.Sub(o.AnsweredAt).Round(time.Millisecond))
	}
	if l.audio != nil && l.audio.Quality != nil && l.audio.Quality.MOS != nil {
		add("mos", *l.audio.Quality.MOS)
	}
	add("leg", l.id)
	add("call_id", l.facts.CallID)
	s.log.Info("leg ended", args...)
}
