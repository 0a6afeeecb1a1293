package flowengine

import (
	"context"
	"fmt"
	"slices"
	"sync"
)

// Counters stores, over restarts, the counters of a step of a version.
type Counters interface {
	// Load returns what Store was given last for the step of the version, nil
	// if it never was called.
	Load(ctx context.Context, versionID, step string) ([]int, error)
	// Store stores the numbers. It does not wait for the disk; calls are written in
	// their order, and in order with the events of Executions.Append.
	Store(versionID, step string, numbers []int)
}

// stepKey is a step of a version.
type stepKey struct{ version, step string }

// stepCounters are the counters of one step, a few bytes until the engine ends.
type stepCounters struct {
	mu      sync.Mutex // guards what follows, and the order of updates
	loaded  bool
	numbers []int
}

func (e *Engine) countersOf(key stepKey) *stepCounters {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.counters[key] == nil {
		e.counters[key] = &stepCounters{}
	}
	return e.counters[key]
}

// UpdateCounters lets the step change its n counters, which persist from one execution
// of its version to the next, all 0 at first. Updates of the same step run one after the
// other. It fails if the counters cannot be read, and then changes nothing.
func (t *StepContext) UpdateCounters(ctx context.Context, n int, change func(numbers []int)) error {
	storage, key := t.x.engine.config.Counters, stepKey{t.x.VersionID, t.at.ID}
	c := t.x.engine.countersOf(key)
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.loaded && storage != nil {
		numbers, err := storage.Load(ctx, key.version, key.step)
		if err != nil {
			return fmt.Errorf("read what the step carried: %w", err)
		}
		c.numbers = slices.Clone(numbers)
	}
	c.loaded = true
	if len(c.numbers) != n {
		c.numbers = make([]int, n)
	}
	change(c.numbers)
	if storage != nil {
		storage.Store(key.version, key.step, slices.Clone(c.numbers))
	}
	return nil
}
