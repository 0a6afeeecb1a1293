package flowengine

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"sync"
	"time"
	"unique"

	"ringflow/flowengine/record"
)

// scheduled is an accepted execution that has not begun: its time has not come,
// or the engine drains. It holds no goroutine, and it does not keep the engine
// from draining: it stays accepted, and the next process begins it. There may be
// very many, so it holds its id and its time alone: the rest is read from the record
// when it is due.
type scheduled struct {
	id      record.ExecutionID
	account unique.Handle[string]
	hours   unique.Handle[record.CallingHours]
	timer   *time.Timer
	// begin is not before the execution's StartAt. It and cancelled are guarded by the
	// engine's mu.
	begin time.Time
	// cancelled is set while a cancellation is written: the execution must not begin.
	cancelled bool
	// cancelMu lets one cancellation after the other write.
	cancelMu sync.Mutex
}

const (
	// longestTimer is after how long the wall clock is read again: times and calling
	// hours are the wall clock's, which may be set, and the machine may have slept.
	longestTimer = 10 * time.Minute
	// loadRetryPause is after how long the record is read again for what is due.
	loadRetryPause = time.Second
)

// ErrManyScheduled: as many executions of the account wait for their time as may.
var ErrManyScheduled = errors.New("as many of the account's executions wait for their time as may")

// dispatch runs an accepted execution, at once or when it may begin. The caller
// has entered.
func (e *Engine) dispatch(accepted record.Execution, p *program) {
	if e.scheduleLater(accepted) {
		return
	}
	e.run(e.execution(accepted, p))
}

// run makes an execution live and runs it. The caller has entered.
func (e *Engine) run(x *execution) {
	e.mu.Lock()
	e.add(x)
	e.mu.Unlock()
	go x.run()
}

// scheduleLater schedules an execution that may not begin yet, and reports whether it
// did.
func (e *Engine) scheduleLater(x record.Execution) bool {
	now := e.wall()
	begin, err := x.NextBegin(now)
	if err != nil || !begin.After(now) {
		return false
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.schedule(x, begin)
	return true
}

// reserve counts one more of those that wait for their time, unless the account
// has as many as it may. release undoes it.
func (e *Engine) reserve(account string) error {
	most := 0
	if e.config.MaxScheduled != nil {
		most = e.config.MaxScheduled(account)
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if most > 0 && e.waiting[account] >= most {
		return ErrManyScheduled
	}
	e.waiting[account]++
	return nil
}

// release undoes reserve; e.mu is held.
func (e *Engine) release(account string) {
	if e.waiting[account]--; e.waiting[account] == 0 {
		delete(e.waiting, account)
	}
}

// schedule lets an execution wait until begin, in a process that drains for the
// next one. e.mu is held.
func (e *Engine) schedule(x record.Execution, begin time.Time) {
	s := &scheduled{id: x.ID, account: unique.Make(x.Account), hours: unique.Make(x.CallingHours), begin: begin.Round(0).UTC()}
	s.timer = time.AfterFunc(e.untilDue(s), func() { e.due(s) })
	if e.draining {
		s.timer.Stop()
	}
	e.scheduled[s.id] = s
	e.waiting[s.account.Value()]++
}

// untilDue returns for how long the timer sleeps; e.mu is held.
func (e *Engine) untilDue(s *scheduled) time.Duration {
	return min(s.begin.Sub(e.wall().Round(0)), longestTimer)
}

// unschedule takes an execution out of those that wait; e.mu is held.
func (e *Engine) unschedule(s *scheduled) {
	delete(e.scheduled, s.id)
	e.release(s.account.Value())
}

// due runs an execution whose time has come, unless the engine drains or
// it is being cancelled. However late the timer is, it begins in its calling hours or
// not at all.
func (e *Engine) due(s *scheduled) {
	if e.postpone(s) {
		return
	}
	e.mu.Lock()
	if !e.mayBegin(s) {
		e.mu.Unlock()
		return
	}
	e.work.Add(1) // so that the record is open for as long as it is read
	defer e.work.Done()
	e.mu.Unlock()
	x, err := e.load(e.beginning, s.id)
	e.mu.Lock()
	mayBegin := e.mayBegin(s)
	switch {
	case !mayBegin:
	case err != nil:
		e.log.Warn("an execution that is due cannot be read; it begins once it can", "execution", s.id, "err", err)
		e.rearm(s, loadRetryPause)
	default:
		e.unschedule(s)
		e.add(x)
	}
	e.mu.Unlock()
	if mayBegin && err == nil {
		go x.run()
	}
}

// postpone lets an execution wait on if its time has not come, or its hours are over
// before it could begin.
func (e *Engine) postpone(s *scheduled) bool {
	now := e.wall().Round(0)
	e.mu.Lock()
	begin := s.begin
	e.mu.Unlock()
	if !begin.After(now) {
		next, err := s.hours.Value().Next(now)
		if err != nil || !next.After(now) {
			return false
		}
		begin = next.UTC()
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	s.begin = begin
	e.rearm(s, e.untilDue(s))
	return true
}

// mayBegin reports whether an execution may begin when its time comes; e.mu is held.
func (e *Engine) mayBegin(s *scheduled) bool {
	return !e.draining && !s.cancelled && e.scheduled[s.id] == s
}

// rearm has due called again, of what waits; e.mu is held.
func (e *Engine) rearm(s *scheduled, after time.Duration) {
	if e.mayBegin(s) {
		s.timer.Reset(after)
	}
}

// load reads an accepted execution, with the program of its version.
func (e *Engine) load(ctx context.Context, id record.ExecutionID) (*execution, error) {
	accepted, err := e.config.Executions.Accepted(ctx, id)
	if err != nil {
		return nil, fmt.Errorf("read execution: %w", err)
	}
	p, err := e.programOf(ctx, accepted)
	if err != nil {
		return nil, err
	}
	return e.execution(accepted, p), nil
}

// programOf returns the program of the version that an execution was accepted with,
// and a program that fails if that version cannot run any more. Its error says
// that the version cannot be read now.
func (e *Engine) programOf(ctx context.Context, x record.Execution) (*program, error) {
	compiled := e.programs.cached(x.VersionID)
	if compiled == nil {
		switch v, err := e.config.Versions.Version(ctx, x.VersionID); {
		case err == nil:
			compiled = e.programs.of(v)
		case errors.Is(err, record.ErrNoFlow):
			compiled = func() (*program, error) { return nil, err }
		default:
			return nil, fmt.Errorf("read version %s: %w", x.VersionID, err)
		}
	}
	p, err := compiled()
	if err != nil {
		e.log.Error("an accepted execution cannot run", "execution", x.ID, "err", err)
		p = failingProgram(err)
	}
	if _, err := x.CallingHours.Next(x.AcceptedAt); err != nil { // accepted by a program that knew the zone
		p = failingProgram(fmt.Errorf("calling hours %s %s: %w", x.CallingHours.Hours, x.CallingHours.Zone, err))
	}
	return p, nil
}

// cancelScheduled records that an execution that has not begun is cancelled, in
// the one write that keeps it from ever beginning. If that fails, it waits on.
func (e *Engine) cancelScheduled(ctx context.Context, s *scheduled) error {
	s.cancelMu.Lock()
	defer s.cancelMu.Unlock()
	e.mu.Lock()
	waits := e.scheduled[s.id] == s
	s.cancelled = waits
	e.mu.Unlock()
	if !waits { // it was cancelled, or has begun, in the meantime
		return e.Cancel(ctx, s.account.Value(), s.id)
	}
	// The write goes on when the caller is gone: its result is needed here.
	ctx, stop := context.WithTimeout(context.WithoutCancel(ctx), maxRecordDelay)
	defer stop()
	err := e.endScheduled(ctx, s.id)
	e.mu.Lock()
	defer e.mu.Unlock()
	if err == nil {
		e.unschedule(s)
		return nil
	}
	s.cancelled = false
	e.rearm(s, 0)
	return fmt.Errorf("cancel: %w", err)
}

// endScheduled ends an execution that has not begun as cancelled.
func (e *Engine) endScheduled(ctx context.Context, id record.ExecutionID) error {
	x, err := e.load(ctx, id)
	if err != nil {
		return fmt.Errorf("%w: %w", record.ErrUnavailable, err)
	}
	defer x.stop(errEnded)
	return x.recordEndBeforeBegin(ctx, stoppedOutcome(ErrCancelled))
}

// Scheduled returns how many executions wait for their time, by account; an
// account that has none is left out.
func (e *Engine) Scheduled() map[string]int {
	e.mu.Lock()
	defer e.mu.Unlock()
	return maps.Clone(e.waiting)
}
