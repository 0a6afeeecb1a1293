// Package eventline writes an event of a journal as one line of text. It does not
// know what the lines are printed for.
package eventline

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"ringflow/flowengine/record"
)

// Lines puts the events of a journal into lines for people, one after the
// other. The last line leaves out the error that the last step has shown.
type Lines struct {
	Name      func(party string) string // the name of a party
	lastError string
}

// Line is the line of the next event.
func (l *Lines) Line(e record.Event) string {
	switch e.Kind {
	case record.StepLeft:
		l.lastError = e.Error
	case record.ExecutionEnded:
		if e.Error = TrimReason(e.Error, l.lastError); strings.Contains(l.lastError, e.Detail) {
			e.Detail = ""
		}
	}
	return Text(e, l.Name)
}

// Text puts an event of a journal into one line for people. called gives
// the name of a party.
func Text(e record.Event, called func(party string) string) string {
	words := []string{strings.ReplaceAll(string(e.Kind), "_", " ")}
	add := func(format string, value any, there bool) {
		if there {
			words = append(words, fmt.Sprintf(format, value))
		}
	}
	add("%s", e.Step, e.Step != "")
	add("(%s)", e.Component, e.Component != "" && e.Kind == record.StepEntered)
	add("→ %s", e.Exit, e.Exit != "")
	if e.Leg != nil {
		add("%s", called(string(e.Leg.Party)), true)
		add("%s", e.Leg.To, e.Leg.To != "")
		add("by %s", called(string(e.Leg.EndedBy)), e.Leg.EndedBy != "")
	}
	if e.SIP != nil {
		add("[%s]", strings.TrimSpace(fmt.Sprint(e.SIP.Code, " ", e.SIP.Reason)), e.SIP.Code != 0)
		why := e.SIP.Explanation()
		add("(%s)", why, why != "" && e.SIP.Code >= 300) // that of a call which stood was normal
	}
	for _, name := range slices.Sorted(maps.Keys(e.Variables)) {
		add("%s", name+"="+e.Variables[name], true)
	}
	add("%s", e.Status, e.Status != "")
	add("– %s", e.Detail, e.Detail != "" && !strings.Contains(e.Error, e.Detail)) // an error often goes on from it
	add("– %s", e.Error, e.Error != "")
	return strings.Join(words, " ")
}

// TrimReason takes a reason from the end of a text, if anything is left then.
func TrimReason(text, reason string) string {
	rest, found := strings.CutSuffix(text, reason)
	if rest = strings.TrimSuffix(strings.TrimSpace(rest), ":"); !found || reason == "" || rest == "" {
		return text
	}
	return rest
}
