package store

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"ringflow/flowengine"
)

// reasonRestart is the error of what a restart broke off.
const reasonRestart = "restart"

// Unfinished returns the executions that were accepted and never begun, in the
// order of acceptance. Call it after Interrupt, before the engine starts.
func (s *Store) Unfinished(ctx context.Context) (_ []flowengine.Execution, err error) {
	rows, err := s.reads.QueryContext(ctx, `SELECT `+executionColumns+` FROM executions
		WHERE ended_at IS NULL AND begun_at IS NULL`)
	if err != nil {
		return nil, fmt.Errorf("read unfinished executions: %w", err)
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	var found []numbered
	for rows.Next() {
		h, err := scanExecution(rows)
		if err != nil {
			return nil, fmt.Errorf("read unfinished executions: %w", err)
		}
		found = append(found, h)
	}
	slices.SortFunc(found, func(a, b numbered) int { return cmp.Compare(a.no, b.no) })
	out := make([]flowengine.Execution, 0, len(found))
	for _, h := range found {
		out = append(out, h.Execution)
	}
	return out, rows.Err()
}

// Interrupt ends every execution that had begun when the last process died,
// with the status interrupted: its journal gets a leg_ended for each leg that
// has none, a step_left for the step it was in, and its execution_ended. It
// returns how many there were. Call it before the engine starts.
func (s *Store) Interrupt(ctx context.Context) (int, error) {
	rows, err := s.reads.QueryContext(ctx, `SELECT no FROM executions WHERE ended_at IS NULL AND begun_at IS NOT NULL`)
	if err != nil {
		return 0, fmt.Errorf("read interrupted executions: %w", err)
	}
	var open []int64
	for rows.Next() {
		var no int64
		if err := rows.Scan(&no); err != nil {
			return 0, errors.Join(fmt.Errorf("read interrupted executions: %w", err), rows.Close())
		}
		open = append(open, no)
	}
	if err := errors.Join(rows.Err(), rows.Close()); err != nil {
		return 0, fmt.Errorf("read interrupted executions: %w", err)
	}
	slices.Sort(open)
	for part := range slices.Chunk(open, interruptBatch) {
		if err := s.writer.do(ctx, &interrupt{executions: part}); err != nil {
			return 0, fmt.Errorf("end interrupted executions: %w", err)
		}
	}
	return len(open), nil
}

// interruptBatch is how many executions are ended in one commit.
const interruptBatch = 500

type interrupt struct{ executions []int64 }

func (*interrupt) settle(*writer, error) {}
func (*interrupt) kept() bool            { return false }

func (o *interrupt) apply(t *transaction) error {
	for _, no := range o.executions {
		events, err := t.journal(no)
		if err != nil {
			return err
		}
		now := time.Now().UTC()
		more := breakOff(events, now)
		last := more[len(more)-1]
		if len(more) > 1 {
			text, err := encode(more[:len(more)-1])
			if err != nil {
				return err
			}
			t.add(no, more[0].Seq, text)
		}
		text, err := encode(more[len(more)-1:])
		if err != nil {
			return err
		}
		variables, err := json.Marshal(variablesOf(events))
		if err != nil {
			return err
		}
		ending := flowengine.Ending{Status: flowengine.StatusInterrupted, At: now, Error: reasonRestart, Last: last}
		if err := t.end(no, ending, string(variables), text); err != nil {
			return err
		}
	}
	return nil
}

// journal reads an execution's journal.
func (t *transaction) journal(no int64) (_ []flowengine.Event, err error) {
	rows, err := t.query(selectJournal, no)
	if err != nil {
		return nil, err
	}
	return scanJournal(rows)
}

// breakOff returns the events that end a journal which broke off: what is
// still open is closed, and nothing is closed twice.
func breakOff(events []flowengine.Event, now time.Time) []flowengine.Event {
	seq := 0
	legs := make(map[string]flowengine.LegEvent)
	var order []string
	var step *flowengine.Event
	for i, e := range events {
		seq = max(seq, e.Seq)
		switch {
		case e.Kind == flowengine.StepEntered:
			step = &events[i]
		case e.Kind == flowengine.StepLeft:
			step = nil
		case e.Leg == nil:
		case e.Kind == flowengine.LegEnded:
			delete(legs, e.Leg.ID)
		default:
			if _, known := legs[e.Leg.ID]; !known {
				order = append(order, e.Leg.ID)
			}
			legs[e.Leg.ID] = *e.Leg
		}
	}
	var more []flowengine.Event
	add := func(e flowengine.Event) {
		seq++
		e.Seq, e.At = seq, now
		more = append(more, e)
	}
	for _, id := range order {
		leg, open := legs[id]
		if !open {
			continue
		}
		delete(legs, id)
		leg.EndedBy = "fault"
		add(flowengine.Event{Kind: flowengine.LegEnded, Leg: &leg, Error: reasonRestart})
	}
	if step != nil {
		add(flowengine.Event{Kind: flowengine.StepLeft, Step: step.Step, Component: step.Component, Exit: flowengine.ExitError, Error: reasonRestart})
	}
	add(flowengine.Event{Kind: flowengine.ExecutionEnded, Status: flowengine.StatusInterrupted, Error: reasonRestart})
	return more
}

// variablesOf gathers the variables that a journal set.
func variablesOf(events []flowengine.Event) map[string]string {
	out := make(map[string]string)
	for _, e := range events {
		maps.Copy(out, e.Variables)
	}
	return out
}

// scanJournal reads rows of journal and closes them.
func scanJournal(rows *sql.Rows) (events []flowengine.Event, err error) {
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var text string
		if err := rows.Scan(&text); err != nil {
			return nil, err
		}
		if events, err = decode(events, text); err != nil {
			return nil, err
		}
	}
	return events, rows.Err()
}
