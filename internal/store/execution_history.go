package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"ringflow/flowengine"
)

// executionColumns are what scanExecution reads.
const executionColumns = `no, id, interaction_id, account, flow_id, version_id, arguments, accepted_at,
	start_at, calling_hours, time_zone, begun_at, ended_at, status, variables, error`

const selectJournal = `SELECT events FROM journal WHERE execution = ? ORDER BY seq`

// History returns an execution of the account with its journal, both of the
// same commit, ErrNoExecution if the account has none of this id.
func (s *Store) History(ctx context.Context, account string, id flowengine.ExecutionID) (flowengine.History, error) {
	var h numbered
	err := s.snapshot(ctx, func(q querier) (err error) {
		row := q.QueryRowContext(ctx, `SELECT `+executionColumns+` FROM executions WHERE id = ? AND account = ?`, string(id), account)
		if h, err = scanExecution(row); err != nil {
			return err
		}
		return fill(ctx, q, &h)
	})
	if errors.Is(err, sql.ErrNoRows) {
		return flowengine.History{}, flowengine.ErrNoExecution
	} else if err != nil {
		return flowengine.History{}, fmt.Errorf("read execution %s: %w", id, err)
	}
	return h.History, nil
}

// selectJournalAfter reads from the row on that an event stands in, if it is there:
// a row holds several events, and seq is that of its first.
const selectJournalAfter = `SELECT events FROM journal WHERE execution = ? AND seq >=
	COALESCE((SELECT MAX(seq) FROM journal WHERE execution = ? AND seq <= ?), 0) ORDER BY seq`

// HistoryAfter is History with the events after the one with the number seq alone,
// and without variables. It reads no more of the journal than that.
func (s *Store) HistoryAfter(ctx context.Context, account string, id flowengine.ExecutionID, seq int) (flowengine.History, error) {
	var h numbered
	err := s.snapshot(ctx, func(q querier) (err error) {
		row := q.QueryRowContext(ctx, `SELECT `+executionColumns+` FROM executions WHERE id = ? AND account = ?`, string(id), account)
		if h, err = scanExecution(row); err != nil {
			return err
		}
		rows, err := q.QueryContext(ctx, selectJournalAfter, h.no, h.no, seq+1)
		if err != nil {
			return err
		}
		h.Events, err = scanJournal(rows)
		return err
	})
	if errors.Is(err, sql.ErrNoRows) {
		return flowengine.History{}, flowengine.ErrNoExecution
	} else if err != nil {
		return flowengine.History{}, fmt.Errorf("read execution %s: %w", id, err)
	}
	h.Events = slices.DeleteFunc(h.Events, func(e flowengine.Event) bool { return e.Seq <= seq })
	h.Variables = nil
	return h.History, nil
}

// fill reads the journal of an execution. q is the snapshot that its row was
// read from.
func fill(ctx context.Context, q querier, h *numbered) error {
	rows, err := q.QueryContext(ctx, selectJournal, h.no)
	return h.fill(rows, err)
}

// fillAll does the same for several.
func fillAll(ctx context.Context, q querier, all []numbered) (err error) {
	journal, err := q.PrepareContext(ctx, selectJournal)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, journal.Close()) }()
	for i := range all {
		rows, err := journal.QueryContext(ctx, all[i].no)
		if err := all[i].fill(rows, err); err != nil {
			return err
		}
	}
	return nil
}

// fill takes what a query of the journal gave.
func (h *numbered) fill(rows *sql.Rows, err error) error {
	if err == nil {
		h.Events, err = scanJournal(rows)
	}
	if err != nil {
		return fmt.Errorf("read journal of %s: %w", h.ID, err)
	}
	if h.FinishedAt.IsZero() {
		h.Variables = variablesOf(h.Events)
	}
	return nil
}

// numbered is a history with the number its journal hangs on.
type numbered struct {
	no int64
	flowengine.History
}

// scanner is a *sql.Row or *sql.Rows.
type scanner interface{ Scan(into ...any) error }

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
	h.CallingHours = flowengine.CallingHours{Hours: hours.String, Zone: zone.String}
	h.StartedAt, h.FinishedAt = fromMicros(begun), fromMicros(ended)
	h.Error = fault.String
	return h, nil
}
