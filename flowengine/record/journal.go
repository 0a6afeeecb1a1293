package record

import (
	"time"

	"ringflow/flowengine/flowfile"
)

// Journal receives the events of one execution. Implementations number and
// stamp them; Append never blocks on a disk and may be called by several
// goroutines. Events of one goroutine keep their order.
type Journal interface {
	Append(Event)
}

// EventKind is the kind of an Event.
type EventKind string

// The kinds of events. Every leg that sent an INVITE has exactly one
// leg_ended, every execution exactly one execution_ended, which is its last.
const (
	ExecutionAccepted EventKind = "execution_accepted"
	ExecutionStarted  EventKind = "execution_started"
	StepEntered       EventKind = "step_entered"
	StepLeft          EventKind = "step_left"
	VariableSet       EventKind = "variable_set"
	ChannelAwaited    EventKind = "channel_awaited"
	LegDialling       EventKind = "leg_dialling"
	LegRinging        EventKind = "leg_ringing"
	LegEarlyMedia     EventKind = "leg_early_media"
	LegAnswered       EventKind = "leg_answered"
	LegUnheard        EventKind = "leg_unheard"
	LegEnded          EventKind = "leg_ended"
	LegsJoined        EventKind = "legs_joined"
	LegsParted        EventKind = "legs_parted"
	AudioStarted      EventKind = "audio_started"
	AudioEnded        EventKind = "audio_ended"
	KeyPressed        EventKind = "key_pressed"
	ExecutionEnded    EventKind = "execution_ended"
)

// Event is one line of an execution's journal.
type Event struct {
	Seq int       `json:"seq"` // from 1, without gaps
	At  time.Time `json:"at"`
	// Elapsed is the monotonic time from execution_started to the event: durations come
	// from it, see After.
	Elapsed *int64    `json:"elapsed_ms,omitempty" doc:"Milliseconds since execution_started, by a clock that runs on when the server's clock, and so at, is set. Not there before, nor in what a restart wrote to end an execution that it broke off."`
	Kind    EventKind `json:"kind"`

	Step      string        `json:"step,omitempty"`
	Component string        `json:"component,omitempty"`
	Exit      flowfile.Exit `json:"exit,omitempty"`
	Leg       *LegEvent     `json:"leg,omitempty"`
	// SIP is set on step_left of a step that dialled, and on leg events that a
	// SIP answer caused.
	SIP *SIPResult `json:"sip,omitempty"`
	// Undialled is set on step_left of a step that was to dial and sent no INVITE.
	Undialled *NotDialled `json:"undialled,omitempty"`
	// Variables holds the value of each variable that the event set.
	Variables map[string]string `json:"variables,omitempty"`
	Status    Status            `json:"status,omitempty"` // execution_ended
	Error     string            `json:"error,omitempty"`
	Detail    string            `json:"detail,omitempty"`
}

// After returns the time from an earlier event of the journal to this one. Where
// one process wrote both, no setting of the wall clock changes it; otherwise it is
// what the wall clock says, and never negative.
func (e Event) After(earlier Event) time.Duration {
	if e.Elapsed != nil && earlier.Elapsed != nil {
		return time.Duration(*e.Elapsed-*earlier.Elapsed) * time.Millisecond
	}
	return max(0, e.At.Round(0).Sub(earlier.At.Round(0)))
}

// LegEvent is the leg that an event is about.
type LegEvent struct {
	ID    string `json:"id"`
	Party Party  `json:"party"`
	From  string `json:"from,omitempty"`
	To    string `json:"to,omitempty"`
	// CallID is the SIP Call-ID, for finding the leg in a trace.
	CallID  string  `json:"call_id,omitempty"`
	EndedBy EndedBy `json:"ended_by,omitempty" doc:"Only of a leg that has ended: contact, agent, network (which kept the call from the party, who was not busy and did not decline), flow, api, ring_limit, trunk or fault."`
	// Audio is set on leg_ended of a leg that was answered.
	Audio *LegAudio `json:"audio,omitempty"`
}
