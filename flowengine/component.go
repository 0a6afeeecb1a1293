package flowengine

import (
	"context"

	"ringflow/flowengine/flowfile"
)

// NewComponent builds a component that the engine can run from its spec and its run
// function; see flowfile.NewComponent for C. The configuration of a step is decoded once per version
// of a flow and shared by all its executions: run must not change it, unless it guards
// what it changes.
func NewComponent[C any](s flowfile.Spec, run func(context.Context, *StepContext, *C) (flowfile.Exit, error)) flowfile.Component {
	return &component[C]{Component: flowfile.NewComponent[C](s), run: run}
}

// runnable is a component that NewComponent made.
type runnable interface {
	// runWith returns what runs a step with the configuration, a *C of NewComponent.
	runWith(config any) stepRun
}

// stepRun runs one step.
type stepRun func(context.Context, *StepContext) (flowfile.Exit, error)

type component[C any] struct {
	flowfile.Component
	run func(context.Context, *StepContext, *C) (flowfile.Exit, error)
}

func (c *component[C]) runWith(config any) stepRun {
	return func(ctx context.Context, t *StepContext) (flowfile.Exit, error) { return c.run(ctx, t, config.(*C)) }
}
