package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"ringflow/flowengine/record"
)

// Accept implements flowengine.Executions.
func (s *Store) Accept(ctx context.Context, x record.Execution) error {
	arguments, err := json.Marshal(x.Arguments)
	if err != nil {
		return fmt.Errorf("accept execution: %w", err)
	}
	var no int64
	return s.writer.write(ctx, op{
		apply:     func(t *transaction) (err error) { no, err = t.accept(x, string(arguments), time.Time{}); return err },
		committed: func() { s.writer.live[x.ID] = no },
	})
}

// AcceptAndBegin implements flowengine.Executions.
func (s *Store) AcceptAndBegin(ctx context.Context, x record.Execution, at time.Time, first ...record.Event) error {
	arguments, err := json.Marshal(x.Arguments)
	if err != nil {
		return fmt.Errorf("accept execution: %w", err)
	}
	events, err := encode(first)
	if err != nil {
		return fmt.Errorf("begin execution %s: %w", x.ID, err)
	}
	var no int64
	return s.writer.write(ctx, op{
		apply: func(t *transaction) (err error) {
			if no, err = t.accept(x, string(arguments), at); err == nil && len(first) > 0 {
				t.add(no, first[0].Seq, events)
			}
			return err
		},
		committed: func() { s.writer.live[x.ID] = no },
		execution: x.ID,
	})
}

// accept writes an execution, which has begun unless begun is zero, and returns its
// number.
func (t *transaction) accept(x record.Execution, arguments string, begun time.Time) (int64, error) {
	keyed := x.IdempotencyKey != (record.IdempotencyKey{})
	if keyed {
		switch first, err := row(t, scanRepeated, selectRepeated, x.Account, x.IdempotencyKey.Key, x.AcceptedAt.UnixMicro()); {
		case err == nil:
			return 0, &record.RepeatedError{First: first}
		case !errors.Is(err, sql.ErrNoRows):
			return 0, err
		}
	}
	if t.w.deleted[flowKey{x.Account, x.FlowID}] {
		if _, err := row(t, column[int], `SELECT number FROM versions WHERE id = ?`, x.VersionID); err != nil {
			return 0, orNone(err, record.ErrNoFlow, "accept execution "+string(x.ID))
		}
	}
	status := record.StatusAccepted
	if !begun.IsZero() {
		status = record.StatusRunning
	}
	no, err := t.number("executions")
	if err != nil {
		return 0, fmt.Errorf("accept execution %s: %w", x.ID, err)
	}
	if err := t.exec(`INSERT INTO executions (no, id, interaction_id, account, flow_id, version_id, arguments, accepted_at, start_at, calling_hours, time_zone, status, begun_at)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		no, string(x.ID), x.InteractionID, x.Account, x.FlowID, x.VersionID, arguments,
		x.AcceptedAt.UnixMicro(), nullMicros(x.StartAt), x.CallingHours.Hours, x.CallingHours.Zone, string(status), nullMicros(begun)); err != nil {
		return 0, fmt.Errorf("accept execution %s: %w", x.ID, err)
	}
	if keyed {
		err = t.addKey(no, x)
	}
	return no, err
}

// Accepted implements flowengine.Executions.
func (s *Store) Accepted(ctx context.Context, id record.ExecutionID) (record.Execution, error) {
	h, err := one(ctx, s.reads, scanExecution, `SELECT `+executionColumns+` FROM executions WHERE id = ?`, string(id))
	return h.Execution, orNone(err, record.ErrNoExecution, "read execution "+string(id))
}

// Begin implements flowengine.Executions. An execution that has begun before, in
// this process or an earlier one, does not begin again: that is an error.
func (s *Store) Begin(ctx context.Context, id record.ExecutionID, at time.Time, first ...record.Event) error {
	events, err := encode(first)
	if err != nil {
		return fmt.Errorf("begin execution %s: %w", id, err)
	}
	return s.writer.write(ctx, op{
		apply: func(t *transaction) error {
			no, err := t.find(id)
			if err != nil {
				return fmt.Errorf("begin execution %s: %w", id, err)
			}
			if err := t.require(fmt.Errorf("begin execution %s: it has begun or ended before", id),
				`UPDATE executions SET status = ?, begun_at = ? WHERE no = ? AND begun_at IS NULL AND ended_at IS NULL`,
				string(record.StatusRunning), at.UnixMicro(), no); err != nil {
				return err
			}
			if len(first) > 0 {
				t.add(no, first[0].Seq, events)
			}
			return nil
		},
		execution: id,
	})
}

// Append implements flowengine.Executions. The events are on the disk some 15 ms
// later, or with the next Accept, Begin or End, whichever is sooner. While the
// database fails they are held in memory.
func (s *Store) Append(id record.ExecutionID, events ...record.Event) {
	if len(events) == 0 {
		return
	}
	text, err := encode(events)
	if err != nil {
		s.log.Error("events cannot be written", "execution", id, "error", err)
		return
	}
	seq := events[0].Seq
	s.writer.writeLater(op{
		apply: func(t *transaction) error {
			no, err := t.find(id)
			if err != nil {
				return fmt.Errorf("append to the journal of %s: %w", id, err)
			}
			t.add(no, seq, text)
			return nil
		},
		execution: id,
		retryable: true,
		size:      len(text),
	})
}

// End implements flowengine.Executions. It takes some 15 ms to share a commit with
// others. While the database fails it returns ErrUnavailable, and the end is written
// as soon as it can be. An end that is already there stands, and a second one is no
// error.
func (s *Store) End(ctx context.Context, id record.ExecutionID, e record.Ending) error {
	last, err := encode(append(slices.Clone(e.Before), e.Last))
	if err != nil {
		return fmt.Errorf("end execution %s: %w", id, err)
	}
	variables, err := json.Marshal(e.Variables)
	if err != nil {
		return fmt.Errorf("end execution %s: %w", id, err)
	}
	return s.writer.writeLazy(ctx, op{
		apply: func(t *transaction) error {
			no, err := t.find(id)
			if errors.Is(err, errEnded) {
				return nil
			} else if err != nil {
				return fmt.Errorf("end execution %s: %w", id, err)
			}
			return t.end(no, e, string(variables), last)
		},
		committed: func() { delete(s.writer.live, id) },
		execution: id,
		retryable: len(e.Before) == 0, // what has not begun may still be run
		size:      len(variables) + len(last),
	})
}

// end closes an execution's row and journal, once. last are the ending's events.
func (t *transaction) end(no int64, e record.Ending, variables string, last []byte) error {
	if t.ended[no] {
		return nil
	}
	t.ended[no] = true
	if err := t.exec(`UPDATE executions SET status = ?, ended_at = ?, variables = ?, error = ? WHERE no = ? AND ended_at IS NULL`,
		string(e.Status), e.At.UnixMicro(), variables, e.Error, no); err != nil {
		return err
	}
	t.add(no, e.Last.Seq-len(e.Before), last)
	return nil
}

// errEnded: nothing can be added to an execution that has ended.
var errEnded = errors.New("the execution has ended")

// find returns the number of an execution that has not ended.
func (t *transaction) find(id record.ExecutionID) (int64, error) {
	if no, live := t.w.live[id]; live {
		return no, nil
	}
	var ended time.Time
	no, err := row(t, func(no *int64) []any { return []any{no, (*micros)(&ended)} }, `SELECT no, ended_at FROM executions WHERE id = ?`, string(id))
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return 0, record.ErrNoExecution
	case err != nil:
		return 0, err
	case !ended.IsZero():
		return 0, errEnded
	}
	t.w.live[id] = no
	return no, nil
}
