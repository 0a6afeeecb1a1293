package flowengine

import (
	"context"
	"errors"
	"fmt"
)

// Functions runs the JavaScript of steps, away from everything else.
type Functions interface {
	// Call runs the body of a function with its one parameter args, a JSON object,
	// and returns what it returns, as JSON. It fails with ErrStuck, with a
	// *ScriptError that the function itself is to blame for, or with a fault of our
	// own.
	Call(ctx context.Context, source string, args []byte) (result []byte, err error)
}

// ErrStuck: a function used up its time or memory.
var ErrStuck = errors.New("the function used up its time or memory")

// ScriptError is what a function threw, or why it could not be understood.
type ScriptError struct{ Message string }

// Error implements error.
func (e *ScriptError) Error() string { return "the function failed: " + e.Message }

// Call runs a function.
func (t *Turn) Call(ctx context.Context, source string, args []byte) ([]byte, error) {
	functions := t.x.engine.config.Functions
	if functions == nil {
		return nil, errors.New("functions cannot run here")
	}
	result, err := functions.Call(ctx, source, args)
	if errors.Is(err, ErrStuck) {
		return nil, &Fault{Code: FaultStuck, Err: err}
	}
	if err != nil {
		return nil, fmt.Errorf("run function: %w", err)
	}
	return result, nil
}
