package record

import (
	"cmp"
	"time"

	"ringflow/flowengine/flowfile"
)

// History is the read model of an execution: its status and its journal.
type History struct {
	Execution
	Status Status
	// StartedAt and FinishedAt are zero until then.
	StartedAt  time.Time
	FinishedAt time.Time
	// Variables are those at the end; while the execution runs, those set so far.
	Variables map[string]string
	Error     string
	Events    []Event // the journal, in order
}

// Step is one step that an execution entered.
type Step struct {
	Order     int // from 0, in the order of entry
	Name      string
	Component string
	Exit      flowfile.Exit // empty while the step runs
	StartedAt time.Time
	// Duration is the time from step_entered to step_left, see Event.After; 0 while the
	// step runs.
	Duration time.Duration
	SIP      *SIPResult
	// Undialled is set if the step was to dial and no INVITE left.
	Undialled *NotDialled
	Detail    string // of step_left
	Error     string
}

// Steps derives the steps from the journal: each step_entered is one, and the
// next step_left of the same name is its end.
func (h History) Steps() []Step {
	var steps []Step
	var entered []Event // of each of steps
	for _, e := range h.Events {
		switch e.Kind {
		case StepEntered:
			entered = append(entered, e)
			steps = append(steps, Step{Order: len(steps), Name: e.Step, Component: e.Component, StartedAt: e.At})
		case StepLeft:
			for i := len(steps) - 1; i >= 0; i-- {
				if steps[i].Name == e.Step && steps[i].Exit == "" {
					s := &steps[i]
					s.Exit, s.SIP, s.Undialled, s.Detail, s.Error = e.Exit, e.SIP, e.Undialled, e.Detail, e.Error
					s.Component, s.Duration = cmp.Or(e.Component, s.Component), e.After(entered[i])
					break
				}
			}
		}
	}
	return steps
}
