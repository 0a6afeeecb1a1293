package store

import "testing"

// A read that fails in the middle gives nothing: half a journal would pass for a whole one.
func TestReadThatFailsInTheMiddle(t *testing.T) {
	s, err := Open(t.TempDir(), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	events, err := journal(t.Context(), s.reads, `SELECT CASE column1 WHEN 1 THEN '[]' ELSE json('{') END FROM (VALUES (1), (2))`)
	if err == nil {
		t.Errorf("it is taken for the whole journal: %v", events)
	}
	found, err := all(t.Context(), s.reads, column[string], `SELECT CASE column1 WHEN 1 THEN '[]' ELSE json('{' || column1) END FROM (VALUES (1), (2))`)
	if err == nil || found != nil {
		t.Errorf("found %v, %v", found, err)
	}
}
