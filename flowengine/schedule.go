package flowengine

import "time"

// scheduled is an accepted execution whose time has not come. It holds no
// goroutine, and it does not keep the engine from draining: it stays accepted,
// and the next process takes it up.
type scheduled struct {
	execution Execution
	program   *program
	timer     *time.Timer
	cancelled bool // while its time came
}

// dispatch runs an accepted execution, at once or when its time has come. The
// caller has entered.
func (e *Engine) dispatch(x Execution, p *program) {
	wait := time.Until(x.StartAt)
	if x.StartAt.IsZero() || wait <= 0 {
		e.launch(x, p)
		return
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.draining {
		return
	}
	s := &scheduled{execution: x, program: p}
	s.timer = time.AfterFunc(wait, func() { e.due(s) })
	e.scheduled[x.ID] = s
}

// due runs an execution whose time has come, unless the engine drains. It is
// scheduled until it is live, so that Cancel always finds it.
func (e *Engine) due(s *scheduled) {
	if !e.enter() {
		return
	}
	defer e.work.Done()
	e.launch(s.execution, s.program)
	e.mu.Lock()
	defer e.mu.Unlock()
	delete(e.scheduled, s.execution.ID)
	if x := e.live[s.execution.ID]; x != nil && s.cancelled {
		x.stop(errCancelled)
	}
}

// cancelScheduled ends an execution of the account before its time: it is run,
// and stopped before its first step, so that its journal is like any other. It
// reports false if none of this id waits here. While the engine drains none
// does: what waits is the next process's.
func (e *Engine) cancelScheduled(account string, id ExecutionID) bool {
	e.mu.Lock()
	s := e.scheduled[id]
	if s == nil || s.execution.Account != account {
		e.mu.Unlock()
		return false
	}
	if !s.timer.Stop() {
		s.cancelled = true
		e.mu.Unlock()
		return true
	}
	delete(e.scheduled, id)
	e.work.Add(1) // the engine does not drain, or nothing would be scheduled
	e.mu.Unlock()
	defer e.work.Done()
	e.launchStopped(s.execution, s.program, errCancelled)
	return true
}

// forgetScheduled stops all timers. e.mu is held.
func (e *Engine) forgetScheduled() {
	for id, s := range e.scheduled {
		s.timer.Stop()
		delete(e.scheduled, id)
	}
}

// Scheduled returns how many executions wait for their time.
func (e *Engine) Scheduled() int {
	e.mu.Lock()
	defer e.mu.Unlock()
	return len(e.scheduled)
}
