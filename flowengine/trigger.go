package flowengine

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"ringflow/flowengine/flowfile"
	"ringflow/flowengine/record"
)

// ErrDraining: the engine refuses new work because it is about to stop.
var ErrDraining = errors.New("no new work is taken: shutting down")

// ErrQueueFull: as many of the account's calls as may wait for a channel.
var ErrQueueFull = errors.New("no new work is taken: too many calls wait for a free line")

// Trigger asks for one execution of a flow's published version.
type Trigger struct {
	Account string
	FlowID  string
	// Arguments are those of the request whose value is a text, a number or a
	// boolean, as JSON writes it; one that is null is left out.
	Arguments map[string]string
	// NonText names the arguments whose value is something else, and says what:
	// "an object" or "an array". They are refused if the flow declares them.
	NonText map[string]string
	// Unquoted names those of Arguments that JSON writes without quotes, and says
	// what they are: "a number" or "a boolean". A strict flow takes them only for
	// variables of such a type.
	Unquoted map[string]string
	// StartAt is when the execution is to begin; zero or past is at once. It is
	// accepted now, on the version that is published now.
	StartAt time.Time
	// CallingHours is the part of the day in which it may begin.
	CallingHours record.CallingHours
	// IdempotencyKey makes a trigger that is sent again start nothing again.
	IdempotencyKey record.IdempotencyKey
}

// recordedArguments returns the arguments as the record stores them: of one whose value
// is an object or an array, which no flow takes, the word for that.
func (t Trigger) recordedArguments() map[string]string {
	all := make(map[string]string, len(t.Arguments)+len(t.NonText))
	maps.Copy(all, t.NonText)
	maps.Copy(all, t.Arguments)
	return all
}

// argumentNames returns the names of all arguments, sorted.
func (t Trigger) argumentNames() []string {
	return slices.Sorted(maps.Keys(t.recordedArguments()))
}

// checkArguments checks the arguments of a trigger, before anything is accepted.
func (p *program) checkArguments(t Trigger) error {
	var refused, mistyped []flowfile.FieldError
	lacking := false // an argument that may have come under another name
	for _, a := range p.arguments {
		value, given := t.Arguments[a.Name]
		switch {
		case t.NonText[a.Name] != "":
			refused = append(refused, flowfile.FieldError{Name: a.Name, Description: "must be a text, and is " + t.NonText[a.Name]})
		case !given && a.Required:
			refused = append(refused, flowfile.FieldError{Name: a.Name, Description: "is required"})
			lacking = true
		case !given:
		case !a.Matches(value):
			refused = append(refused, flowfile.FieldError{Name: a.Name, Description: "must match " + a.Pattern})
		case p.strict && t.Unquoted[a.Name] != "" && a.Type == flowfile.TypeString:
			mistyped = append(mistyped, flowfile.FieldError{Name: a.Name, Description: "must be a text, and is " + t.Unquoted[a.Name]})
		case !a.Type.Accepts(value):
			mistyped = append(mistyped, flowfile.FieldError{Name: a.Name, Description: fmt.Sprintf("must be of type %s", a.Type)})
		}
	}
	if p.strict || lacking {
		undeclared := flowfile.UndeclaredArguments(t.argumentNames(), p.arguments, "is not an argument of the flow")
		if !p.strict {
			undeclared = undeclared[:min(len(undeclared), flowfile.MaxUndeclaredHints)]
		}
		refused = append(refused, undeclared...)
	}
	if refused = append(refused, mistyped...); len(refused) > 0 {
		return &ArgumentError{Fields: refused}
	}
	return nil
}

// ArgumentWarnings returns the arguments of a trigger that the version of the execution
// may take otherwise than the sender expects, the first flowfile.MaxUndeclaredHints:
// telephone numbers that are numbers in JSON, which have no + and no 0 in front, and then
// what the flow does not declare and so does not use, each with the declared name that is
// near. It returns ErrNoFlow if the version does not exist any more.
func (e *Engine) ArgumentWarnings(ctx context.Context, x record.Execution, t Trigger) ([]flowfile.FieldError, error) {
	v, err := e.config.Versions.Published(ctx, x.Account, x.FlowID)
	if err != nil || v.ID != x.VersionID { // the version that a repeated start began may not be published any more
		if v, err = e.config.Versions.Version(ctx, x.VersionID); err != nil {
			return nil, fmt.Errorf("find the version: %w", err)
		}
	}
	p, err := e.programs.of(v)()
	if err != nil {
		return nil, err
	}
	var out []flowfile.FieldError
	for _, a := range p.arguments {
		if t.Unquoted[a.Name] == "a number" && p.telephone[a.Variable] {
			out = append(out, flowfile.FieldError{Name: a.Name, Description: `is a number in JSON, which has no + and no 0 in front: write a telephone number in quotes, such as "+12025550143"`})
		}
	}
	out = append(out, flowfile.UndeclaredArguments(t.argumentNames(), p.arguments, "the flow declares no such argument, and does not use it")...)
	return out[:min(len(out), flowfile.MaxUndeclaredHints)], nil
}

// ArgumentError holds the arguments of a trigger that a flow refuses.
type ArgumentError struct {
	Fields []flowfile.FieldError
}

// Error lists the arguments.
func (e *ArgumentError) Error() string {
	var s []string
	for _, f := range e.Fields {
		s = append(s, f.Name+": "+f.Description)
	}
	return "arguments refused: " + strings.Join(s, ", ")
}
