package flowfile_test

import (
	"testing"

	"ringflow/flowengine/flowfile"
)

func TestWhatAFlowFileIsCalled(t *testing.T) {
	for file, want := range map[string]struct {
		name, description string
		named             bool
	}{
		"name: Help\ndescription: Calls back\nsteps: 5": {"Help", "Calls back", true},
		"name: Help": {"Help", "", true},
		`{"name": "Help", "description": "Calls back"}`:  {"Help", "Calls back", true},
		"name: Help\nsteps:\n  a: {component: nonsense}": {"Help", "", true},
		"name: Help\nsteps: [":                           {},
		"description: Calls back":                        {"", "Calls back", false},
		"name: [Help]":                                   {},
		"name:":                                          {},
		"- name: Help":                                   {},
		"":                                               {},
		"name: Help\n---\nname: Another":                 {},
	} {
		name, description, named := flowfile.ReadName([]byte(file))
		if name != want.name || description != want.description || named != want.named {
			t.Errorf("%q: %q, %q, %v", file, name, description, named)
		}
	}
}
