package record

import "time"

// Ending is how an execution ended.
type Ending struct {
	Status    Status
	At        time.Time
	Variables map[string]string
	Error     string
	Before    []Event // those before Last that were not appended
	Last      Event   // execution_ended
}
