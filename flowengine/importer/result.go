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
	// Mapped has an equal.
	Mapped Kind = "mapped"
	// Approximated does nearly the same; the finding names the difference.
	Approximated Kind = "approximated"
	// DroppedSetting is lost; the file keeps it as a comment.
	DroppedSetting Kind = "dropped-setting"
	// Placeholder has no equal: the flow cannot be published until it is
	// replaced.
	Placeholder Kind = "placeholder"
)

// String writes the finding on one line.
func (f Finding) String() string {
	if f.Step == "" {
		return fmt.Sprintf("%s: %s", f.Kind, f.What)
	}
	return fmt.Sprintf("%s: step %s: %s", f.Kind, f.Step, f.What)
}

// Complete reports whether everything was mapped.
func (r Result) Complete() bool {
	for _, f := range r.Findings {
		if f.Kind != Mapped {
			return false
		}
	}
	return true
}

// ErrUnknownFormat is returned for JSON that is neither a Talkdesk export nor a
// Twilio Studio definition.
var ErrUnknownFormat = errors.New("neither a Talkdesk export (it has steps and initial_step_id) nor a Twilio Studio definition (it has states and initial_state)")

// errFlowFile is returned for what needs no import.
var errFlowFile = fmt.Errorf("%w: it is a flow file already, which needs no import", ErrUnknownFormat)

// isFlowFile reports whether Ringflow can read the file as it is.
func isFlowFile(data []byte) bool {
	_, err := flowfile.Parse("flow", data)
	return err == nil
}

// Import reads a flow of another product, by what its JSON looks like: UTF-8 or
// UTF-16, the flow itself or what an API or a command line of the product puts
// around it, also as a text of JSON. The name stands in errors only. Errors are
// about JSON that cannot be read at all, about a file of several flows, and
// ErrUnknownFormat; whatever a flow itself holds ends as a finding.
func Import(name string, data []byte) (Result, error) { return ImportOne(name, data, "", nil) }

// ImportOne reads the flow that has the name, the id or the place in a file of
// several, as Import does; an empty one is the only flow. With a nil speech, languages
// and voices stay as they were.
func ImportOne(name string, data []byte, wanted string, speech Speech) (Result, error) {
	return read(name, data, wanted, speech, func(*value) bool { return true })
}

// Talkdesk reads the export of a flow of Talkdesk Studio, JSON, as Import does. It
// returns an error for what is no such export.
func Talkdesk(data []byte) (Result, error) { return read("Talkdesk flow", data, "", nil, isTalkdesk) }

// TwilioStudio reads the definition of a flow of Twilio Studio, JSON, as Import
// does: the bare definition, or the resource of its REST API that holds one. It
// returns an error for what is no such definition.
func TwilioStudio(data []byte) (Result, error) {
	return read("Twilio Studio flow", data, "", nil, isTwilio)
}

func read(name string, data []byte, wanted string, speech Speech, is func(*value) bool) (Result, error) {
	out, err := readFlow(data, wanted, speech, is)
	if err != nil {
		return Result{}, fmt.Errorf("import %s: %w", name, err)
	}
	return out, nil
}

func readFlow(data []byte, wanted string, speech Speech, is func(*value) bool) (Result, error) {
	root, err := readJSON(data)
	if err != nil && isFlowFile(data) {
		return Result{}, errFlowFile
	} else if err != nil {
		return Result{}, err
	}
	flow, err := choose(root, wanted)
	flow.speech = speech
	switch {
	case (err != nil || !is(flow.root)) && isFlowFile(data):
		return Result{}, errFlowFile
	case err != nil:
		return Result{}, err
	case !is(flow.root):
		return Result{}, ErrUnknownFormat
	case isTalkdesk(flow.root):
		return talkdeskFlow(flow)
	}
	return twilioFlow(flow)
}
