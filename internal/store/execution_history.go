package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"ringflow/flowengine/record"
)

// executionColumns are what scanExecution reads.
const executionColumns = `no, id, interaction_id, account, flow_id, version_id, arguments, accepted_at, start_at,
	coalesce(calling_hours, ''), coalesce(time_zone, ''), begun_at, ended_at, status, coalesce(variables, 'null'), coalesce(error, '')`

const selectJournal = `SELECT events FROM journal WHERE execution = ? ORDER BY seq`

// History returns an execution of the account with its journal, both of the
// same commit, ErrNoExecution if the account has none of this id.
func (s *Store) History(ctx context.Context, account string, id record.ExecutionID) (record.History, error) {
	return s.history(ctx, account, id, func(q reader, h *numbered) (err error) {
		h.Events, err = journal(ctx, q, selectJournal, h.no)
		h.addVariables()
		return err
	})
}

// selectJournalAfter reads from the row on that an event stands in, if it is there:
// a row holds several events, and seq is that of its first.
const selectJournalAfter = `SELECT events FROM journal WHERE execution = ? AND seq >=
	COALESCE((SELECT MAX(seq) FROM journal WHERE execution = ? AND seq <= ?), 0) ORDER BY seq`

// HistoryAfter is History with the events after the one with the number seq alone,
// and without variables. It reads no more of the journal than that.
func (s *Store) HistoryAfter(ctx context.Context, account string, id record.ExecutionID, seq int) (record.History, error) {
	return s.history(ctx, account, id, func(q reader, h *numbered) error {
		events, err := journal(ctx, q, selectJournalAfter, h.no, h.no, seq+1)
		h.Events = slices.DeleteFunc(events, func(e record.Event) bool { return e.Seq <= seq })
		h.Variables = nil
		return err
	})
}

// history reads an execution and has fill add its journal of the same commit.
func (s *Store) history(ctx context.Context, account string, id record.ExecutionID, fill func(reader, *numbered) error) (record.History, error) {
	var h numbered
	err := s.snapshot(ctx, func(q reader) (err error) {
		h, err = one(ctx, q, scanExecution, `SELECT `+executionColumns+` FROM executions WHERE id = ? AND account = ?`, string(id), account)
		if err != nil {
			return err
		}
		return fill(q, &h)
	})
	return h.History, orNone(err, record.ErrNoExecution, "read execution "+string(id))
}

// journal reads the events of the rows that a query of the journal gives.
func journal(ctx context.Context, q queries, text string, args ...any) (events []record.Event, err error) {
	parts, err := all(ctx, q, column[string], text, args...)
	for _, part := range parts {
		if events, err = decode(events, part); err != nil {
			return nil, err
		}
	}
	return events, err
}

// addJournals reads the journals of executions. q is the snapshot that their rows were
// read from.
func addJournals(ctx context.Context, q reader, found []numbered) error {
	byNo, numbers := make(map[int64]*numbered), make([]int64, len(found))
	for i := range found {
		numbers[i], byNo[found[i].no] = found[i].no, &found[i]
	}
	type part struct {
		execution int64
		events    string
	}
	where, args := in(numbers)
	parts, err := all(ctx, q, func(p *part) []any { return []any{&p.execution, &p.events} }, `SELECT execution, events FROM journal WHERE execution `+where+` ORDER BY execution, seq`, args...)
	for _, p := range parts {
		h := byNo[p.execution]
		if h.Events, err = decode(h.Events, p.events); err != nil {
			return fmt.Errorf("read journal of %s: %w", h.ID, err)
		}
	}
	for i := range found {
		found[i].addVariables()
	}
	return err
}

// in is the condition that a column has one of the numbers; none has NULL, which lets
// there be none.
func in(numbers []int64) (condition string, args []any) {
	for _, no := range numbers {
		args = append(args, no)
	}
	return `IN (NULL` + strings.Repeat(`, ?`, len(numbers)) + `)`, args
}

// numbered is a history with the number its journal hangs on.
type numbered struct {
	no int64
	record.History
}

// addVariables gathers those of an execution that has not ended from its journal.
func (h *numbered) addVariables() {
	if h.FinishedAt.IsZero() {
		h.Variables = variablesOf(h.Events)
	}
}

func scanExecution(h *numbered) []any {
	return []any{&h.no, &h.ID, &h.InteractionID, &h.Account, &h.FlowID, &h.VersionID, fromJSON{&h.Arguments}, (*micros)(&h.AcceptedAt), (*micros)(&h.StartAt),
		&h.CallingHours.Hours, &h.CallingHours.Zone, (*micros)(&h.StartedAt), (*micros)(&h.FinishedAt), &h.Status, fromJSON{&h.Variables}, &h.Error}
}

// fromJSON reads a text in JSON into the value that into points to.
type fromJSON struct{ into any }

// Scan implements sql.Scanner.
func (j fromJSON) Scan(v any) error {
	var text sql.NullString
	if err := text.Scan(v); err != nil {
		return err
	}
	return json.Unmarshal([]byte(text.String), j.into)
}
