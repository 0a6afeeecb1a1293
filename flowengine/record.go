package flowengine

import (
	"context"
	"errors"
	"time"
)

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

// Errors of Versions and Record.
var (
	// ErrNoFlow: the account has no flow of this id.
	ErrNoFlow = errors.New("flow not found")
	// ErrNotPublished: the flow exists and none of its versions is published.
	ErrNotPublished = errors.New("flow has no published version")
	// ErrNoDraft: the flow has no draft.
	ErrNoDraft = errors.New("flow has no draft")
	// ErrChanged: somebody else has changed what was to be changed.
	ErrChanged = errors.New("it was changed in the meantime")
	// ErrNoExecution: the account has no execution of this id.
	ErrNoExecution = errors.New("execution not found")
	// ErrUnavailable: the record cannot be written now, and nothing was accepted.
	ErrUnavailable = errors.New("the record cannot be written")
)

// Version is one immutable state of a flow.
type Version struct {
	ID         string
	FlowID     string
	Account    string
	Number     int // from 1, per flow
	Status     VersionStatus
	Definition []byte // the flow file as it was given, YAML or JSON
	// Name and Description are what the file says or, where they cannot be read, what
	// the version before it said. A version that was recorded without has none.
	Name, Description string
	CreatedAt         time.Time
	PublishedAt       time.Time
}

// FlowState is a flow with the versions of it that are in use; each may be nil. Where
// both are, Archived is its newest version.
type FlowState struct {
	FlowID                     string
	Published, Draft, Archived *Version
}

// VersionStatus is where a version stands; a flow has at most one draft and at
// most one published version.
type VersionStatus string

// The statuses of a version.
const (
	Draft     VersionStatus = "draft"
	Published VersionStatus = "published"
	Archived  VersionStatus = "archived"
)

// Versions finds the versions of flows.
type Versions interface {
	// Published returns the version that a trigger runs, ErrNoFlow or
	// ErrNotPublished. The id may be an alias of the flow.
	Published(ctx context.Context, account, flowID string) (Version, error)
	// Version returns any version by its id, ErrNoFlow if there is none.
	Version(ctx context.Context, versionID string) (Version, error)
}

// Execution is one run of a version as it was accepted.
type Execution struct {
	ID            ExecutionID
	InteractionID string
	Account       string
	FlowID        string
	VersionID     string
	Arguments     map[string]string // as the trigger gave them, declared or not; of an undeclared object or array, what it is
	AcceptedAt    time.Time
	StartAt       time.Time // when it is to begin; zero is at once
	CallingHours  CallingHours
	Once          Once // zero if the trigger did not ask for it
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

// Record keeps executions and their journals.
type Record interface {
	// Accept makes the execution durable: when it returns nil, a crash of the
	// process or the machine does not lose it. ErrUnavailable otherwise, ErrNoFlow if
	// the flow was deleted after its version was read, or a *RepeatedError if the
	// account has used the key of x.Once before.
	Accept(ctx context.Context, x Execution) error
	// Accepted returns what Accept took, but for Once. It returns ErrNoExecution if
	// there is none of this id.
	Accepted(ctx context.Context, id ExecutionID) (Execution, error)
	// Begin makes it durable that the execution has begun, with the first events
	// of its journal: after it, no restart runs it again. The engine calls it
	// before anything is done. ErrUnavailable says that nothing was written.
	Begin(ctx context.Context, id ExecutionID, at time.Time, first ...Event) error
	// Append adds events in order. It does not wait for the disk; events of one
	// execution are written in the order given.
	Append(id ExecutionID, events ...Event)
	// End makes the end durable, with the last events of the journal, also of an
	// execution that has not begun: then it never does. After ErrUnavailable the
	// record keeps the end of one that has begun, and writes it once it can.
	End(ctx context.Context, id ExecutionID, end Ending) error
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
