package flowengine

import (
	"context"
	"fmt"
	"strings"

	"ringflow/flowengine/flowfile"
	"ringflow/flowengine/record"
)

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
