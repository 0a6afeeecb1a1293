package flowengine

import "errors"

// What steps may cost the processor. A unit is what a state of a regular
// expression costs for a byte, 5 to 10 ns on a machine of 2023.
const (
	MaxStepWork = 5_000_000        // of a step: some tens of milliseconds
	MaxRunWork  = 20 * MaxStepWork // of all steps of an execution
)

// Errors of Turn.Work.
var (
	ErrStepWork = errors.New("the step would take too much work for its processor")
	ErrRunWork  = errors.New("the execution has taken too much work for its processor")
)

// Work counts what the step is about to do, in proportion to the sizes of the
// values that it does it with, and says before it is done whether that is too
// much. Whoever asks adds to the error what was so large. It belongs to the
// goroutine that runs the step.
func (t *Turn) Work(units int) error {
	t.work += units
	t.x.worked += units
	switch {
	case units < 0 || t.work > MaxStepWork:
		return ErrStepWork
	case t.x.worked > MaxRunWork:
		return ErrRunWork
	}
	return nil
}

// filterWork is what a filter or an escape costs for a byte of the value.
const filterWork = 4
