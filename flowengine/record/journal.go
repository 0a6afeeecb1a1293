package record

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
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
	EndedBy EndedBy `json:"ended_by,omitempty" doc:"Only of a leg that has ended: contact, agent, network (which kept the call from the party, who was not busy and did not decline), flow, api (which hung it up or cancelled its execution), ring_limit, trunk, fault or shutdown (of the server)."`
	// Audio is set on leg_ended of a leg that was answered.
	Audio *LegAudio `json:"audio,omitempty"`
}

// KindSpec is the fields of the events of one kind. Fields are named as in JSON;
// seq, at and kind stand in every event, elapsed_ms may in all but the first.
type KindSpec struct {
	Kind EventKind
	Doc  string
	Has  []string // always there
	May  []string // optional
}

// KindSpecs lists all kinds in the order in which an execution meets them. The
// schema of event streams is made from it.
func KindSpecs() []KindSpec {
	leg, step := []string{"leg"}, []string{"step", "component"}
	specs := []KindSpec{
		{ExecutionAccepted, "The execution is on disk, and whoever asked for it has been told.", nil, nil},
		{ExecutionStarted, "The execution begins.", nil, nil},
		{StepEntered, "A step begins.", step, nil},
		{StepLeft, "A step is over. sip is there if it dialled, undialled if it was to dial and no INVITE left, error if it failed.", append(step, "exit"), []string{"sip", "undialled", "error", "detail"}},
		{VariableSet, "A variable has a new value; a secret one's is ***.", []string{"variables"}, []string{"step"}},
		{ChannelAwaited, "Every channel of the account's trunks is in use, and a call waits for one; detail is whose, contact or agent.", []string{"detail"}, nil},
		{LegDialling, "The INVITE of a leg leaves; detail says why over this trunk, if the account has a choice, and how long the leg waited for a channel.", leg, []string{"sip", "detail"}},
		{LegRinging, "The far end rings.", leg, []string{"sip"}},
		{LegEarlyMedia, "The far end sends audio before it answers.", leg, []string{"sip"}},
		{LegAnswered, "The far end answered.", leg, []string{"sip"}},
		{LegUnheard, "Three seconds after the answer nothing has been heard of the far end, though it said that it sends; detail tells a far end of which no packet came from one whose packets came from an address that is not its own.", append(leg, "detail"), nil},
		{LegEnded, "A leg is over, for good and exactly once; leg.ended_by says who ended it, detail what for if the API, a limit or a shutdown of the server did.", leg, []string{"sip", "error", "detail"}},
		{LegsJoined, "Contact and agent hear each other.", nil, leg},
		{LegsParted, "They no longer do.", nil, nil},
		{AudioStarted, "Audio is played to the contact; detail is its length or its text.", nil, []string{"detail"}},
		{AudioEnded, "The audio is over; detail says if it was cut short.", nil, []string{"detail"}},
		{KeyPressed, "A DTMF digit of the contact came, which is detail; a secret one is ***.", []string{"step", "detail"}, nil},
		{ExecutionEnded, "The execution is over. It is the last event, and there is exactly one.", []string{"status"}, []string{"error", "detail"}},
	}
	for i := range specs[1:] {
		specs[1+i].May = append([]string{"elapsed_ms"}, specs[1+i].May...)
	}
	return specs
}

// Conforms returns an error if the event is of no known kind, lacks a field of
// its kind, or has one that its kind does not know.
func (e Event) Conforms() error {
	specs := KindSpecs()
	at := slices.IndexFunc(specs, func(s KindSpec) bool { return s.Kind == e.Kind })
	if at < 0 {
		return fmt.Errorf("event %d: there is no kind %q", e.Seq, e.Kind)
	}
	text, err := json.Marshal(e)
	if err != nil {
		return fmt.Errorf("event %d: %w", e.Seq, err)
	}
	var fields map[string]any
	if err := json.Unmarshal(text, &fields); err != nil {
		return fmt.Errorf("event %d: %w", e.Seq, err)
	}
	has := append([]string{"seq", "at", "kind"}, specs[at].Has...)
	for _, name := range has {
		if _, there := fields[name]; !there {
			return fmt.Errorf("event %d (%s) lacks %s", e.Seq, e.Kind, name)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		if !slices.Contains(has, name) && !slices.Contains(specs[at].May, name) {
			return fmt.Errorf("event %d (%s) has %s, which its kind does not know", e.Seq, e.Kind, name)
		}
	}
	return nil
}
