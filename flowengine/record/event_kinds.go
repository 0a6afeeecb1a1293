package record

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
)

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
		{LegDialling, "The INVITE of a leg leaves.", leg, []string{"sip"}},
		{LegRinging, "The far end rings.", leg, []string{"sip"}},
		{LegEarlyMedia, "The far end sends audio before it answers.", leg, []string{"sip"}},
		{LegAnswered, "The far end answered.", leg, []string{"sip"}},
		{LegUnheard, "Three seconds after the answer nothing has been heard of the far end, though it said that it sends; detail tells a far end of which no packet came from one whose packets came from an address that is not its own.", append(leg, "detail"), nil},
		{LegEnded, "A leg is over, for good and exactly once; leg.ended_by says who ended it.", leg, []string{"sip", "error"}},
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
