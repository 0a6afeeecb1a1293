package store

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"time"

	"ringflow/flowengine/flowfile"
	"ringflow/flowengine/record"
)

// Unfinished calls yield with the executions that were accepted and never begun,
// some at a time, in the order of acceptance. It holds no more of them in memory
// than that. Call it after Interrupt, before new ones are accepted.
func (s *Store) Unfinished(ctx context.Context, yield func([]record.Execution)) error {
	numbers, err := all(ctx, s.reads, column[int64], `SELECT no FROM executions WHERE ended_at IS NULL AND begun_at IS NULL`)
	if err != nil {
		return fmt.Errorf("read unfinished executions: %w", err)
	}
	slices.Sort(numbers)
	for part := range slices.Chunk(numbers, page) {
		where, args := in(part)
		found, err := selectExecutions(ctx, s.reads, `no `+where+` ORDER BY no`, args...)
		if err != nil {
			return fmt.Errorf("read unfinished executions: %w", err)
		}
		out := make([]record.Execution, 0, len(found))
		for _, h := range found {
			out = append(out, h.Execution)
		}
		yield(out)
	}
	return nil
}

// Interrupt ends every execution that had begun when the last process died,
// with the status interrupted: its journal gets a leg_ended for each leg that
// has none, a step_left for the step it was in, and its execution_ended, all at the
// time of its last event. In a
// restored backup it ends those too that had not begun, scheduled ones among
// them: the server that the backup was made of went on, and may have dialled
// them or may yet. It returns how many there were. Call it before the engine
// starts.
func (s *Store) Interrupt(ctx context.Context) (n int, err error) {
	defer func() { err = wrap("end interrupted executions", err) }()
	restored, err := s.dialect.isCopy(ctx, s.reads)
	if err != nil {
		return 0, err
	}
	reason, begun := record.ErrorRestart, ` AND begun_at IS NOT NULL`
	if restored {
		reason, begun = record.ErrorRestored, ``
	}
	open, err := all(ctx, s.reads, column[int64], `SELECT no FROM executions WHERE ended_at IS NULL`+begun)
	if err != nil {
		return 0, err
	}
	slices.Sort(open)
	if restored {
		s.log.Warn("this is a restored backup: what it had accepted and not ended is ended now and not run", "executions", len(open))
	}
	for part := range slices.Chunk(open, interruptBatch) {
		err := s.writer.write(ctx, op{apply: func(t *transaction) error {
			for _, no := range part {
				if err := t.interrupt(no, reason); err != nil {
					return err
				}
			}
			return nil
		}})
		if err != nil {
			return 0, err
		}
	}
	if restored { // from now on it is an original: what it accepts is run
		err = s.writer.write(ctx, op{apply: func(t *transaction) error { return t.exec(s.dialect.adopt()) }})
	}
	return len(open), err
}

// interruptBatch is how many executions are ended in one commit.
const interruptBatch = 500

// interrupt ends one execution. When the process died is not known: what ran ends at
// the time of its last event. One that had not begun has no journal yet, and ends now.
func (t *transaction) interrupt(no int64, reason string) error {
	events, err := journal(context.Background(), t, selectJournal, no)
	if err != nil {
		return err
	}
	at := time.Now().UTC()
	var before []record.Event
	if n := len(events); n > 0 {
		at = events[n-1].At
	} else {
		accepted, err := row(t, column[micros], `SELECT accepted_at FROM executions WHERE no = ?`, no)
		if err != nil {
			return err
		}
		before = []record.Event{{Seq: 1, At: time.Time(accepted), Kind: record.ExecutionAccepted}}
	}
	more := append(before, breakOff(append(events, before...), at, reason)...)
	text, err := encode(more)
	if err != nil {
		return err
	}
	variables, err := json.Marshal(variablesOf(events))
	if err != nil {
		return err
	}
	last := len(more) - 1
	ending := record.Ending{Status: record.StatusInterrupted, At: at, Error: reason, Before: more[:last], Last: more[last]}
	return t.end(no, ending, string(variables), text)
}

// breakOff returns the events that end an unfinished journal: each open leg and
// step is closed, and none twice.
func breakOff(events []record.Event, at time.Time, reason string) []record.Event {
	seq := 0
	var step *record.Event
	for i, e := range events {
		seq = max(seq, e.Seq)
		switch e.Kind {
		case record.StepEntered:
			step = &events[i]
		case record.StepLeft:
			step = nil
		}
	}
	var more []record.Event
	add := func(e record.Event) {
		seq++
		e.Seq, e.At = seq, at
		more = append(more, e)
	}
	for _, l := range (record.History{Events: events}).Legs() {
		if l.Ended == nil {
			leg := l.LegEvent
			leg.EndedBy = record.EndedByFault
			add(record.Event{Kind: record.LegEnded, Leg: &leg, Error: reason})
		}
	}
	if step != nil {
		add(record.Event{Kind: record.StepLeft, Step: step.Step, Component: step.Component, Exit: flowfile.ExitError, Error: reason})
	}
	add(record.Event{Kind: record.ExecutionEnded, Status: record.StatusInterrupted, Error: reason})
	return more
}

// variablesOf gathers the variables that a journal set.
func variablesOf(events []record.Event) map[string]string {
	out := make(map[string]string)
	for _, e := range events {
		maps.Copy(out, e.Variables)
	}
	return out
}
