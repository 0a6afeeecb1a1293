// Package eventline formats an event of a journal as one line of text. It does not know
// what the lines are printed for.
package eventline

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"ringflow/flowengine/record"
)

// Lines formats the events of a journal, one after the other. The last line does not
// repeat the error of the last step.
type Lines struct {
	Name      func(party string) string // the name of a party; nil: its own
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

// Text formats an event of a journal. name gives the name of a party; nil: its own.
func Text(e record.Event, name func(party string) string) string {
	if name == nil {
		name = func(party string) string { return party }
	}
	words := []string{strings.ReplaceAll(string(e.Kind), "_", " ")}
	add := func(format string, value any, present bool) {
		if present {
			words = append(words, fmt.Sprintf(format, value))
		}
	}
	add("%s", e.Step, e.Step != "")
	add("(%s)", e.Component, e.Component != "" && e.Kind == record.StepEntered)
	add("→ %s", e.Exit, e.Exit != "")
	if e.Leg != nil {
		add("%s", name(string(e.Leg.Party)), true)
		add("%s", e.Leg.To, e.Leg.To != "")
		add("by %s", name(string(e.Leg.EndedBy)), e.Leg.EndedBy != "")
	}
	if e.SIP != nil {
		add("[%s]", strings.TrimSpace(fmt.Sprint(e.SIP.Code, " ", e.SIP.Reason)), e.SIP.Code != 0)
		add("(%s)", e.SIP.Verstat, e.SIP.Verstat != "" && e.Kind == record.LegEnded)
		why := e.SIP.Explanation()
		add("(%s)", why, why != "" && e.SIP.Code >= 300) // after an answer it was normal
	}
	for _, variable := range slices.Sorted(maps.Keys(e.Variables)) {
		add("%s", variable+"="+e.Variables[variable], true)
	}
	add("%s", e.Status, e.Status != "")
	add("– %s", e.Detail, e.Detail != "" && !strings.Contains(e.Error, e.Detail)) // an error often goes on from it
	add("– %s", e.Error, e.Error != "")
	return strings.Join(words, " ")
}

// TrimReason removes a reason from the end of a text, if anything is left then.
func TrimReason(text, reason string) string {
	rest, found := strings.CutSuffix(text, reason)
	if rest = strings.TrimSuffix(strings.TrimSpace(rest), ":"); !found || reason == "" || rest == "" {
		return text
	}
	return rest
}
