package store_test

import (
	"fmt"
	"testing"

	"ringflow/flowengine"
	"ringflow/flowengine/components"
)

func TestWhatStepsCarryOutlivesTheProcess(t *testing.T) {
	onEachDialect(t, testCountersOutliveTheProcess)
}

func testCountersOutliveTheProcess(t *testing.T, newRecord newRecord) {
	dir := newRecord(t)
	s := openIn(t, dir)
	for _, n := range [][]int{{1, -1}, {2, -2}, {3, -3}} {
		s.Store("v1", "split", n)
	}
	s.Store("v1", "other", []int{9})
	must(t, s.Close())
	s = openIn(t, dir)
	defer func() { must(t, s.Close()) }()
	for step, want := range map[string]string{"split": "[3 -3]", "other": "[9]", "unknown": "[]"} {
		if got, err := s.Load(t.Context(), "v1", step); err != nil || fmt.Sprint(got) != want {
			t.Errorf("%s: %v, %v, want %s", step, got, err, want)
		}
	}
	if got, err := s.Load(t.Context(), "v2", "split"); err != nil || got != nil {
		t.Errorf("another version: %v, %v", got, err)
	}
}

// TestASplitterGoesOnWhereItWas runs one execution after the other, each on a
// store and an engine of its own.
func TestASplitterGoesOnWhereItWas(t *testing.T) { onEachDialect(t, testASplitterGoesOnWhereItWas) }

func testASplitterGoesOnWhereItWas(t *testing.T, newRecord newRecord) {
	const flow = `
name: Split
trigger: {component: api_request}
start: split
steps:
  split:
    component: traffic_splitter
    with: {branches: [{exit: usual, weight: 3}, {exit: trial, weight: 1}]}
    exits: {usual: end, trial: end}
  end: {component: end_flow}
`
	dir := newRecord(t)
	got := ""
	for range 8 {
		s := openIn(t, dir)
		_, err := s.Publish(t.Context(), "acme", "flow", []byte(flow))
		must(t, err)
		e := flowengine.NewEngine(flowengine.EngineConfig{Components: components.All(), Versions: s, Executions: s, Counters: s})
		x, err := e.Start(t.Context(), flowengine.Trigger{Account: "acme", FlowID: "flow"})
		must(t, err)
		must(t, e.Drain(t.Context()))
		h, err := s.History(t.Context(), "acme", x.ID)
		must(t, err)
		for _, step := range h.Steps() {
			if step.Name == "split" {
				got += string(step.Exit) + " "
			}
		}
		must(t, s.Close())
	}
	if want := "usual usual trial usual usual usual trial usual "; got != want {
		t.Errorf("the exits are %s, want %s", got, want)
	}
}
