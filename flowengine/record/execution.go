package record

import "time"

// ExecutionID names one run of one version.
type ExecutionID string

// Status is where an execution stands.
type Status string

// The statuses of an execution. Accepted and running are the only ones that
// change; the others are final.
const (
	StatusAccepted    Status = "accepted"
	StatusRunning     Status = "running"
	StatusFinished    Status = "finished"
	StatusFailed      Status = "failed"
	StatusCancelled   Status = "cancelled"
	StatusInterrupted Status = "interrupted" // the process died while it ran, or it stands in a restored backup
)

// Execution is one run of a version as it was accepted.
type Execution struct {
	ID             ExecutionID
	InteractionID  string
	Account        string
	FlowID         string
	VersionID      string
	Arguments      map[string]string // as the trigger gave them, declared or not; of an undeclared object or array, what it is
	AcceptedAt     time.Time
	StartAt        time.Time // when it is to begin; zero is at once
	CallingHours   CallingHours
	IdempotencyKey IdempotencyKey // zero if the trigger did not ask for it
}

// NextBegin returns the first moment, from now on, at which the execution may
// begin. It fails if its calling hours cannot be understood.
func (x Execution) NextBegin(now time.Time) (time.Time, error) {
	now = now.Round(0) // times of day are the wall clock's
	if x.StartAt.After(now) {
		now = x.StartAt
	}
	return x.CallingHours.Next(now)
}

// Ending is how an execution ended.
type Ending struct {
	Status    Status
	At        time.Time
	Variables map[string]string
	Error     string
	Before    []Event // those before Last that were not appended
	Last      Event   // execution_ended
}
