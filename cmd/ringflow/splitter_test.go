package main_test

import (
	"strings"
	"testing"
	"time"
)

// TestASplitterOutlivesTheServer shares executions out while the server is
// drained and killed in between: the shares stay exact.
func TestASplitterOutlivesTheServer(t *testing.T) {
	besideOthers(t)
	w := newWorld(t)
	config := w.config(trunk{}, 10*time.Second)
	w.write("flows/split.yaml", []byte(`
name: Split
trigger: {component: api_request}
start: split
steps:
  split:
    component: traffic_splitter
    with: {branches: [{exit: usual, weight: 3}, {exit: trial, weight: 1}]}
    exits: {usual: done, trial: done}
  done: {component: end_flow}
`))
	var got []string
	for i, end := range []func(*Server){(*Server).stop, (*Server).crash, (*Server).stop} {
		server := w.serve(config)
		for range 1 + i {
			x := server.outcome(server.mustStart("split", map[string]string{}), 10*time.Second)
			got = append(got, x.step(t, "split").Exit)
		}
		end(server)
	}
	if want := "usual usual trial usual usual usual"; strings.Join(got, " ") != want {
		t.Errorf("the exits are %q, want %s", got, want)
	}
}
