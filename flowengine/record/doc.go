// Package record holds the types that are stored of executions: an execution and its
// ending, the events of its journal, the history that a journal gives, versions of
// flows, filters, cursors and idempotency keys. It does not know how a flow runs, or
// where any of this is stored.
package record
