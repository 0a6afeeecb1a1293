package store_test

import (
	"errors"
	"testing"

	"ringflow/flowengine/flowfile"
	"ringflow/flowengine/record"
)

func withAliases(list string) []byte {
	return []byte("name: A\naliases: [" + list + "]\ntrigger: {component: api_request}\nstart: end\nsteps: {end: {component: end_flow}}\n")
}

func TestAliasesLeadToThePublishedVersion(t *testing.T) {
	onEachDialect(t, testAliasesLeadToThePublishedVersion)
}

func testAliasesLeadToThePublishedVersion(t *testing.T, newRecord newRecord) {
	const old, dashed = "0f3c9a52d1b84e6fa7c2583be9d01746", "0F3C9A52-D1B8-4E6F-A7C2-583BE9D01746"
	dir := newRecord(t)
	s := openIn(t, dir)
	leads := func(account, alias, flow string) {
		t.Helper()
		for range 2 { // the second time from memory
			v, err := s.Published(t.Context(), account, alias)
			if flow == "" && !errors.Is(err, record.ErrNoFlow) || flow != "" && (err != nil || v.FlowID != flow) {
				t.Errorf("%s leads to %q (%v), want %q", alias, v.FlowID, err, flow)
			}
		}
	}
	leads("acme", old, "")
	_, err := s.Publish(t.Context(), "acme", "one", withAliases(dashed+", legacy"))
	must(t, err)
	leads("acme", old, "one")
	leads("acme", dashed, "one")
	leads("acme", "legacy", "one")
	leads("other", "legacy", "")

	// Another flow cannot take it, and is not published at all.
	var taken *flowfile.AliasError
	if _, err = s.Publish(t.Context(), "acme", "two", withAliases(old)); !errors.As(err, &taken) || taken.FlowID != "one" || taken.Alias != old {
		t.Errorf("an alias was taken over: %v", err)
	}
	if _, err = s.PublishAll(t.Context(), []record.Version{
		{Account: "acme", FlowID: "three", Definition: withAliases("third")}, {Account: "acme", FlowID: "two", Definition: withAliases("legacy")},
	}); !errors.As(err, &taken) {
		t.Errorf("an alias was taken over: %v", err)
	}
	leads("acme", "two", "")
	leads("acme", "third", "")
	_, err = s.Publish(t.Context(), "other", "two", withAliases("legacy"))
	must(t, err)
	leads("other", "legacy", "two")

	// The next version lets one go, and a draft that is published takes it.
	_, err = s.Publish(t.Context(), "acme", "one", withAliases("legacy"))
	must(t, err)
	leads("acme", old, "")
	_, err = s.SaveDraft(t.Context(), "acme", "two", withAliases(old), nil)
	must(t, err)
	leads("acme", old, "")
	_, err = s.PublishDraft(t.Context(), "acme", "two", withAliases(old))
	must(t, err)
	leads("acme", old, "two")
	_, err = s.SaveDraft(t.Context(), "acme", "two", withAliases("legacy"), nil)
	must(t, err)
	if _, err = s.PublishDraft(t.Context(), "acme", "two", withAliases("legacy")); !errors.As(err, &taken) {
		t.Errorf("an alias was taken over: %v", err)
	}
	leads("acme", old, "two")

	// A flow's own id goes before another's alias.
	_, err = s.Publish(t.Context(), "acme", "legacy", withAliases(""))
	must(t, err)
	leads("acme", "legacy", "legacy")
	must(t, s.Close())
	s = openIn(t, dir)
	defer func() { must(t, s.Close()) }()
	leads("acme", old, "two")
}
