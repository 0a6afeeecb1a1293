package record

import "time"

// Filter selects executions of one account. A zero field selects all.
type Filter struct {
	FlowID string
	Status Status
	// From and To bound the time of acceptance: From itself is in, To is not.
	From, To time.Time
}
