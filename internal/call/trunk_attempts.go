package call

import (
	"maps"
	"sync"

	"ringflow/flowengine/flowfile"
	"ringflow/flowengine/record"
)

// Attempt is how a leg that was placed over a trunk came out.
type Attempt struct {
	Trunk string
	Party record.Party
	Exit  flowfile.Exit
	// Blocked is the SIP code with which the network kept the call from the party; 0:
	// it did not.
	Blocked int
}

// attemptCancelled is the exit of an attempt that we gave up ourselves: the
// other party hung up meanwhile, or the execution was cancelled.
const attemptCancelled flowfile.Exit = "cancelled"

// attemptCounter counts how legs came out, for whoever watches the trunks. The zero
// value counts from nothing; any goroutine may use it.
type attemptCounter struct {
	mu     sync.Mutex // guards counts
	counts map[Attempt]uint64
}

func (t *attemptCounter) count(a Attempt) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.counts == nil {
		t.counts = map[Attempt]uint64{}
	}
	t.counts[a]++
}

func (t *attemptCounter) copy() map[Attempt]uint64 {
	t.mu.Lock()
	defer t.mu.Unlock()
	return maps.Clone(t.counts)
}
