package flowengine

import (
	"maps"
	"ringflow/flowengine/record"
	"sync"
	"time"
)

// chronicle is the journal of one execution. It numbers events from 1 without
// gaps, stamps them with times of the wall clock that never go back, also if that
// does, and with the time elapsed, and takes none after the last one. Several
// goroutines may use it.
type chronicle struct {
	id      record.ExecutionID
	record  Executions
	observe func(record.ExecutionID, record.Event) // may be nil
	wall    func() time.Time

	mu     sync.Mutex // guards what follows, and the order of record and observe
	seq    int
	last   time.Time // without a monotonic reading
	began  time.Time // what Elapsed counts from; zero: the execution has not begun
	closed bool
	shown  map[string]string // variables as the events told them, for the report
	byWhom record.EndedBy    // ended the contact's leg; "" as long as it lives
}

// Append implements Journal.
func (c *chronicle) Append(e record.Event) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return
	}
	c.stamp(&e)
	c.record.Append(c.id, e)
	if c.observe != nil {
		c.observe(c.id, e)
	}
}

// open takes note of the first events, which the record has with the begin.
func (c *chronicle) open(began time.Time, events []record.Event) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.began = began
	for _, e := range events {
		c.seq, c.last = e.Seq, e.At
		if c.observe != nil {
			c.observe(c.id, e)
		}
	}
}

// stamp numbers the event; c.mu is held. An event that brings its own time keeps
// it, as far as times may not go back.
func (c *chronicle) stamp(e *record.Event) {
	c.seq++
	e.Seq = c.seq
	if e.At.IsZero() {
		e.At = c.wall()
	}
	if !c.began.IsZero() {
		elapsed := time.Since(c.began).Milliseconds()
		e.Elapsed = &elapsed
	}
	if e.At = e.At.Truncate(time.Microsecond); e.At.Before(c.last) { // as precise as whoever reads it
		e.At = c.last
	}
	c.last = e.At
	e.Detail, e.Error = note(e.Detail), note(e.Error)
	maps.Copy(c.shown, e.Variables)
	if e.Kind == record.LegEnded && e.Leg != nil && e.Leg.Party == record.PartyContact {
		c.byWhom = e.Leg.EndedBy
	}
}

// maxNote is how many characters of a detail or an error a journal holds: they may
// quote what a caller or a service has sent.
const maxNote = 1000

func note(s string) string {
	if len(s) <= maxNote {
		return s
	}
	if r := []rune(s); len(r) > maxNote {
		return string(r[:maxNote]) + "…"
	}
	return s
}

// close makes e the last event. It is called once.
func (c *chronicle) close(e *record.Event) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.stamp(e)
	c.closed = true
}

// variables returns those that the events told, as they may be shown.
func (c *chronicle) variables() map[string]string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return maps.Clone(c.shown)
}

// gone says why the contact is on the line no more. Its leg_ended stands in the
// journal before a step can find out that the leg is gone.
func (c *chronicle) gone() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch c.byWhom {
	case record.EndedByAPI:
		return "hung up over the API"
	case record.EndedByFlow: // no step goes on after the flow's own end
		return "the call reached the limit of " + MaxCall.String()
	case record.EndedByFault:
		return "the contact's leg was given up"
	default:
		return "the contact hung up"
	}
}
