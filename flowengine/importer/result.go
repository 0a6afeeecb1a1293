package importer

import (
	"errors"
	"fmt"

	"ringflow/flowengine/flowfile"
)

// Result is an imported flow and what became of each part of the original.
type Result struct {
	// Flow is the flow file, YAML, which flowfile.Parse reads.
	Flow []byte
	// Findings are, step by step in the order of the original, what was mapped and what
	// was not.
	Findings []Finding
	// Aliases are the ids by which clients address the original, without dashes
	// or with, as the export has them.
	Aliases []string
}

// Finding is what became of one part of the original.
type Finding struct {
	Step string `json:"step,omitempty"` // as the flow file names it; empty if it is about the whole flow
	What string `json:"what"`
	Kind Kind   `json:"kind"`
}

// Kind is how well a part of the original came over.
type Kind string

// The kinds of findings, from the best to the worst.
const (
	Mapped         Kind = "mapped"          // has an equal
	Approximated   Kind = "approximated"    // does nearly the same; the finding names the difference
	DroppedSetting Kind = "dropped-setting" // lost; the file keeps it as a comment
	Placeholder    Kind = "placeholder"     // has no equal: the flow cannot be published until it is replaced
)

// String writes the finding on one line.
func (f Finding) String() string {
	if f.Step == "" {
		return fmt.Sprintf("%s: %s", f.Kind, f.What)
	}
	return fmt.Sprintf("%s: step %s: %s", f.Kind, f.Step, f.What)
}

// ErrUnknownFormat is returned for JSON that is neither a Talkdesk export nor a
// Twilio Studio definition.
var ErrUnknownFormat = errors.New("neither a Talkdesk export (it has steps and initial_step_id) nor a Twilio Studio definition (it has states and initial_state)")

// Import reads a flow of another product, by what its JSON looks like: UTF-8 or
// UTF-16, the flow itself or what an API or a command line of the product puts
// around it, also as a text of JSON. The name stands in errors only. Of a file with
// several flows it reads the one of which wanted is the name, the id or the place in
// the file; an empty one is the only flow. With a nil speech, languages and voices stay
// as they were.
//
// Errors are about JSON that cannot be read at all, about a file of several flows, and
// ErrUnknownFormat; whatever a flow itself holds ends as a finding.
func Import(name string, data []byte, wanted string, speech Speech) (Result, error) {
	out, err := importFlow(data, wanted, speech)
	if err != nil {
		if _, wrong := flowfile.Parse("flow", data); wrong == nil {
			err = fmt.Errorf("%w: it is a flow file already, which needs no import", ErrUnknownFormat)
		}
		return Result{}, fmt.Errorf("import %s: %w", name, err)
	}
	return out, nil
}

func importFlow(data []byte, wanted string, speech Speech) (Result, error) {
	root, err := readJSON(data)
	if err != nil {
		return Result{}, err
	}
	flow, err := choose(root, wanted)
	if err != nil {
		return Result{}, err
	}
	flow.speech = speech
	if talkdeskStudio.wrote(flow.root) {
		return talkdeskFlow(flow)
	}
	return twilioFlow(flow)
}
