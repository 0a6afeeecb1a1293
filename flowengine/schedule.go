package flowengine

import (
	"context"
	"fmt"
	"sync"
	"time"
)

// scheduled is an accepted execution that has not begun: its time has not come,
// or the engine drains. It holds no goroutine, and it does not keep the engine
// from draining: it stays accepted, and the next process takes it up.
type scheduled struct {
	execution Execution
	program   *program
	timer     *time.Timer
	// held says that it is being cancelled, and must not begin. It is guarded by
	// the engine's mu.
	held bool
	// cancelling lets one cancellation after the other write.
	cancelling sync.Mutex
}

// longestTimer is after how long the wall clock is asked again: it is what times
// and calling hours mean, and it may be set, or the machine may have slept.
const longestTimer = 10 * time.Minute

// dispatch runs an accepted execution, at once or when it may begin. The caller
// has entered.
func (e *Engine) dispatch(x Execution, p *program) {
	now := e.wall()
	begin, err := x.NextBegin(now)
	if err != nil { // accepted by a program that knew the zone
		p = failing(fmt.Errorf("calling hours %s %s: %w", x.CallingHours.Hours, x.CallingHours.Zone, err))
	}
	if !begin.After(now) {
		e.launch(x, p)
		return
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.schedule(x, p, begin.Sub(now))
}

// schedule lets an execution wait, in a process that drains for the next one.
// e.mu is held.
func (e *Engine) schedule(x Execution, p *program, wait time.Duration) {
	s := &scheduled{execution: x, program: p}
	s.timer = time.AfterFunc(min(wait, longestTimer), func() { e.due(s) })
	if e.draining {
		s.timer.Stop()
	}
	e.scheduled[x.ID] = s
}

// due runs an execution whose time has come, unless the engine drains or
// somebody is cancelling it. Whatever made the timer late, it begins in its hours
// or not at all.
func (e *Engine) due(s *scheduled) {
	now := e.wall()
	begin, err := s.execution.NextBegin(now)
	e.mu.Lock()
	if e.draining || s.held || e.scheduled[s.execution.ID] != s {
		e.mu.Unlock()
		return
	}
	if err == nil && begin.After(now) {
		s.timer.Reset(min(begin.Sub(now), longestTimer))
		e.mu.Unlock()
		return
	}
	delete(e.scheduled, s.execution.ID)
	x := e.add(s.execution, s.program)
	e.mu.Unlock()
	go x.run()
}

// cancelScheduled records that an execution that has not begun is cancelled, in
// the one write that keeps it from ever beginning. If that fails, it waits on.
func (e *Engine) cancelScheduled(ctx context.Context, s *scheduled) error {
	s.cancelling.Lock()
	defer s.cancelling.Unlock()
	e.mu.Lock()
	waits := e.scheduled[s.execution.ID] == s
	s.held = waits
	e.mu.Unlock()
	if !waits { // it was cancelled, or has begun, in the meantime
		return e.Cancel(ctx, s.execution.Account, s.execution.ID)
	}
	// Whoever asked may go; what the write brings is known here alone.
	ctx, stop := context.WithTimeout(context.WithoutCancel(ctx), maxRecordDelay)
	defer stop()
	x := e.execution(s.execution, s.program)
	defer x.stop(errEnded)
	err := x.endUnbegun(ctx, interrupted(errCancelled))
	e.mu.Lock()
	defer e.mu.Unlock()
	if err == nil {
		delete(e.scheduled, s.execution.ID)
		return nil
	}
	s.held = false
	if !e.draining {
		s.timer.Reset(0)
	}
	return fmt.Errorf("cancel: %w", err)
}

// stopTimers leaves what waits to the next process. e.mu is held.
func (e *Engine) stopTimers() {
	for _, s := range e.scheduled {
		s.timer.Stop()
	}
}

// Scheduled returns how many executions wait for their time.
func (e *Engine) Scheduled() int {
	e.mu.Lock()
	defer e.mu.Unlock()
	return len(e.scheduled)
}
