package flowfile

import "errors"

// MaxStepWork is what a step may cost the processor: some tens of milliseconds. A
// unit is what a state of a regular expression costs for a byte, 5 to 10 ns on a
// machine of 2023.
const MaxStepWork = 5_000_000

// ErrStepWork: a step would cost more than MaxStepWork.
var ErrStepWork = errors.New("the step would take too much work for its processor")

// filterWork is what a filter or an escape costs for a byte of the value.
const filterWork = 4
