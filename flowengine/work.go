package flowengine

import (
	"errors"
	"ringflow/flowengine/flowfile"
)

// MaxRunWork is what all steps of an execution may cost the processor, in the
// units of MaxStepWork.
const MaxRunWork = 20 * flowfile.MaxStepWork

// ErrRunWork is returned by StepContext.CountWork beyond MaxRunWork.
var ErrRunWork = errors.New("the execution has taken too much work for its processor")

// CountWork counts what the step is about to do, in proportion to the sizes of the
// values that it does it with, and says before it is done whether that is too
// much. Whoever asks adds to the error what was so large. It belongs to the
// goroutine that runs the step.
func (t *StepContext) CountWork(units int) error {
	t.work += units
	t.x.worked += units
	switch {
	case units < 0 || t.work > flowfile.MaxStepWork:
		return flowfile.ErrStepWork
	case t.x.worked > MaxRunWork:
		return ErrRunWork
	}
	return nil
}
