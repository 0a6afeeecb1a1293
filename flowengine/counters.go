package flowengine

import (
	"context"
	"fmt"
	"slices"
	"sync"
)

// Counters keeps, over restarts, what a step of a version carries from one
// execution to the next.
type Counters interface {
	// Load returns what Carry was given last for the step of the version, nil
	// if it never was.
	Load(ctx context.Context, versionID, step string) ([]int, error)
	// Store keeps the numbers. It does not wait for the disk, and what is given
	// later is written later, also than the events of Executions.Append.
	Store(versionID, step string, numbers []int)
}

// balances are the numbers that steps carry, each step's guarded by itself. They
// stay for as long as the engine does: a few bytes for each step that ever
// carried any.
type balances struct {
	ledger Counters // nil: nothing survives the engine

	mu   sync.Mutex // guards kept
	kept map[place]*balance
}

// place is a step of a version.
type place struct{ version, step string }

// balance is the numbers of one step.
type balance struct {
	mu      sync.Mutex // guards what follows, and the order of Carry
	loaded  bool
	numbers []int
}

func (b *balances) of(p place) *balance {
	b.mu.Lock()
	defer b.mu.Unlock()
	c := b.kept[p]
	if c == nil {
		c = &balance{}
		b.kept[p] = c
	}
	return c
}

// UpdateCounters lets the step change n numbers that it carries from one execution of
// its version to the next, all 0 at first; turns of the same step change them one
// after the other. It fails if they cannot be read, and then changes nothing.
func (t *StepContext) UpdateCounters(ctx context.Context, n int, change func(numbers []int)) error {
	b := &t.x.engine.balances
	p := place{t.x.VersionID, t.at.ID}
	c := b.of(p)
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.loaded && b.ledger != nil {
		numbers, err := b.ledger.Load(ctx, p.version, p.step)
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
	if b.ledger != nil {
		b.ledger.Store(p.version, p.step, slices.Clone(c.numbers))
	}
	return nil
}
