package acceptance

import (
	"errors"
	"testing"
	"time"

	"ringflow/internal/rig/carrier"
	"ringflow/internal/rig/platform"
)

// lastEvents of an execution that dialled one leg, as they must come.
func lastEvents() []platform.Event {
	events := []platform.Event{{Kind: "execution_started"}, {Kind: "variable_set", Variables: map[string]string{"contact_1": "+1"}},
		{Kind: "leg_dialling"}, {Kind: "leg_ended"}, {Kind: "execution_ended", Status: "finished"}}
	for i := range events {
		events[i].Execution, events[i].Sequence = "x", i+1
		if events[i].Kind == "leg_dialling" || events[i].Kind == "leg_ended" {
			events[i].Leg = &platform.Leg{ID: "a", To: "+1"}
		}
	}
	return events
}

func TestTheLedgerSeesWhatEventsMustNotDo(t *testing.T) {
	for wrong, spoil := range map[string]func([]platform.Event) []platform.Event{
		"":                    func(e []platform.Event) []platform.Event { return e },
		"an event came twice": func(e []platform.Event) []platform.Event { return append(e[:2:2], e[1:]...) },
		"an event is missing": func(e []platform.Event) []platform.Event { return append(e[:1:1], e[2:]...) },
		"a leg ended that does not live": func(e []platform.Event) []platform.Event {
			e[2].Kind = "leg_ringing"
			return e
		},
		"an execution ended before its leg": func(e []platform.Event) []platform.Event {
			e[3].Kind = "key_pressed"
			return e
		},
	} {
		l := newCrashJournal()
		for _, e := range spoil(lastEvents()) {
			l.event(e)
		}
		if len(l.wrong) > 0 != (wrong != "") || wrong != "" && l.wrong[wrong] != 1 {
			t.Errorf("%q: it found %v", wrong, l.wrong)
		}
	}
	l := newCrashJournal()
	for _, e := range append(lastEvents(), platform.Event{Execution: "x", Sequence: 6, Kind: "execution_ended"}) {
		l.event(e)
	}
	if l.wrong["an event came after the last"] != 1 || l.runs["x"].ends != 2 {
		t.Errorf("two ends: %v", l.wrong)
	}
}

func TestTheTallySeesEachBrokenPromise(t *testing.T) {
	began := time.Now()
	call := carrier.Record{Number: "+1", InviteAt: began}
	for name, c := range map[string]struct {
		spoil func(*crash, *order)
		count func(*crashCounts) int
	}{
		"nothing":        {func(*crash, *order) {}, func(n *crashCounts) int { return 1 }},
		"lost":           {func(c *crash, _ *order) { delete(c.journal.runs, "x") }, func(n *crashCounts) int { return n.unheard }},
		"without an end": {func(c *crash, _ *order) { c.journal.runs["x"].ends = 0 }, func(n *crashCounts) int { return n.unended }},
		"with two ends":  {func(c *crash, _ *order) { c.journal.runs["x"].ends = 2 }, func(n *crashCounts) int { return n.unended }},
		"dialled twice":  {func(c *crash, _ *order) { c.calls["+1"] = []carrier.Record{call, call} }, func(n *crashCounts) int { return n.twice }},
		"run twice":      {func(c *crash, _ *order) { c.journal.runs["y"] = &run{number: "+1"} }, func(n *crashCounts) int { return n.twice }},
		"not dialled":    {func(c *crash, _ *order) { delete(c.calls, "+1") }, func(n *crashCounts) int { return n.undialled }},
		"too soon":       {func(_ *crash, o *order) { o.wish.StartAt = began.Add(time.Second) }, func(n *crashCounts) int { return n.sooner }},
		"refused":        {func(_ *crash, o *order) { o.err, o.refused = errors.New("503"), true }, func(n *crashCounts) int { return n.refused }},
	} {
		crash := &crash{journal: newCrashJournal(), calls: map[string][]carrier.Record{"+1": {call}}}
		for _, e := range lastEvents() {
			crash.journal.event(e)
		}
		o := &order{flow: "hangup", arguments: map[string]string{"contact_1": "+1"}, accepted: platform.Accepted{ExecutionID: "x"}}
		crash.journal.placed(o)
		c.spoil(crash, o)
		n := crash.tally()
		if broken := n.unheard + n.unended + n.twice + n.undialled + n.sooner + n.refused; c.count(n) != 1 || (name == "nothing") != (broken == 0) {
			t.Errorf("%s: %+v", name, n)
		}
	}
}
