package acceptance

import (
	"math/rand/v2"
	"sync"

	"ringflow/internal/rig/platform"
)

// crashJournal is what clients and followers know of the orders of a crash test. Safe
// for concurrent use.
type crashJournal struct {
	mu     sync.Mutex
	orders []*order
	runs   map[string]*run // by execution
	wrong  map[string]int  // what the events did that they must not, and how often
	sample map[string]string
}

// run is what the events report of an execution.
type run struct {
	sequence int
	number   string         // contact_1
	status   string         // of its execution_ended
	ends     int            // execution_ended
	legs     map[string]int // 1 once dialled, 2 once ended
}

func newCrashJournal() *crashJournal {
	return &crashJournal{runs: map[string]*run{}, wrong: map[string]int{}, sample: map[string]string{}}
}

func (l *crashJournal) placed(o *order) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.orders = append(l.orders, o)
}

func (l *crashJournal) count() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.orders)
}

// answered returns some of the last orders that have a key and an answer.
func (l *crashJournal) answered(most int) []*order {
	l.mu.Lock()
	defer l.mu.Unlock()
	var some []*order
	for _, o := range l.orders[max(0, len(l.orders)-1000):] {
		if o.err == nil && o.wish.Key != "" {
			some = append(some, o)
		}
	}
	rand.Shuffle(len(some), func(i, j int) { some[i], some[j] = some[j], some[i] })
	return some[:min(most, len(some))]
}

// event takes one event of the account's stream.
func (l *crashJournal) event(e platform.Event) {
	l.mu.Lock()
	defer l.mu.Unlock()
	r := l.runs[e.Execution]
	if r == nil {
		r = &run{legs: map[string]int{}}
		l.runs[e.Execution] = r
	}
	fault := func(rule string) {
		l.wrong[rule]++
		if l.sample[rule] == "" {
			l.sample[rule] = e.Execution
		}
	}
	switch {
	case e.Sequence <= r.sequence:
		fault("an event came twice")
	case e.Sequence != r.sequence+1:
		fault("an event is missing")
	case r.ends > 0:
		fault("an event came after the last")
	}
	r.sequence = max(r.sequence, e.Sequence)
	if to := e.Variables["contact_1"]; to != "" {
		r.number = to
	}
	switch e.Kind {
	case "leg_dialling":
		if r.legs[e.Leg.ID] != 0 {
			fault("a leg was dialled twice")
		}
		r.legs[e.Leg.ID] = 1
	case "leg_ended":
		if r.legs[e.Leg.ID] != 1 {
			fault("a leg ended that does not live")
		}
		r.legs[e.Leg.ID] = 2
	case "execution_ended":
		r.ends++
		r.status = e.Status
		for _, leg := range r.legs {
			if leg != 2 {
				fault("an execution ended before its leg")
			}
		}
	}
}

// quiet reports whether every execution of the events has ended.
func (l *crashJournal) quiet() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, r := range l.runs {
		if r.ends == 0 {
			return false
		}
	}
	return true
}
