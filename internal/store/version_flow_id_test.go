package store_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"ringflow/flowengine/record"
)

// A flow is found by its id and by its aliases, out of service too, in its own account
// alone; the id of a deleted one is found as long as there are executions of it.
func TestFlowID(t *testing.T) { onEachDialect(t, testFlowID) }

func testFlowID(t *testing.T, newRecord newRecord) {
	s := openIn(t, newRecord(t))
	const alias = "0f3c9a52d1b84e6fa7c2583be9d01746"
	definition := []byte("name: F\naliases: [old, " + alias + "]\ntrigger: {component: api_request}\nstart: e\nsteps: {e: {component: end_flow}}\n")
	v, err := s.Publish(t.Context(), "acme", "f", definition)
	must(t, err)
	_, err = s.SaveDraft(t.Context(), "acme", "drafted", []byte("one"), nil)
	must(t, err)
	finds := func(when string, want map[string]string) {
		t.Helper()
		for name, id := range want {
			got, err := s.FlowID(t.Context(), "acme", name)
			if got != id || (id == "") != errors.Is(err, record.ErrNoFlow) || id != "" && err != nil {
				t.Errorf("%s, %s leads to %q, %v, want %q", when, name, got, err, id)
			}
		}
		if id, err := s.FlowID(t.Context(), "other", "old"); !errors.Is(err, record.ErrNoFlow) {
			t.Errorf("%s, another account finds %q, %v", when, id, err)
		}
	}
	all := map[string]string{"f": "f", "old": "f", alias: "f", "0F3C9A52-D1B8-4E6F-A7C2-583BE9D01746": "f", "drafted": "drafted", "g": "", "": ""}
	finds("in service", all)
	names, err := s.FlowNames(t.Context(), "acme", 10)
	if must(t, err); !slices.Equal(names, []string{alias, "drafted", "f", "old"}) {
		t.Errorf("the names are %q", names)
	}
	if names, err := s.FlowNames(t.Context(), "acme", 2); err != nil || len(names) != 2 {
		t.Errorf("of two names: %q, %v", names, err)
	}
	_, err = s.Unpublish(t.Context(), "acme", "f")
	must(t, err)
	finds("out of service", all)
	must(t, s.Accept(t.Context(), record.Execution{ID: "x", InteractionID: "i", Account: "acme", FlowID: "f", VersionID: v.ID}))
	must(t, s.End(t.Context(), "x", record.Ending{Status: record.StatusCancelled, At: time.Now(), Last: record.Event{Seq: 1, At: time.Now(), Kind: record.ExecutionEnded, Status: record.StatusCancelled}}))
	must(t, s.DeleteFlow(t.Context(), "acme", "f"))
	finds("deleted", map[string]string{"f": "f", "old": "", alias: ""})
}
