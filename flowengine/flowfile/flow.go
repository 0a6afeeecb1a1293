package flowfile

import (
	"cmp"

	"go.yaml.in/yaml/v3"

	"ringflow/internal/strict"
)

// Flow is a flow file as it was read. It is immutable after Parse, and it may
// still be invalid: Check validates it.
type Flow struct {
	File        string // the name given to Parse, for messages
	Name        string
	Description string
	// Aliases are ids of other products under which clients trigger the flow too,
	// in canonical form.
	Aliases []string
	// Trigger is the initiator. Its ID is TriggerID, and its exit ok leads to
	// the step that the file names as its start.
	Trigger *Step
	// Variables are those that the file declares. Others exist because the
	// trigger or a step sets them.
	Variables []Variable
	// Steps stand in the order of the file.
	Steps []*Step
}

// TriggerID is the step ID of every flow's initiator.
const TriggerID = "trigger"

// Step is a component placed in a flow.
type Step struct {
	ID        string
	Title     string // for people; empty is the ID
	Component string
	Exits     []Wire
	// Set fills flow variables from the step variables of the component.
	Set     []Mapping
	OnError OnError
	Line    int

	with *yaml.Node // the fields of the component, nil if none
}

// Wire leads an exit of a step to another step.
type Wire struct {
	Exit Exit
	To   string
	Line int
}

// Mapping fills the flow variable from the step variable.
type Mapping struct {
	Variable string
	From     string
	Line     int
}

// OnError says what follows when a step fails.
type OnError struct {
	Kind OnErrorKind
	Exit Exit   // of OnErrorFollow
	To   string // of OnErrorGoTo
	Line int    // 0 if the file leaves it out
}

// OnErrorKind is a way to go on after an error.
type OnErrorKind int

// The ways to go on after an error.
const (
	OnErrorDefault OnErrorKind = iota // does what the component's Spec.OnError says
	OnErrorEndFlow                    // ends the flow, which then counts as finished
	OnErrorFollow                     // goes where one of the step's own exits leads
	OnErrorGoTo                       // goes to a step of its own
)

// All returns the trigger and the steps, in the order of the file.
func (f *Flow) All() []*Step { return append([]*Step{f.Trigger}, f.Steps...) }

// Name returns the step's title, or its ID where it has none.
func (s *Step) Name() string { return cmp.Or(s.Title, s.ID) }

// target returns where an exit leads, "" if it is not wired.
func (s *Step) target(e Exit) string {
	for _, w := range s.Exits {
		if w.Exit == e {
			return w.To
		}
	}
	return ""
}

// ReadName returns what a flow file says that the flow is called and does, also of
// a file that holds mistakes elsewhere. It is false if that cannot be read.
func ReadName(file []byte) (name, description string, ok bool) {
	root, err := readFile("", file)
	if err != nil || root.Kind != yaml.MappingNode {
		return "", "", false
	}
	text := func(key string) string {
		if v := strict.Value(root, key); v != nil && v.Kind == yaml.ScalarNode && !isNull(v) {
			return v.Value
		}
		return ""
	}
	name = text("name")
	return name, text("description"), name != ""
}
