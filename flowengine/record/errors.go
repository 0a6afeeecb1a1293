package record

import (
	"errors"
	"fmt"
	"strings"
)

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
	// ErrBadCursor: the cursor of a list was not made by the list.
	ErrBadCursor = errors.New("the cursor is not one that this list gave")
	// ErrUnavailable: the record cannot be written now, and nothing was accepted.
	ErrUnavailable = errors.New("the record cannot be written")
)

// InUseError says that a flow cannot be deleted because executions of it have not
// ended.
type InUseError struct {
	Executions int           // how many
	Named      []ExecutionID // the oldest of them, MaxNamed at most
}

// MaxNamed is how many executions an InUseError names.
const MaxNamed = 10

// Error names the executions.
func (e *InUseError) Error() string {
	var ids []string
	for _, id := range e.Named {
		ids = append(ids, string(id))
	}
	more := ""
	if n := e.Executions - len(e.Named); n > 0 {
		more = fmt.Sprintf(" and %d more", n)
	}
	return fmt.Sprintf("the flow runs or waits for its time: %s%s; cancel that first, or let it end", strings.Join(ids, ", "), more)
}
