package acceptance

import (
	"context"
	"sync"
	"time"

	"ringflow/internal/rig/carrier"
	"ringflow/internal/rig/platform"
)

// trigger is one POST: what was asked and what came back.
type trigger struct {
	arguments map[string]string
	accepted  platform.Accepted
	err       error
}

// startAll posts a trigger for each set of arguments, PerSecond of them a second
// whatever the answers do, and returns when every answer is in.
func (t *Suite) startAll(ctx context.Context, flow string, perSecond int, arguments []map[string]string) []trigger {
	triggers := make([]trigger, len(arguments))
	var all sync.WaitGroup
	start := time.Now()
	for i, a := range arguments {
		time.Sleep(time.Until(start.Add(time.Duration(i) * time.Second / time.Duration(perSecond))))
		all.Go(func() {
			accepted, err := t.platform.Start(ctx, flow, a)
			triggers[i] = trigger{a, accepted, err}
		})
	}
	all.Wait()
	return triggers
}

// allAccepted checks that every trigger met a 202.
func (t *Suite) allAccepted(triggers []trigger) bool {
	refused := 0
	var first error
	for _, tr := range triggers {
		if tr.err != nil {
			refused++
			if first == nil {
				first = tr.err
			}
		}
	}
	return t.Check(refused == 0, "%d of %d triggers are answered 202 (%v)", len(triggers)-refused, len(triggers), first)
}

// byNumber are the calls seen at the carrier, by the number called.
func (t *Suite) byNumber() map[string][]carrier.Record {
	calls := map[string][]carrier.Record{}
	for _, r := range t.carrier.Calls() {
		calls[r.Number] = append(calls[r.Number], r)
	}
	return calls
}

// ends reads every accepted execution until it has ended, a few at a time, and
// counts them by status. Each is given to look, if there is one.
func (t *Suite) ends(ctx context.Context, triggers []trigger, within time.Duration, look func(trigger, platform.Execution)) map[string]int {
	counts := map[string]int{}
	deadline := time.Now().Add(within)
	var mu sync.Mutex
	var all sync.WaitGroup
	slots := make(chan struct{}, 8)
	for _, tr := range triggers {
		if tr.err != nil {
			continue
		}
		slots <- struct{}{}
		all.Go(func() {
			defer func() { <-slots }()
			e, err := t.platform.Ended(ctx, tr.accepted.ExecutionID, max(0, time.Until(deadline)))
			mu.Lock()
			defer mu.Unlock()
			status := e.Status
			if err != nil && status == "" {
				status = err.Error()
			}
			counts[status]++
			if look != nil {
				look(tr, e)
			}
		})
	}
	all.Wait()
	return counts
}

// allFinished checks that every accepted execution ended finished.
func (t *Suite) allFinished(ctx context.Context, triggers []trigger) {
	accepted := 0
	for _, tr := range triggers {
		if tr.err == nil {
			accepted++
		}
	}
	example := ""
	counts := t.ends(ctx, triggers, 30*time.Second, func(_ trigger, e platform.Execution) {
		if e.Status != "finished" && example == "" {
			example = e.String()
		}
	})
	t.Check(counts["finished"] == accepted, "every execution ends finished: %v %s", counts, example)
}
