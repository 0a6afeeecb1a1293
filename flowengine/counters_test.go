package flowengine_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"testing"

	"ringflow/flowengine"
	"ringflow/flowengine/components"
	"ringflow/flowengine/flowtest"
	"ringflow/flowengine/record"
)

// split shares executions out three ways, one of them by a variable.
const split = `
name: Split
trigger: {component: api_request, arguments: [{name: one, variable: one}, {name: share, variable: share}]}
start: split
steps:
  split:
    component: traffic_splitter
    with:
      branches:
        - {exit: one, weight: "%{current_flow.one}"}
        - {exit: two, weight: 3}
        - {exit: three, weight: "%{current_flow.share}"}
    exits: {one: end, two: end, three: end}
  end: {component: end_flow}
`

// memoryCounters is a Counters that outlives engines.
type memoryCounters struct {
	mu     sync.Mutex
	stored map[string][]int
	fail   bool
}

func (b *memoryCounters) Load(_ context.Context, version, step string) ([]int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.fail {
		return nil, errors.New("on purpose")
	}
	return b.stored[version+" "+step], nil
}

func (b *memoryCounters) Store(version, step string, numbers []int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.stored[version+" "+step] = numbers
}

// branches runs so many executions at once on an engine of their own and
// returns the exits of the splitter, in no order.
func branches(t *testing.T, counters flowengine.Counters, n int) []string {
	t.Helper()
	return weighed(t, counters, n, map[string]string{"one": "5", "share": "2"})
}

// weighed does so with weights of one and three.
func weighed(t *testing.T, counters flowengine.Counters, n int, weights map[string]string) []string {
	t.Helper()
	m := &flowtest.Memory{Flow: []byte(split)}
	e := flowengine.NewEngine(flowengine.EngineConfig{Components: components.All(), Versions: m, Executions: m, Counters: counters})
	var starting sync.WaitGroup
	for range n {
		starting.Go(func() {
			if _, err := e.Start(context.Background(), flowengine.Trigger{Account: "acme", FlowID: "flow", Arguments: weights}); err != nil {
				t.Error(err)
			}
		})
	}
	starting.Wait()
	if err := e.Drain(context.Background()); err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, id := range m.Executions() {
		for _, ev := range m.Stored(id).Events {
			if ev.Kind == record.StepLeft && ev.Step == "split" {
				out = append(out, string(ev.Exit)+ev.Error)
			}
		}
	}
	return out
}

// TestASplitterIsExactOverRestarts holds the shares of 5, 3 and 2 over every
// run of executions, however the engines that ran them came and went.
func TestASplitterIsExactOverRestarts(t *testing.T) {
	counters := &memoryCounters{stored: map[string][]int{}}
	var runs []string
	for engine := 0; len(runs) < 400; engine++ {
		runs = append(runs, branches(t, counters, 1+engine%7)...)
		for exit, weight := range map[string]int{"one": 5, "two": 3, "three": 2} {
			got := 0
			for _, r := range runs {
				if r == exit {
					got++
				}
			}
			if off := 10*got - weight*len(runs); off >= 10 || off <= -10 {
				t.Fatalf("after %d runs %s was chosen %d times", len(runs), exit, got)
			}
		}
	}
}

func TestManyAtOnceAreSharedOutExactly(t *testing.T) {
	counts := map[string]int{}
	for _, exit := range branches(t, nil, 200) {
		counts[exit]++
	}
	if want := map[string]int{"one": 100, "two": 60, "three": 40}; !maps.Equal(counts, want) {
		t.Errorf("the exits are %v, want %v", counts, want)
	}
}

func TestALedgerThatCannotBeRead(t *testing.T) {
	counters := &memoryCounters{stored: map[string][]int{}, fail: true}
	if got, want := branches(t, counters, 1), []string{"errorread what the step carried: on purpose"}; !slices.Equal(got, want) {
		t.Errorf("the step left by %q, want %q", got, want)
	}
	if len(counters.stored) > 0 {
		t.Errorf("the ledger was written: %v", counters.stored)
	}
	counters.fail = false
	counters.stored["v1 split"] = []int{7} // of another shape
	if got := fmt.Sprint(branches(t, counters, 1)); got != "[one]" {
		t.Errorf("the step left by %s, want one", got)
	}
}

// TestChangedWeightsCountAtOnce holds that what was dealt by great weights is no
// debt that small ones pay off over a thousand turns, and that weights which
// change with each execution are shared out by what they were.
func TestChangedWeightsCountAtOnce(t *testing.T) {
	counters := &memoryCounters{stored: map[string][]int{}}
	for range 5 {
		weighed(t, counters, 1, map[string]string{"one": "1000000", "share": "1000000"})
	}
	counts := map[string]int{}
	for _, exit := range weighed(t, counters, 80, map[string]string{"one": "3", "share": "2"}) {
		counts[exit]++
	}
	for exit, want := range map[string]int{"one": 30, "two": 30, "three": 20} {
		if off := counts[exit] - want; off < -2 || off > 2 {
			t.Errorf("of 80 turns %s had %d, want about %d", exit, counts[exit], want)
		}
	}
	clear(counts)
	for i := range 300 { // shares of 1/2, 1/4, 1/4 and 1/8, 3/8, 1/2 by turns
		weights := []map[string]string{{"one": "6", "share": "3"}, {"one": "1", "share": "4"}}[i%2]
		for _, exit := range weighed(t, counters, 1, weights) {
			counts[exit]++
		}
	}
	for exit, want := range map[string]float64{"one": 150 * 5. / 8, "two": 150 * 5. / 8, "three": 150 * 3. / 4} {
		if off := float64(counts[exit]) - want; off < -2 || off > 2 {
			t.Errorf("of 300 turns %s had %d, want about %g", exit, counts[exit], want)
		}
	}
}
