package record

import (
	"errors"
	"time"
)

// Filter selects executions of one account. A zero field selects all.
type Filter struct {
	FlowID string
	Status Status
	// From and To bound the time of acceptance: From itself is in, To is not.
	From, To time.Time
}

// ErrBadCursor: the cursor of a list was not made by the list.
var ErrBadCursor = errors.New("the cursor is not one that this list gave")
