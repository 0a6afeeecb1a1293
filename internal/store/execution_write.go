package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"ringflow/flowengine"
)

// Accept implements flowengine.Record.
func (s *Store) Accept(ctx context.Context, x flowengine.Execution) error {
	arguments, err := json.Marshal(x.Arguments)
	if err != nil {
		return fmt.Errorf("accept execution: %w", err)
	}
	return s.writer.do(ctx, &accept{x: x, arguments: string(arguments)})
}

type accept struct {
	x         flowengine.Execution
	arguments string
}

func (o *accept) apply(t *transaction) error {
	if o.x.Once != (flowengine.Once{}) {
		switch first, err := t.once(o.x.Account, o.x.Once.Key, o.x.AcceptedAt); {
		case err == nil:
			return &flowengine.RepeatedError{First: first}
		case !errors.Is(err, sql.ErrNoRows):
			return err
		}
	}
	if t.w.deleted[flowKey{o.x.Account, o.x.FlowID}] {
		var n int
		if err := t.row(`SELECT count(*) FROM versions WHERE id = ?`, o.x.VersionID).Scan(&n); err != nil {
			return fmt.Errorf("accept execution %s: %w", o.x.ID, err)
		}
		if n == 0 {
			return flowengine.ErrNoFlow
		}
	}
	no := t.w.next
	err := t.exec(`INSERT INTO executions (no, id, interaction_id, account, flow_id, version_id, arguments, accepted_at, start_at, calling_hours, time_zone, status)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		no, string(o.x.ID), o.x.InteractionID, o.x.Account, o.x.FlowID, o.x.VersionID, o.arguments,
		o.x.AcceptedAt.UnixMicro(), micros(o.x.StartAt), o.x.CallingHours.Hours, o.x.CallingHours.Zone, string(flowengine.StatusAccepted))
	if err != nil {
		return fmt.Errorf("accept execution %s: %w", o.x.ID, err)
	}
	if o.x.Once != (flowengine.Once{}) {
		if err := t.remember(no, o.x); err != nil {
			return err
		}
	}
	t.w.next++
	t.w.live[o.x.ID] = no
	return nil
}

func (o *accept) settle(w *writer, err error) {
	if errors.Is(err, flowengine.ErrUnavailable) {
		delete(w.live, o.x.ID)
	}
}

func (*accept) kept() bool { return false }

// Accepted implements flowengine.Record.
func (s *Store) Accepted(ctx context.Context, id flowengine.ExecutionID) (flowengine.Execution, error) {
	h, err := scanExecution(s.reads.QueryRowContext(ctx, `SELECT `+executionColumns+` FROM executions WHERE id = ?`, string(id)))
	if errors.Is(err, sql.ErrNoRows) {
		return flowengine.Execution{}, flowengine.ErrNoExecution
	} else if err != nil {
		return flowengine.Execution{}, fmt.Errorf("read execution %s: %w", id, err)
	}
	return h.Execution, nil
}

// Begin implements flowengine.Record. An execution that has begun before, in
// this process or an earlier one, does not begin again: that is an error.
func (s *Store) Begin(ctx context.Context, id flowengine.ExecutionID, at time.Time, first ...flowengine.Event) error {
	o := &begin{id: id, at: at}
	if len(first) > 0 {
		var err error
		if o.first, err = encode(first); err != nil {
			return fmt.Errorf("begin execution %s: %w", id, err)
		}
		o.seq = first[0].Seq
	}
	return s.writer.do(ctx, o)
}

type begin struct {
	id    flowengine.ExecutionID
	at    time.Time
	seq   int    // of the first event
	first []byte // events; nil for none
}

func (o *begin) apply(t *transaction) error {
	no, err := t.find(o.id)
	if err != nil {
		return fmt.Errorf("begin execution %s: %w", o.id, err)
	}
	changed, err := t.affect(`UPDATE executions SET status = ?, begun_at = ? WHERE no = ? AND begun_at IS NULL AND ended_at IS NULL`,
		string(flowengine.StatusRunning), o.at.UnixMicro(), no)
	if err != nil {
		return fmt.Errorf("begin execution %s: %w", o.id, err)
	}
	if changed == 0 {
		return fmt.Errorf("begin execution %s: it has begun or ended before", o.id)
	}
	if o.first != nil {
		t.add(no, o.seq, o.first)
	}
	return nil
}

func (o *begin) settle(w *writer, err error) { w.changed(o.id, err) }
func (*begin) kept() bool                    { return false }

// Append implements flowengine.Record. The events are on the disk some 15 ms
// later, or with the next Accept, Begin or End, whichever is sooner. While the
// disk fails they wait in memory.
func (s *Store) Append(id flowengine.ExecutionID, events ...flowengine.Event) {
	if len(events) == 0 {
		return
	}
	text, err := encode(events)
	if err != nil {
		s.log.Error("events cannot be written", "execution", id, "error", err)
		return
	}
	s.writer.later(&appended{id: id, seq: events[0].Seq, events: text})
}

type appended struct {
	id     flowengine.ExecutionID
	seq    int
	events []byte
}

func (o *appended) apply(t *transaction) error {
	no, err := t.find(o.id)
	if err != nil {
		return fmt.Errorf("append to the journal of %s: %w", o.id, err)
	}
	t.add(no, o.seq, o.events)
	return nil
}

func (o *appended) settle(w *writer, err error) { w.changed(o.id, err) }
func (*appended) kept() bool                    { return true }
func (o *appended) size() int                   { return len(o.events) }

// End implements flowengine.Record. Hardly anybody waits for it, so it takes some
// 15 ms to share a commit with others. While the disk fails it returns
// ErrUnavailable, and the end is written as soon as the disk allows. An end
// that is already there stands, and a second one is no error.
func (s *Store) End(ctx context.Context, id flowengine.ExecutionID, e flowengine.Ending) error {
	last, err := encode(append(slices.Clone(e.Before), e.Last))
	if err != nil {
		return fmt.Errorf("end execution %s: %w", id, err)
	}
	variables, err := json.Marshal(e.Variables)
	if err != nil {
		return fmt.Errorf("end execution %s: %w", id, err)
	}
	return s.writer.ride(ctx, &end{id: id, ending: e, variables: string(variables), last: last})
}

type end struct {
	id        flowengine.ExecutionID
	ending    flowengine.Ending
	variables string
	last      []byte
}

func (o *end) apply(t *transaction) error {
	no, err := t.find(o.id)
	if errors.Is(err, errEnded) {
		return nil
	} else if err != nil {
		return fmt.Errorf("end execution %s: %w", o.id, err)
	}
	return t.end(no, o.ending, o.variables, o.last)
}

// end closes an execution's row and journal, once. last are the ending's events.
func (t *transaction) end(no int64, e flowengine.Ending, variables string, last []byte) error {
	changed, err := t.affect(`UPDATE executions SET status = ?, ended_at = ?, variables = ?, error = ? WHERE no = ? AND ended_at IS NULL`,
		string(e.Status), e.At.UnixMicro(), variables, e.Error, no)
	if err != nil || changed == 0 {
		return err
	}
	t.add(no, e.Last.Seq-len(e.Before), last)
	return nil
}

func (o *end) settle(w *writer, err error) {
	if err == nil {
		delete(w.live, o.id)
	}
	w.changed(o.id, err)
}

// kept is false for what has not begun: it may still be run.
func (o *end) kept() bool { return len(o.ending.Before) == 0 }

func (o *end) size() int { return len(o.variables) + len(o.last) }

// errEnded: nothing can be added to an execution that has ended.
var errEnded = errors.New("the execution has ended")

// find returns the number of an execution that has not ended.
func (t *transaction) find(id flowengine.ExecutionID) (int64, error) {
	if no, live := t.w.live[id]; live {
		return no, nil
	}
	var no int64
	var ended sql.NullInt64
	switch err := t.row(`SELECT no, ended_at FROM executions WHERE id = ?`, string(id)).Scan(&no, &ended); {
	case errors.Is(err, sql.ErrNoRows):
		return 0, flowengine.ErrNoExecution
	case err != nil:
		return 0, err
	case ended.Valid:
		return 0, errEnded
	}
	t.w.live[id] = no
	return no, nil
}

// decode adds the events of a row of journal.
func decode(into []flowengine.Event, text string) ([]flowengine.Event, error) {
	var events []flowengine.Event
	if err := json.Unmarshal([]byte(text), &events); err != nil {
		return nil, err
	}
	return append(into, events...), nil
}
