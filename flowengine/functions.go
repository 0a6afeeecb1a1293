package flowengine

import (
	"context"
	"errors"
	"fmt"

	"ringflow/flowengine/flowfile"
)

// Functions runs the JavaScript of steps in isolation.
type Functions interface {
	// Call runs the body of a function of the account with its one parameter args, a
	// JSON object, and returns what it returns, as JSON. Accounts have fair
	// shares of what runs functions. It fails with ErrFunctionLimit, with a *ScriptError, which is
	// the function's own, or with a fault of the system.
	Call(ctx context.Context, account, source string, args []byte) (result []byte, err error)
}

// ErrFunctionLimit: a function used up its time or memory.
var ErrFunctionLimit = errors.New("the function used up its time or memory")

// ErrFunctionsBusy: a function was not looked at, since too many others are.
var ErrFunctionsBusy = errors.New("the server is busy looking at other functions: try again")

// ScriptError is what a function threw, or why it could not be understood.
type ScriptError struct{ Message string }

// Error implements error.
func (e *ScriptError) Error() string { return "the function failed: " + e.Message }

// Function returns a named function of the account.
func (t *StepContext) Function(name string) (flowfile.Function, error) {
	if find := t.x.engine.config.Function; find != nil {
		if f, found := find(t.x.Account, name); found {
			return f, nil
		}
	}
	return flowfile.Function{}, fmt.Errorf("function %s: function not found", name)
}

// Call runs a function.
func (t *StepContext) Call(ctx context.Context, source string, args []byte) ([]byte, error) {
	functions := t.x.engine.config.Functions
	if functions == nil {
		return nil, errors.New("functions cannot run here")
	}
	result, err := functions.Call(ctx, t.x.Account, source, args)
	if errors.Is(err, ErrFunctionLimit) {
		return nil, &Fault{Code: FaultStuck, Err: err}
	}
	if err != nil {
		return nil, fmt.Errorf("run function: %w", err)
	}
	return result, nil
}
