package flowengine

import (
	"context"
	"errors"
	"log/slog"
)

// EngineConfig is what an Engine works with.
type EngineConfig struct {
	Components []Component
	Dialer     Dialer
	Versions   Versions
	Record     Record
	Prepare    Preparer     // nil: sound is rendered when it is played
	Log        *slog.Logger // nil: discarded
	// Observe is given each event of each execution, in the order of its journal.
	// It must not block. nil: nobody watches.
	Observe func(ExecutionID, Event)
}

// Engine runs flows, each execution in a goroutine of its own that the Engine
// waits for in Drain. Its methods may be called by several goroutines.
type Engine struct {
	config EngineConfig
}

// NewEngine returns an Engine that runs nothing yet.
func NewEngine(c EngineConfig) *Engine { return &Engine{config: c} }

// Start accepts one execution and runs it. When it returns nil, the execution
// is durable and under way, on the version that was published at that moment.
// It returns ErrNoFlow, ErrNotPublished, ErrUnavailable, ErrDraining or an
// *ArgumentError.
func (e *Engine) Start(ctx context.Context, t Trigger) (Execution, error) {
	return Execution{}, errors.ErrUnsupported
}

// Resume runs executions that were accepted before a restart and never begun.
func (e *Engine) Resume(ctx context.Context, xs []Execution) {}

// Cancel ends a running execution with the status cancelled, its legs within
// 100 ms. It returns ErrNoExecution if none of this id runs for the account.
func (e *Engine) Cancel(account string, id ExecutionID) error { return ErrNoExecution }

// Drain takes no new work and waits for what runs. When ctx ends, it cancels
// what is left, waits for that too and returns ctx's error.
func (e *Engine) Drain(ctx context.Context) error { return nil }

// Running returns how many executions run now.
func (e *Engine) Running() int { return 0 }
