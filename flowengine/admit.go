package flowengine

import (
	"context"
	"fmt"
	"ringflow/flowengine/flowfile"
)

// ArgumentChecker is implemented by the configuration of an initiator.
type ArgumentChecker interface {
	// Admit judges the arguments of a trigger: those that the flow takes, and
	// those that it refuses.
	Admit(t Trigger) ([]Argument, []flowfile.FieldError)
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

// admit judges the arguments of a trigger, before anything is accepted.
func (p *program) admit(t Trigger) error {
	a, ok := p.trigger.config.(ArgumentChecker)
	if !ok {
		return nil
	}
	taken, refused := a.Admit(t)
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

// failing returns a program whose first step fails with err.
func failing(err error) *program {
	spec := &flowfile.Spec{Name: "missing", Exits: []flowfile.ExitSpec{{Name: flowfile.ExitOK}}}
	return &program{steps: 1, initial: map[string]string{}, trigger: &boundStep{
		Step: &flowfile.Step{ID: flowfile.TriggerID}, spec: spec, exits: map[flowfile.Exit]*boundStep{},
		run: func(context.Context, *StepContext) (flowfile.Exit, error) {
			return "", &Fault{Code: FaultNoStep, Err: err}
		},
	}}
}
