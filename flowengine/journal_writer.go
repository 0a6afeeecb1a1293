package flowengine

import (
	"maps"
	"sync"
	"time"

	"ringflow/flowengine/record"
)

// journalWriter writes the journal of one execution. It numbers events from 1 without
// gaps, stamps them with times of the wall clock that never go back, also if that
// does, and with the time elapsed, and drops any after the last one. Several
// goroutines may use it.
type journalWriter struct {
	id         record.ExecutionID
	executions Executions
	observe    func(record.ExecutionID, record.Event) // may be nil
	wall       func() time.Time

	mu             sync.Mutex // guards what follows, and the order of executions and observe
	seq            int
	last           time.Time // without a monotonic reading
	began          time.Time // what Elapsed counts from; zero: the execution has not begun
	closed         bool
	shown          map[string]string // variables as the events have them, for the report
	contactEndedBy record.EndedBy    // "" while the contact's leg lives
}

// Append implements Journal.
func (w *journalWriter) Append(e record.Event) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.closed {
		return
	}
	w.stamp(&e)
	w.executions.Append(w.id, e)
	w.report(e)
}

// begin counts the first events, which Executions.Begin has stored.
func (w *journalWriter) begin(began time.Time, events []record.Event) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.began = began
	for _, e := range events {
		w.seq, w.last = e.Seq, e.At
		w.report(e)
	}
}

// appendLast stamps the last event, after which none is appended. It is called once.
func (w *journalWriter) appendLast(e *record.Event) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.stamp(e)
	w.closed = true
}

// report passes an event to the observer.
func (w *journalWriter) report(e record.Event) {
	if w.observe != nil {
		w.observe(w.id, e)
	}
}

// stamp numbers the event; w.mu is held. An event that brings its own time keeps
// it, as far as times may not go back.
func (w *journalWriter) stamp(e *record.Event) {
	w.seq++
	e.Seq = w.seq
	if e.At.IsZero() {
		e.At = w.wall()
	}
	if !w.began.IsZero() {
		elapsed := time.Since(w.began).Milliseconds()
		e.Elapsed = &elapsed
	}
	if e.At = e.At.Truncate(time.Microsecond); e.At.Before(w.last) { // the precision of the record
		e.At = w.last
	}
	w.last = e.At
	e.Detail, e.Error = truncated(e.Detail, maxDetail), truncated(e.Error, maxDetail)
	maps.Copy(w.shown, e.Variables)
	if e.Kind == record.LegEnded && e.Leg != nil && e.Leg.Party == record.PartyContact {
		w.contactEndedBy = e.Leg.EndedBy
	}
}

// maxDetail is how many characters of a detail or an error a journal holds: they may
// quote what a caller or a service has sent.
const maxDetail = 1000

// truncated cuts a text after limit characters.
func truncated(s string, limit int) string {
	if len(s) <= limit {
		return s
	}
	if r := []rune(s); len(r) > limit {
		return string(r[:limit]) + "…"
	}
	return s
}

// variables returns those that the events set, as they may be shown.
func (w *journalWriter) variables() map[string]string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return maps.Clone(w.shown)
}

// hangUpDetail is the reason why the contact's leg has ended. Its leg_ended stands in
// the journal before a step can find out that the leg has ended.
func (w *journalWriter) hangUpDetail() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	switch w.contactEndedBy {
	case record.EndedByAPI:
		return "hung up over the API"
	case record.EndedByShutdown:
		return ErrShutdown.Error()
	case record.EndedByFlow: // no step goes on after the flow's own end
		return errCallLimit.Error()
	case record.EndedByFault:
		return "the contact's leg was given up"
	default:
		return "the contact hung up"
	}
}
