package record

import (
	"fmt"
	"strings"
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
