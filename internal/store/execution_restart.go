package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"ringflow/flowengine"
)

// Errors of what was interrupted.
const (
	reasonRestart  = "restart"  // a restart broke it off
	reasonRestored = "restored" // it was under way when the backup was made that is restored now
)

// Unfinished calls yield with the executions that were accepted and never begun,
// some at a time, in the order of acceptance. It holds no more of them in memory
// than that. Call it after Interrupt, before new ones are accepted.
func (s *Store) Unfinished(ctx context.Context, yield func([]flowengine.Execution)) error {
	all, err := s.unbegun(ctx)
	if err != nil {
		return fmt.Errorf("read unfinished executions: %w", err)
	}
	for part := range slices.Chunk(all, page) {
		found, err := query(ctx, s.reads, `no IN (?`+strings.Repeat(`, ?`, len(part)-1)+`) ORDER BY no`, part...)
		if err != nil {
			return fmt.Errorf("read unfinished executions: %w", err)
		}
		out := make([]flowengine.Execution, 0, len(found))
		for _, h := range found {
			out = append(out, h.Execution)
		}
		yield(out)
	}
	return nil
}

// unbegun returns the numbers of the executions that have neither begun nor ended,
// in the order of acceptance.
func (s *Store) unbegun(ctx context.Context) (all []any, err error) {
	rows, err := s.reads.QueryContext(ctx, `SELECT no FROM executions WHERE ended_at IS NULL AND begun_at IS NULL`)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	var found []int64
	for rows.Next() {
		var no int64
		if err := rows.Scan(&no); err != nil {
			return nil, err
		}
		found = append(found, no)
	}
	slices.Sort(found)
	for _, no := range found {
		all = append(all, no)
	}
	return all, rows.Err()
}

// Interrupt ends every execution that had begun when the last process died,
// with the status interrupted: its journal gets a leg_ended for each leg that
// has none, a step_left for the step it was in, and its execution_ended. In a
// restored backup it ends those too that had not begun, scheduled ones among
// them: the server that the backup was made of went on, and may have dialled
// them or may yet. It returns how many there were. Call it before the engine
// starts.
func (s *Store) Interrupt(ctx context.Context) (int, error) {
	restored, err := dialect{}.isCopy(ctx, s.reads)
	if err != nil {
		return 0, fmt.Errorf("read interrupted executions: %w", err)
	}
	open, err := s.open(ctx, restored)
	if err != nil {
		return 0, fmt.Errorf("read interrupted executions: %w", err)
	}
	reason := reasonRestart
	if restored {
		reason = reasonRestored
		s.log.Warn("this is a restored backup: what it had accepted and not ended is ended now and not run", "executions", len(open))
	}
	for part := range slices.Chunk(open, interruptBatch) {
		if err := s.writer.do(ctx, &interrupt{executions: part, reason: reason}); err != nil {
			return 0, fmt.Errorf("end interrupted executions: %w", err)
		}
	}
	if restored {
		if err := s.writer.do(ctx, settleCopy{}); err != nil {
			return 0, fmt.Errorf("end interrupted executions: %w", err)
		}
	}
	return len(open), nil
}

// open returns the executions that have begun and not ended, or all that have
// not ended, in the order of acceptance.
func (s *Store) open(ctx context.Context, all bool) (open []int64, err error) {
	rows, err := s.reads.QueryContext(ctx, `SELECT no, begun_at FROM executions WHERE ended_at IS NULL`)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var no int64
		var begun sql.NullInt64
		if err := rows.Scan(&no, &begun); err != nil {
			return nil, err
		}
		if begun.Valid || all {
			open = append(open, no)
		}
	}
	slices.Sort(open)
	return open, rows.Err()
}

// interruptBatch is how many executions are ended in one commit.
const interruptBatch = 500

type interrupt struct {
	executions []int64
	reason     string
}

func (*interrupt) settle(*writer, error) {}
func (*interrupt) kept() bool            { return false }

func (o *interrupt) apply(t *transaction) error {
	for _, no := range o.executions {
		if err := o.end(t, no); err != nil {
			return err
		}
	}
	return nil
}

// end ends one execution. One that had not begun has no journal yet.
func (o *interrupt) end(t *transaction, no int64) error {
	events, err := t.journal(no)
	if err != nil {
		return err
	}
	now := time.Now().UTC()
	if n := len(events); n > 0 && now.Before(events[n-1].At) { // the clock was set back
		now = events[n-1].At
	}
	var before []flowengine.Event
	if len(events) == 0 {
		var accepted sql.NullInt64
		if err := t.row(`SELECT accepted_at FROM executions WHERE no = ?`, no).Scan(&accepted); err != nil {
			return err
		}
		before = []flowengine.Event{{Seq: 1, At: fromMicros(accepted), Kind: flowengine.ExecutionAccepted}}
	}
	more := append(before, breakOff(append(events, before...), now, o.reason)...)
	text, err := encode(more)
	if err != nil {
		return err
	}
	variables, err := json.Marshal(variablesOf(events))
	if err != nil {
		return err
	}
	last := len(more) - 1
	ending := flowengine.Ending{Status: flowengine.StatusInterrupted, At: now, Error: o.reason, Before: more[:last], Last: more[last]}
	return t.end(no, ending, string(variables), text)
}

// settleCopy makes a restored backup a database like any other: what it has
// accepted from now on is run.
type settleCopy struct{}

func (settleCopy) apply(t *transaction) error { return t.exec(dialect{}.markCopy(false)) }
func (settleCopy) settle(*writer, error)      {}
func (settleCopy) kept() bool                 { return false }

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
func breakOff(events []flowengine.Event, now time.Time, reason string) []flowengine.Event {
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
		add(flowengine.Event{Kind: flowengine.LegEnded, Leg: &leg, Error: reason})
	}
	if step != nil {
		add(flowengine.Event{Kind: flowengine.StepLeft, Step: step.Step, Component: step.Component, Exit: flowengine.ExitError, Error: reason})
	}
	add(flowengine.Event{Kind: flowengine.ExecutionEnded, Status: flowengine.StatusInterrupted, Error: reason})
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
