package flowengine

import (
	"context"
	"time"

	"ringflow/flowengine/record"
)

// Versions finds the versions of flows.
type Versions interface {
	// Published returns the version that a trigger runs, ErrNoFlow or
	// ErrNotPublished. The id may be an alias of the flow.
	Published(ctx context.Context, account, flowID string) (record.Version, error)
	// Version returns any version by its id, ErrNoFlow if there is none.
	Version(ctx context.Context, versionID string) (record.Version, error)
}

// Executions stores executions and their journals.
type Executions interface {
	// Accept makes the execution durable: when it returns nil, a crash of the
	// process or the machine does not lose it. ErrUnavailable otherwise, ErrNoFlow if
	// the flow was deleted after its version was read, or a *RepeatedError if the
	// account has used x.IdempotencyKey before.
	Accept(ctx context.Context, x record.Execution) error
	// AcceptAndBegin is Accept and Begin of an execution that begins at once, in one: both
	// are durable, or neither is. It returns the errors of Accept.
	AcceptAndBegin(ctx context.Context, x record.Execution, at time.Time, first ...record.Event) error
	// Accepted returns what Accept stored, but for IdempotencyKey. It returns ErrNoExecution if
	// there is none of this id.
	Accepted(ctx context.Context, id record.ExecutionID) (record.Execution, error)
	// Begin makes it durable that the execution has begun, with the first events
	// of its journal: after it, no restart runs it again. The engine calls it
	// before anything is done. ErrUnavailable says that nothing was written.
	Begin(ctx context.Context, id record.ExecutionID, at time.Time, first ...record.Event) error
	// Append adds events in order. It does not wait for the disk; events of one
	// execution are written in the order given.
	Append(id record.ExecutionID, events ...record.Event)
	// End makes the end durable, with the last events of the journal, also of an
	// execution that has not begun: then it never does. After ErrUnavailable the
	// record holds the end of one that has begun, and writes it once it can.
	End(ctx context.Context, id record.ExecutionID, end record.Ending) error
}
