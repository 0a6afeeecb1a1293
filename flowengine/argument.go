package flowengine

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"ringflow/flowengine/flowfile"
	"ringflow/flowengine/record"
)

// ArgumentChecker is implemented by the configuration of an initiator.
type ArgumentChecker interface {
	// CheckArguments returns the arguments of a trigger that the flow takes, and what is
	// wrong with the others.
	CheckArguments(t Trigger) ([]Argument, []flowfile.FieldError)
}

// Argument is an argument that a flow takes.
type Argument struct {
	Name     string
	Variable string // that it fills
	Value    string
	// Unquoted is what JSON wrote without quotes, "a number" or "a boolean", in an
	// initiator that takes such a value only where the variable is of its type.
	Unquoted string
}

// Arguments returns those of the trigger.
func (t *StepContext) Arguments() map[string]string { return t.x.Arguments }

// checkArguments checks the arguments of a trigger, before anything is accepted.
func (p *program) checkArguments(t Trigger) error {
	a, ok := p.trigger.config.(ArgumentChecker)
	if !ok {
		return nil
	}
	taken, refused := a.CheckArguments(t)
	for _, arg := range taken {
		d := p.declared[arg.Variable]
		if arg.Unquoted != "" && (d.Type == "" || d.Type == flowfile.TypeString) {
			refused = append(refused, flowfile.FieldError{Name: arg.Name, Description: "must be a text, and is " + arg.Unquoted})
			continue
		}
		if !d.Type.Accepts(arg.Value) {
			refused = append(refused, flowfile.FieldError{Name: arg.Name, Description: fmt.Sprintf("must be of type %s", d.Type)})
		}
	}
	if len(refused) > 0 {
		return &ArgumentError{Fields: refused}
	}
	return nil
}

// MaxWarnings is how many arguments ArgumentWarnings returns at most.
const MaxWarnings = flowfile.MaxUndeclaredHints

// ArgumentWarnings returns the arguments of a trigger that the version of the execution
// may take otherwise than the sender expects, the first MaxWarnings: telephone numbers that
// are numbers in JSON, which have no + and no 0 in front, and then what the flow does not
// declare and so does not use, each with the declared name that is near. It returns
// ErrNoFlow if the version does not exist any more.
func (e *Engine) ArgumentWarnings(ctx context.Context, x record.Execution, t Trigger) ([]flowfile.FieldError, error) {
	v, err := e.config.Versions.Published(ctx, x.Account, x.FlowID)
	if err != nil || v.ID != x.VersionID { // the version that a repeated start began may not be published any more
		if v, err = e.config.Versions.Version(ctx, x.VersionID); err != nil {
			return nil, fmt.Errorf("find the version: %w", err)
		}
	}
	p, err := e.programs.get(v)
	if err != nil {
		return nil, err
	}
	d, declares := p.trigger.config.(flowfile.Declarer)
	if !declares {
		return nil, nil
	}
	var known []string
	var out []flowfile.FieldError
	for _, a := range d.Declared() {
		known = append(known, a.Name)
		if t.Unquoted[a.Name] == "a number" && p.telephone[a.Variable] {
			out = append(out, flowfile.FieldError{Name: a.Name, Description: `is a number in JSON, which has no + and no 0 in front: write a telephone number in quotes, such as "+12025550143"`})
		}
	}
	given := slices.Sorted(maps.Keys(t.recordedArguments()))
	out = append(out, flowfile.UndeclaredArguments(given, known, "the flow declares no such argument, and does not use it")...)
	return out[:min(len(out), MaxWarnings)], nil
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
