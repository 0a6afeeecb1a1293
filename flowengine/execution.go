package flowengine

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"

	"ringflow/flowengine/record"
)

// Limits of an execution.
const (
	MaxStepsRun    = 1000             // steps entered
	MaxSameStep    = 100              // times that one step is entered
	MaxRun         = 48 * time.Hour   // from begin to end
	MaxCall        = 4 * time.Hour    // from the contact's answer to the end of the call
	maxStepStop    = time.Second      // a step that runs for so long after it was stopped is abandoned, unless it dials
	maxRecordDelay = 10 * time.Second // that an end waits for the record, which then holds it
)

// execution is one run of a program.
//
//	accepted ──Begin──▶ running ──▶ finished | failed | cancelled
//	   └─ process dies: run later     └─ process dies: interrupted (by the record)
//
// run, runSteps and all they call belong to one goroutine; what other goroutines use is
// guarded by mu or is the journalWriter's.
type execution struct {
	record.Execution
	engine  *Engine
	program *program
	journal *journalWriter
	vars    variables
	entered []uint8 // times that each step was entered
	worked  int     // by all steps, see StepContext.AddWork

	ctx  context.Context // ends when the execution is stopped or has ended
	stop context.CancelCauseFunc
	work sync.WaitGroup // goroutines besides the execution's own

	dialling atomic.Int32 // calls of Dialer.Dial and Contact.Connect that have not returned

	mu        sync.Mutex // guards contact, call, endCall, hasEnded and callLimit
	contact   Contact    // nil before a contact has answered
	call      context.Context
	endCall   context.CancelCauseFunc
	hasEnded  bool // no leg may live any more
	callLimit bool // the call reached MaxCall
	endOnce   sync.Once
	ended     chan struct{} // closed when the end is recorded

	hasBegun bool // it was accepted and has begun in one; set before run

	// beginDone is closed when the begin or the end of the execution is stored, or cannot
	// be. The three fields are set before.
	beginDone     chan struct{}
	staysAccepted bool  // it begins in the next process
	requeue       bool  // it waits to begin, because its cancellation could not be stored
	beginErr      error // why neither could be stored
}

// outcome is how an execution ends.
type outcome struct {
	status record.Status
	err    string
	detail string
}

// run runs the execution to its end. Exactly one execution_ended is recorded,
// whatever happens, unless the process dies or the record fails for good.
func (x *execution) run() {
	defer func() {
		x.engine.forget(x)
		if x.requeue {
			x.engine.requeue(x.Execution)
		}
	}()
	defer x.work.Wait()
	defer x.stop(errEnded)
	if !x.hasBegun && !x.begin() {
		return
	}
	timer := time.AfterFunc(MaxRun, func() { x.stop(errTooLong) })
	defer timer.Stop()
	// A step that ignores its context keeps neither the call nor the execution alive.
	disarm := context.AfterFunc(x.ctx, x.onStop)
	defer disarm()
	x.end(x.runSteps())
}

// begin makes it durable that the execution has begun and entered its first
// step. It waits for as long as the record cannot be written: what was accepted
// is not lost for a full disk. It reports false if the execution does not
// begin: it was stopped before, and stays accepted or is cancelled, or the record
// refused.
func (x *execution) begin() bool {
	defer close(x.beginDone)
	err := context.Cause(x.ctx)
	if err == nil {
		waiting, stop := context.WithCancel(x.ctx)
		defer stop()
		defer context.AfterFunc(x.engine.beginning, stop)()
		err = persist(waiting, 0, x.recordBegin)
	}
	if err == nil {
		return true
	}
	how := outcome{status: record.StatusFailed, err: fmt.Sprintf("begin: %v", err)}
	switch cause := context.Cause(x.ctx); {
	case errors.Is(cause, ErrShutdown), cause == nil && errors.Is(err, record.ErrUnavailable): // the engine drains
		x.staysAccepted = true
		x.engine.requeue(x.Execution) // it runs after the restart
		return false
	case cause != nil:
		how = stoppedOutcome(cause)
	default:
		x.engine.log.Error("begin of an execution was not recorded", "execution", x.ID, "err", err)
	}
	x.beginErr = persist(context.Background(), maxRecordDelay, func() error { return x.recordEndBeforeBegin(context.Background(), how) })
	switch {
	case x.beginErr == nil:
	case errors.Is(context.Cause(x.ctx), ErrCancelled) && errors.Is(x.beginErr, record.ErrUnavailable):
		x.requeue = true // Cancel returns that nothing was cancelled
	default:
		x.engine.log.Error("end of an execution that has not begun was not recorded; a restart will run it", "execution", x.ID, "err", x.beginErr)
	}
	return false
}

// acceptAndBegin makes it durable in one that the execution is accepted, has begun and
// entered its first step. It returns the errors of Executions.Accept.
func (x *execution) acceptAndBegin(ctx context.Context) error {
	began := time.Now()
	at, events := x.firstEvents()
	if err := x.engine.config.Executions.AcceptAndBegin(ctx, x.Execution, at, events...); err != nil {
		return err
	}
	x.journal.begin(began, events)
	x.hasBegun = true
	close(x.beginDone)
	return nil
}

// recordBegin records the beginning with the first events. It can be called again
// if it fails.
func (x *execution) recordBegin() error {
	began := time.Now()
	at, events := x.firstEvents()
	if err := x.engine.config.Executions.Begin(context.Background(), x.ID, at, events...); err != nil {
		return err
	}
	x.journal.begin(began, events)
	return nil
}

// firstEvents returns when the execution begins, which is now, and the events up to that.
func (x *execution) firstEvents() (begins time.Time, events []record.Event) {
	first := x.program.trigger
	accepted, now := x.AcceptedAt.Truncate(time.Microsecond), x.engine.wall().Truncate(time.Microsecond)
	if now.Before(accepted) { // the clock was set back
		now = accepted
	}
	return now, []record.Event{
		{Seq: 1, At: accepted, Kind: record.ExecutionAccepted},
		{Seq: 2, At: now, Elapsed: new(int64), Kind: record.ExecutionStarted},
		{Seq: 3, At: now, Elapsed: new(int64), Kind: record.StepEntered, Step: first.ID, Component: first.spec.Name},
	}
}

// recordEndBeforeBegin records the end of an execution that has not begun. It can be called
// again if it fails.
func (x *execution) recordEndBeforeBegin(ctx context.Context, o outcome) error {
	j := &journalWriter{shown: x.journal.shown, wall: x.engine.wall}
	accepted := record.Event{Kind: record.ExecutionAccepted, At: x.AcceptedAt}
	last := record.Event{Kind: record.ExecutionEnded, Status: o.status, Error: o.err, Detail: o.detail}
	j.stamp(&accepted)
	j.stamp(&last)
	ending := record.Ending{Status: o.status, At: last.At, Variables: j.variables(), Error: last.Error, Before: []record.Event{accepted}, Last: last}
	if err := x.engine.config.Executions.End(ctx, x.ID, ending); err != nil {
		return err
	}
	x.engine.ended[o.status].Add(1)
	x.journal.report(accepted)
	x.journal.report(last)
	return nil
}

// onStop hangs up when the execution is stopped from outside, and ends it if
// the step that runs does not come back.
func (x *execution) onStop() {
	if context.Cause(x.ctx) == errEnded {
		return
	}
	x.mu.Lock()
	c, endCall := x.contact, x.endCall
	x.mu.Unlock()
	if c != nil {
		endCall(context.Cause(x.ctx)) // first: steps report this cause, and not that the contact hung up
		x.guard(c.HangUp)
	}
	if x.endsWithin(maxStepStop) {
		return
	}
	// The leg_ended of a leg that is being hung up belongs before the end.
	if x.dialling.Load() > 0 && x.endsWithin(x.engine.config.HangUpLimit) {
		return
	}
	x.end(outcome{status: record.StatusFailed, err: fmt.Sprintf("%v, and its step did not stop", context.Cause(x.ctx))})
	x.engine.forget(x)
}

// endsWithin waits for the end, but not longer than limit, and reports whether it came.
func (x *execution) endsWithin(limit time.Duration) bool {
	select {
	case <-x.ended:
		return true
	case <-time.After(limit):
		return false
	}
}

// end hangs up, so that no leg survives, and records the end.
func (x *execution) end(o outcome) {
	x.endOnce.Do(func() {
		defer close(x.ended)
		x.mu.Lock()
		x.hasEnded = true
		x.mu.Unlock()
		if c := x.currentContact(); c != nil {
			x.guard(c.HangUp)
		}
		last := record.Event{Kind: record.ExecutionEnded, Status: o.status, Error: o.err, Detail: o.detail}
		x.journal.appendLast(&last)
		ending := record.Ending{Status: o.status, At: last.At, Variables: x.journal.variables(), Error: last.Error, Last: last}
		err := persist(context.Background(), maxRecordDelay, func() error { return x.engine.config.Executions.End(context.Background(), x.ID, ending) })
		if err != nil {
			x.engine.log.Error("the end of an execution is not recorded yet; a restart before that will call it interrupted", "execution", x.ID, "err", err)
		}
		x.engine.ended[o.status].Add(1)
		x.journal.report(last)
	})
}

// guard recovers a panic of code outside this package.
func (x *execution) guard(f func()) {
	defer func() {
		if r := recover(); r != nil {
			x.engine.log.Error("panic", "execution", x.ID, "panic", r, "stack", string(debug.Stack()))
		}
	}()
	f()
}

// persist retries f while the record cannot be written, until while ends, but not
// longer than limit, if there is one. Any other error is final. An attempt has no
// deadline of its own: a slow record would never store anything.
func persist(while context.Context, limit time.Duration, f func() error) error {
	began := time.Now()
	for pause := 20 * time.Millisecond; ; pause = min(2*pause, time.Second) {
		err := f()
		if !errors.Is(err, record.ErrUnavailable) || limit > 0 && time.Since(began) >= limit {
			return err
		}
		select {
		case <-while.Done():
			return err
		case <-time.After(pause):
		}
	}
}

// currentContact returns the contact, nil if none has answered.
func (x *execution) currentContact() Contact {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.contact
}

// setContact sets the contact that answered. From now on the context of voice steps
// ends when the contact hangs up.
func (x *execution) setContact(c Contact) {
	call, endCall := context.WithCancelCause(x.ctx)
	x.mu.Lock()
	x.contact, x.call, x.endCall = c, call, endCall
	hasEnded := x.hasEnded
	x.mu.Unlock()
	if hasEnded { // an abandoned step has dialled after the end
		x.guard(c.HangUp)
	}
	limit := time.AfterFunc(MaxCall, func() {
		x.mu.Lock()
		x.callLimit = true
		x.mu.Unlock()
		x.guard(c.HangUp)
	})
	c.AfterEnd(func() {
		limit.Stop()
		endCall(ErrHungUp)
	})
}

// hangUpCause returns why legs are hung up now, nil if the flow goes on without them.
func (x *execution) hangUpCause() error {
	if cause := context.Cause(x.ctx); cause != nil {
		return cause
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.callLimit {
		return errCallLimit
	}
	return nil
}

// callContext returns the context of voice steps, nil before an answer, and whether the
// contact's leg lives.
func (x *execution) callContext() (context.Context, bool) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.contact == nil {
		return nil, false
	}
	select {
	case <-x.contact.Done():
		return x.call, false
	default:
		return x.call, true
	}
}

// set gives a flow variable a value and journals it.
func (x *execution) set(step, name, value string) error {
	if err := x.vars.set(name, value); err != nil {
		return &Fault{Code: FaultType, Err: err}
	}
	x.journal.Append(record.Event{Kind: record.VariableSet, Step: step, Variables: map[string]string{name: x.vars.shown(name)}})
	return nil
}
