package record

import "errors"

// Errors of a storage of versions and executions.
var (
	// ErrNoFlow: the account has no flow of this id.
	ErrNoFlow = errors.New("flow not found")
	// ErrNotPublished: the flow exists and none of its versions is published.
	ErrNotPublished = errors.New("flow has no published version")
	// ErrNoDraft: the flow has no draft.
	ErrNoDraft = errors.New("flow has no draft")
	// ErrChanged: a concurrent change came first.
	ErrChanged = errors.New("it was changed in the meantime")
	// ErrNoExecution: the account has no execution of this id.
	ErrNoExecution = errors.New("execution not found")
	// ErrUnavailable: the record cannot be written now, and nothing was accepted.
	ErrUnavailable = errors.New("the record cannot be written")
)
