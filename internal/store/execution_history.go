package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"ringflow/flowengine/record"
)

// executionColumns are what scanExecution reads.
const executionColumns = `no, id, interaction_id, account, flow_id, version_id, arguments, accepted_at,
	start_at, calling_hours, time_zone, begun_at, ended_at, status, variables, error`

const selectJournal = `SELECT events FROM journal WHERE execution = ? ORDER BY seq`

// History returns an execution of the account with its journal, both of the
// same commit, ErrNoExecution if the account has none of this id.
func (s *Store) History(ctx context.Context, account string, id record.ExecutionID) (record.History, error) {
	return s.history(ctx, account, id, func(ctx context.Context, q querier, h *numbered) error {
		rows, err := q.QueryContext(ctx, selectJournal, h.no)
		return h.fill(rows, err)
	})
}

// selectJournalAfter reads from the row on that an event stands in, if it is there:
// a row holds several events, and seq is that of its first.
const selectJournalAfter = `SELECT events FROM journal WHERE execution = ? AND seq >=
	COALESCE((SELECT MAX(seq) FROM journal WHERE execution = ? AND seq <= ?), 0) ORDER BY seq`

// HistoryAfter is History with the events after the one with the number seq alone,
// and without variables. It reads no more of the journal than that.
func (s *Store) HistoryAfter(ctx context.Context, account string, id record.ExecutionID, seq int) (record.History, error) {
	return s.history(ctx, account, id, func(ctx context.Context, q querier, h *numbered) error {
		rows, err := q.QueryContext(ctx, selectJournalAfter, h.no, h.no, seq+1)
		events, err := scanJournal(rows, err)
		h.Events = slices.DeleteFunc(events, func(e record.Event) bool { return e.Seq <= seq })
		h.Variables = nil
		return err
	})
}

// history reads an execution and has fill add its journal of the same commit.
func (s *Store) history(ctx context.Context, account string, id record.ExecutionID, fill func(context.Context, querier, *numbered) error) (record.History, error) {
	var h numbered
	err := s.snapshot(ctx, func(q querier) (err error) {
		row := q.QueryRowContext(ctx, `SELECT `+executionColumns+` FROM executions WHERE id = ? AND account = ?`, string(id), account)
		if h, err = scanExecution(row); err != nil {
			return err
		}
		return fill(ctx, q, &h)
	})
	h, err = orNone(h, err, record.ErrNoExecution, "read execution "+string(id))
	return h.History, err
}

// fillAll reads the journals of executions. q is the snapshot that their rows were
// read from.
func fillAll(ctx context.Context, q querier, found []numbered) (err error) {
	journal, err := q.PrepareContext(ctx, selectJournal)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, journal.Close()) }()
	for i := range found {
		rows, err := journal.QueryContext(ctx, found[i].no)
		if err := found[i].fill(rows, err); err != nil {
			return err
		}
	}
	return nil
}

// fill takes what a query of the journal gave.
func (h *numbered) fill(rows *sql.Rows, err error) error {
	if h.Events, err = scanJournal(rows, err); err != nil {
		return fmt.Errorf("read journal of %s: %w", h.ID, err)
	}
	if h.FinishedAt.IsZero() {
		h.Variables = variablesOf(h.Events)
	}
	return nil
}

// scanJournal reads rows of journal and closes them.
func scanJournal(rows *sql.Rows, err error) (events []record.Event, _ error) {
	parts, err := scanAll(rows, err, column[string])
	for _, text := range parts {
		if events, err = decode(events, text); err != nil {
			return nil, err
		}
	}
	return events, err
}

// numbered is a history with the number its journal hangs on.
type numbered struct {
	no int64
	record.History
}

func scanExecution(row scanner) (numbered, error) {
	var h numbered
	var arguments string
	var accepted, start, begun, ended sql.NullInt64
	var hours, zone, variables, fault sql.NullString
	err := row.Scan(&h.no, &h.ID, &h.InteractionID, &h.Account, &h.FlowID, &h.VersionID, &arguments, &accepted,
		&start, &hours, &zone, &begun, &ended, &h.Status, &variables, &fault)
	if err != nil {
		return numbered{}, err
	}
	if err := json.Unmarshal([]byte(arguments), &h.Arguments); err != nil {
		return numbered{}, err
	}
	if variables.Valid {
		if err := json.Unmarshal([]byte(variables.String), &h.Variables); err != nil {
			return numbered{}, err
		}
	}
	h.AcceptedAt, h.StartAt = fromMicros(accepted), fromMicros(start)
	h.CallingHours = record.CallingHours{Hours: hours.String, Zone: zone.String}
	h.StartedAt, h.FinishedAt = fromMicros(begun), fromMicros(ended)
	h.Error = fault.String
	return h, nil
}
