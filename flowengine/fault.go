package flowengine

import (
	"errors"
	"fmt"
)

// Fault is an error of the engine or of a component's code, with the code under
// which traces show it.
type Fault struct {
	Code string // seven digits
	Err  error
}

// The codes of faults.
const (
	FaultNoStep        = "0100011" // the step or its component is missing
	FaultOutput        = "0100094" // a step put out more than 65,536 bytes
	FaultStuck         = "0100097" // a function used up its time or memory
	FaultInternal      = "0100098" // the component's code failed
	FaultInvalidResult = "0100099" // the component left by an exit that it does not have
	FaultType          = "0100101" // a value is not of its variable's type
)

// Error implements error.
func (f *Fault) Error() string { return "fault " + f.Code + ": " + f.Err.Error() }

// Unwrap returns the error behind the code.
func (f *Fault) Unwrap() error { return f.Err }

func faultf(code, format string, args ...any) error {
	return &Fault{Code: code, Err: fmt.Errorf(format, args...)}
}

// Causes for which an execution is stopped.
var (
	ErrCancelled = errors.New("cancelled from outside")                    // the account asked for it, see Engine.Cancel
	ErrShutdown  = errors.New("the server was shut down")                  // see Engine.Drain
	errCallLimit = fmt.Errorf("the call reached the limit of %s", MaxCall) // of the call alone
	errTooLong   = errors.New("the execution ran for 48 hours")
	errEnded     = errors.New("the execution has ended")
)
