package flowfile

import (
	"cmp"
)

// Exit is a named way out of a step, in snake case.
type Exit string

// Exits that the engine itself or more than one component knows.
const (
	ExitOK            Exit = "ok"
	ExitError         Exit = "error"
	ExitAnswered      Exit = "answered"
	ExitBusy          Exit = "busy"
	ExitBlocked       Exit = "blocked" // a case of busy: the network blocked the call
	ExitInvalidNumber Exit = "invalid_number"
	ExitNoAnswer      Exit = "no_answer"
	ExitTimeout       Exit = "timeout"
	ExitCallAborted   Exit = "call_aborted" // the contact hung up while the outside phone rang
)

// Spec is all there is to know about a component. Palette, forms, checks,
// manual, JSON Schema and dispatch derive from it.
type Spec struct {
	Name     string // in snake case, as flow files write it
	Title    string
	Category Category
	Summary  string // one sentence
	Doc      string // more for the manual, paragraphs apart by an empty line

	// Initiator begins a flow and stands in no other place.
	Initiator bool
	// Voice components stand only where a call exists.
	Voice bool
	// Dials is set of the component that makes the call: behind its exit answered a
	// call exists. A path meets at most one.
	Dials bool
	// NotAfter are exits, of whatever step, behind which the component does not
	// stand: neither at once nor after steps that need no call.
	NotAfter []Exit
	// Terminal components end the flow and have no exits.
	Terminal bool

	// Exits are the fixed ones. One whose Each is set stands for an exit per
	// item of a list field.
	Exits []ExitSpec
	// Variables are the step variables that a run sets.
	Variables []VariableSpec
	// Neutral is the exit that a voice step leaves by when the contact hangs up.
	Neutral Exit
	// OnError is the exit that the default behaviour follows after an error; empty
	// ends the flow.
	OnError Exit
	// Example is the text of a step's `with`, in YAML, that a test executes.
	Example string

	// Fields are derived by Define from the struct tags of the configuration.
	Fields []Field
}

// Category is where a palette shows a component.
type Category string

// The categories, in the order of the palette.
const (
	CategoryStart  Category = "Start"
	CategoryCall   Category = "Call"
	CategoryAsk    Category = "Ask"
	CategoryDecide Category = "Decide"
	CategoryData   Category = "Data"
	CategoryEnd    Category = "End"
)

// ExitSpec is a way out of a component.
type ExitSpec struct {
	Name  Exit
	Title string
	Doc   string
	// Mandatory exits must lead to a step before a flow can be published.
	Mandatory bool
	// Expected exits are optional, and a check warns when they lead nowhere.
	Expected bool
	// Hidden exits appear in reports only and cannot be wired.
	Hidden bool
	// Fallback is the exit whose way is taken when this one leads nowhere; error
	// makes it an error of the step. Empty ends the flow.
	Fallback Exit
	// CaseOf is the exit of which this one is a special case: where this one leads
	// nowhere, the step is left by that one, in the journal too.
	CaseOf Exit
	// NotFor is what authors take the exit for though it is an error of the step.
	// A check warns where the exit leads to a step and the step has no on_error.
	NotFor string
	// Each names the list field that gives one exit per item. Name is then empty.
	Each string
}

// Instead is the exit whose way is taken when this one leads nowhere. Empty ends
// the flow.
func (e ExitSpec) Instead() Exit { return cmp.Or(e.CaseOf, e.Fallback) }

// VariableSpec is a step variable: what a run of the component found out.
type VariableSpec struct {
	Name string
	Doc  string
	// Each names the list field that gives one variable per item. Name is then
	// empty.
	Each string
}

// Exit returns the fixed exit of the name.
func (s *Spec) Exit(name Exit) (ExitSpec, bool) {
	for _, e := range s.Exits {
		if e.Name == name && e.Each == "" {
			return e, true
		}
	}
	return ExitSpec{}, false
}
