package flowengine

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"slices"

	"ringflow/flowengine/flowfile"
	"ringflow/flowengine/record"
)

// runSteps runs one step after the other until the flow has an end. The first was
// entered with the begin.
func (x *execution) runSteps() outcome {
	at := x.program.trigger
	for n := 0; ; n++ {
		if err := context.Cause(x.ctx); err != nil && n > 0 {
			return stoppedOutcome(err)
		}
		if n == MaxStepsRun {
			return outcome{status: record.StatusFailed, err: fmt.Sprintf("the flow entered %d steps", MaxStepsRun)}
		}
		if x.entered[at.index]++; x.entered[at.index] > MaxSameStep {
			return outcome{status: record.StatusFailed, err: fmt.Sprintf("step %s was entered %d times", at.ID, MaxSameStep)}
		}
		ctx := x.ctx
		if at.spec.Voice && !at.spec.Dials {
			call, on := x.callContext()
			if call == nil {
				return outcome{status: record.StatusFailed, err: fmt.Sprintf("step %s needs a call, and the flow has made none", at.ID)}
			}
			if !on {
				return outcome{status: record.StatusFinished, detail: fmt.Sprintf("call ended: step %s needs the contact", at.ID)}
			}
			ctx = call
		}
		if n > 0 {
			x.journal.Append(record.Event{Kind: record.StepEntered, Step: at.ID, Component: at.spec.Name})
		}
		next, end := x.runStep(ctx, at)
		if next == nil {
			return end
		}
		at = next
	}
}

// stoppedOutcome is the end of an execution that was stopped from outside.
func stoppedOutcome(cause error) outcome {
	status := record.StatusCancelled
	if errors.Is(cause, errTooLong) {
		status = record.StatusFailed
	}
	return outcome{status: status, err: cause.Error()}
}

// runStep runs a step that was entered, journals how it is left, and returns the
// step that follows or, where there is none, how the execution ends.
func (x *execution) runStep(ctx context.Context, at *boundStep) (*boundStep, outcome) {
	t := &StepContext{x: x, at: at}
	exit, err := t.run(ctx)
	stopped := context.Cause(x.ctx)
	call, on := x.callContext()
	hungUp := call != nil && !on
	if err != nil && stopped == nil && at.spec.Neutral != "" && (errors.Is(err, ErrHungUp) || hungUp) {
		exit, err = at.spec.Neutral, nil
		t.detail = x.journal.hangUpDetail()
	}
	if err == nil {
		err = t.checkResult(exit)
		exit = at.effectiveExit(exit)
	}
	if mapErr := t.mapVariables(); err == nil {
		err = mapErr
	}
	left := record.Event{Kind: record.StepLeft, Step: at.ID, Component: at.spec.Name, Exit: exit, SIP: t.sip, Undialled: t.undialled, Detail: t.detail}
	if stopped != nil && err != nil {
		err = stopped
	}
	if err != nil {
		left.Exit, left.Error = flowfile.ExitError, err.Error()
	}
	x.journal.Append(left)
	switch {
	case stopped != nil:
		return nil, stoppedOutcome(stopped)
	case err != nil:
		return x.afterError(at, err)
	default:
		return x.route(at, exit)
	}
}

// effectiveExit is the exit by which a step ends: one that leads nowhere and is a case
// of another gives way to that.
func (s *boundStep) effectiveExit(exit flowfile.Exit) flowfile.Exit {
	for range len(s.exits) {
		spec, _ := s.spec.Exit(exit)
		if spec.CaseOf == "" || s.exits[exit] != nil {
			break
		}
		exit = spec.CaseOf
	}
	return exit
}

// run runs the component's code, and turns a panic into an error of the step.
func (t *StepContext) run(ctx context.Context) (exit flowfile.Exit, err error) {
	defer func() {
		if r := recover(); r != nil {
			t.x.engine.log.Error("panic in a step", "execution", t.x.ID, "step", t.at.ID, "panic", r, "stack", string(debug.Stack()))
			err = faultf(FaultInternal, "component %s panicked: %v", t.at.spec.Name, r)
		}
	}()
	return t.at.run(ctx, t)
}

// checkResult checks the exit and the size of the output against the component's spec.
func (t *StepContext) checkResult(exit flowfile.Exit) error {
	if _, declared := t.at.exits[exit]; !declared {
		return faultf(FaultInvalidResult, "component %s left by exit %q, which it does not have", t.at.spec.Name, exit)
	}
	if t.outSize > flowfile.MaxText {
		t.out = nil
		return faultf(FaultOutput, "component %s put out %d bytes, and %d are allowed", t.at.spec.Name, t.outSize, flowfile.MaxText)
	}
	return nil
}

// mapVariables fills the flow variables that the author mapped.
func (t *StepContext) mapVariables() error {
	var failed error
	for _, m := range t.at.Set {
		if value, ok := t.out[m.From]; ok {
			if slices.Contains(t.secrets, m.From) {
				t.x.vars.hide(m.Variable)
			}
			if err := t.x.set(t.at.ID, m.Variable, value); failed == nil {
				failed = err
			}
		}
	}
	return failed
}

// afterError goes on as the step's on_error says.
func (x *execution) afterError(at *boundStep, err error) (*boundStep, outcome) {
	switch at.OnError.Kind {
	case flowfile.OnErrorEndFlow:
		return nil, outcome{status: record.StatusFinished, detail: fmt.Sprintf("step %s failed, and its on_error ends the flow", at.ID)}
	case flowfile.OnErrorGoTo:
		return at.goTo, outcome{}
	case flowfile.OnErrorFollow:
		return x.route(at, at.OnError.Exit)
	}
	if at.spec.OnError != "" {
		return x.route(at, at.spec.OnError)
	}
	return nil, outcome{status: record.StatusFailed, err: fmt.Sprintf("step %s: %v", at.ID, err)}
}

// route follows an exit. One that leads nowhere takes the way that its spec
// names instead, and ends the flow if there is none.
func (x *execution) route(at *boundStep, exit flowfile.Exit) (*boundStep, outcome) {
	for range len(at.exits) + 1 {
		if next := at.exits[exit]; next != nil {
			return next, outcome{}
		}
		spec, _ := at.spec.Exit(exit)
		if spec.Instead() == "" {
			break
		}
		if exit = spec.Instead(); exit == flowfile.ExitError {
			return x.afterError(at, fmt.Errorf("exit %s leads nowhere", spec.Name))
		}
	}
	if e, _ := at.spec.Exit(exit); e.Hidden || at.spec.Terminal {
		return nil, outcome{status: record.StatusFinished}
	}
	return nil, outcome{status: record.StatusFinished, detail: fmt.Sprintf("exit %s of step %s leads nowhere", exit, at.ID)}
}
