package store_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"ringflow/flowengine/record"
)

// A flow that is deleted is gone with all its versions, aliases and what the cache
// holds; one that runs or waits stays whole, and its executions stay.
func TestDeleteFlow(t *testing.T) { onEachDialect(t, testDeleteFlow) }

func testDeleteFlow(t *testing.T, newRecord newRecord) {
	s := openIn(t, newRecord(t))
	const file = "name: N\naliases: [OLD-%s]\ntrigger: {component: api_request}\nstart: e\nsteps: {e: {component: end_flow}}\n"
	for _, id := range []string{"f", "g"} {
		for _, more := range []string{"", "# again\n"} {
			_, err := s.Publish(t.Context(), "acme", id, []byte(fmt.Sprintf(file, id)+more))
			must(t, err)
		}
		_, err := s.SaveDraft(t.Context(), "acme", id, []byte("name: D"), nil)
		must(t, err)
		_, err = s.Published(t.Context(), "acme", id) // it is in the cache
		must(t, err)
	}
	if err := s.DeleteFlow(t.Context(), "other", "f"); !errors.Is(err, record.ErrNoFlow) {
		t.Errorf("another account: %v", err)
	}

	read, err := s.Published(t.Context(), "acme", "f")
	must(t, err)
	ended, runs, waits := execution(1), execution(2), execution(3)
	for _, x := range []*record.Execution{&ended, &runs, &waits} {
		x.Account, x.FlowID = "acme", "f"
	}
	waits.StartAt = time.Now().Add(time.Hour)
	for _, x := range []record.Execution{ended, runs, waits} {
		must(t, s.Accept(t.Context(), x))
	}
	end := func(x record.Execution) {
		t.Helper()
		must(t, s.End(t.Context(), x.ID, record.Ending{Status: record.StatusFinished, At: time.Now(), Last: record.Event{Seq: 1, At: time.Now(), Kind: record.ExecutionEnded, Status: record.StatusFinished}}))
	}
	end(ended)
	var using *record.InUseError
	if err := s.DeleteFlow(t.Context(), "acme", "f"); !errors.As(err, &using) || using.Executions != 2 || !slices.Contains(using.Named, runs.ID) || !slices.Contains(using.Named, waits.ID) {
		t.Fatalf("while executions have not ended: %v", err)
	}
	if all, err := s.FlowVersions(t.Context(), "acme", "f"); err != nil || len(all) != 3 {
		t.Fatalf("what was refused left %d versions, %v", len(all), err)
	}
	end(runs)
	end(waits)
	must(t, s.DeleteFlow(t.Context(), "acme", "f"))
	if err := s.DeleteFlow(t.Context(), "acme", "f"); !errors.Is(err, record.ErrNoFlow) {
		t.Errorf("a second time: %v", err)
	}
	for _, id := range []string{"f", "OLD-f"} {
		if _, err := s.Published(t.Context(), "acme", id); !errors.Is(err, record.ErrNoFlow) {
			t.Errorf("a start of %s finds %v", id, err)
		}
	}
	if _, err := s.Draft(t.Context(), "acme", "f"); !errors.Is(err, record.ErrNoDraft) {
		t.Errorf("the draft: %v", err)
	}
	if h, err := s.History(t.Context(), "acme", ended.ID); err != nil || h.FlowID != "f" {
		t.Errorf("what was executed: %+v, %v", h, err)
	}
	if _, err := s.Published(t.Context(), "acme", "OLD-g"); err != nil {
		t.Errorf("another flow: %v", err)
	}
	late := execution(4) // it read its version before
	late.Account, late.FlowID, late.VersionID = "acme", "f", read.ID
	if err := s.Accept(t.Context(), late); !errors.Is(err, record.ErrNoFlow) {
		t.Errorf("a start that read the flow before is accepted: %v", err)
	}
	again, err := s.Publish(t.Context(), "acme", "f", []byte("name: New"))
	if err != nil || again.Number != 1 {
		t.Errorf("made again: %+v, %v", again, err)
	}
	if err := s.Accept(t.Context(), late); !errors.Is(err, record.ErrNoFlow) {
		t.Errorf("a start that read the flow before is accepted once there is another: %v", err)
	}
	late.VersionID = again.ID
	must(t, s.Accept(t.Context(), late))
}

// A draft that cannot be read is called as what it stands in the place of, or as the
// version before it.
func TestNameOfADraft(t *testing.T) { onEachDialect(t, testNameOfADraft) }

func testNameOfADraft(t *testing.T, newRecord newRecord) {
	s := openIn(t, newRecord(t))
	save := func(flow, text string) record.Version {
		t.Helper()
		_, err := s.SaveDraft(t.Context(), "acme", flow, []byte(text), nil)
		must(t, err)
		v, err := s.Draft(t.Context(), "acme", flow)
		must(t, err)
		return v
	}
	for i, c := range []struct{ flow, text, name, description string }{
		{"f", "steps: [", "", ""},
		{"f", "name: First\ndescription: D", "First", "D"},
		{"f", "name: First\nsteps: [", "First", "D"},
		{"f", "steps: [", "First", "D"},
		{"f", "name: Second\nsteps: 5", "Second", ""},
		{"f", "steps: 5", "Second", ""},
	} {
		if v := save(c.flow, c.text); v.Name != c.name || v.Description != c.description {
			t.Errorf("%d: %q is called %q, %q", i, c.text, v.Name, v.Description)
		}
	}
	_, err := s.Publish(t.Context(), "acme", "g", []byte("name: Third"))
	must(t, err)
	must(t, s.Run(t.Context(), `UPDATE versions SET name = NULL WHERE flow_id = 'g'`)) // as it was recorded before
	if v := save("g", "steps: ["); v.Name != "Third" {
		t.Errorf("after a version of old, it is called %q", v.Name)
	}
	page, _, err := s.FlowsAfter(t.Context(), "acme", "", 10)
	if err != nil || len(page) != 2 || page[0].Draft.Name != "Second" || page[1].Draft.Name != "Third" {
		t.Errorf("the list has %+v, %v", page, err)
	}
}
