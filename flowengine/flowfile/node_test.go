package flowfile_test

import (
	"reflect"
	"slices"
	"testing"

	"ringflow/flowengine/flowfile"
)

func TestWithTellsWhatTheFileGivesWhateverItsForm(t *testing.T) {
	block := `
name: N
trigger:
  component: begin
  arguments:
    - {name: a, variable: b}
start: s
steps:
  s:
    component: c
    with:
      number: +12025550100
      empty: null
      list: [one, 2, null, {deep: true}]
  bare: {component: c}
`
	json := `{"name":"N","trigger":{"component":"begin","arguments":[{"name":"a","variable":"b"}]},"start":"s",
"steps":{"s":{"component":"c","with":{"number":"+12025550100","list":["one",2,null,{"deep":true}]}},"bare":{"component":"c"}}}`
	want := map[string]map[string]any{
		"s":    {"number": "+12025550100", "list": []any{"one", "2", nil, map[string]any{"deep": "true"}}},
		"bare": nil,
		flowfile.TriggerID: {
			"arguments": []any{map[string]any{"name": "a", "variable": "b"}},
		},
	}
	for _, file := range []string{block, json} {
		f, err := flowfile.Parse("f", []byte(file))
		if err != nil {
			t.Fatal(err)
		}
		for id, fields := range want {
			if got := stepOf(f, id).With(); !reflect.DeepEqual(got, fields) {
				t.Errorf("step %s: got %v, want %v", id, got, fields)
			}
		}
	}
}

// stepOf returns the step of the flow with the ID, nil if there is none.
func stepOf(f *flowfile.Flow, id string) *flowfile.Step {
	if i := slices.IndexFunc(f.All(), func(s *flowfile.Step) bool { return s.ID == id }); i >= 0 {
		return f.All()[i]
	}
	return nil
}
