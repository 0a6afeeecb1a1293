package resource

import (
	"cmp"
	"errors"
	"fmt"

	"ringflow/flowengine"
	"ringflow/flowengine/components"
	"ringflow/flowengine/flowfile"
	"ringflow/flowengine/record"
)

// Limits of a function; those of a step that holds its own are the same.
const (
	maxSource      = 20_000
	maxValues      = 50
	maxDescription = 1_000
)

type functionSettings struct {
	Description string          `json:"description,omitempty" doc:"For people, at most 1,000 characters."`
	Inputs      []functionValue `json:"inputs,omitempty" doc:"What it is given in args, at most 50. One that a step does not give is null."`
	Outputs     []functionValue `json:"outputs,omitempty" doc:"What steps may take from the object that it returns, at most 50."`
	Body        string          `json:"body" doc:"The body of a function in JavaScript with one parameter, args; at most 20,000 characters."`
}

type functionValue struct {
	Name        string `json:"name"`
	Type        string `json:"type,omitempty" enum:"string,boolean,integer,number,uri" doc:"By default string."`
	Description string `json:"description,omitempty" doc:"For people."`
}

// functionBody shows a function.
type functionBody struct {
	Metadata
	functionSettings
}

func functionKind() *Kind {
	return &Kind{
		Name: "function", Plural: "functions", Doc: "functions in JavaScript, which steps run by name",
		Settings: functionSettings{}, Shown: functionBody{}, read: read[functionSettings],
		References: func(env *flowfile.Environment, used func(string)) {
			env.Function = func(name string) (flowfile.Function, bool) { used(name); return flowfile.Function{}, true }
		},
		check: func(settings any, checkSources func([]string) []error) error {
			k := settings.(*functionSettings)
			if _, err := k.resolve(environment{}); err != nil {
				return err
			}
			err := checkSources([]string{k.Body})[0]
			if wrong := new(flowengine.ScriptError); errors.As(err, &wrong) {
				return FieldErrors{{Name: "body", Description: err.Error()}}
			}
			if err != nil { // it was not checked
				return fmt.Errorf("look at the function: %w: %w", record.ErrUnavailable, err)
			}
			return nil
		},
	}
}

func (k functionSettings) secretNames() []string { return nil }
func (k functionSettings) show(m Metadata) any   { return functionBody{m, k} }

// resolve checks by the rules of run_function, as for a function inside a step; the body
// itself is checked by Kind.check.
func (k functionSettings) resolve(environment) (any, error) {
	f := flowfile.Function{Source: k.Body}
	var wrong FieldErrors
	report := func(field, what, mend string) {
		if mend != "" {
			what += ": " + mend
		}
		wrong = append(wrong, flowfile.FieldError{Name: field, Description: what})
	}
	for _, list := range []struct {
		name  string
		given []functionValue
		into  *[]flowfile.FunctionValue
	}{{"inputs", k.Inputs, &f.Inputs}, {"outputs", k.Outputs, &f.Outputs}} {
		if len(list.given) > maxValues {
			report(list.name, fmt.Sprintf("there are %d, and at most %d are allowed", len(list.given), maxValues), "")
		}
		for _, v := range list.given {
			*list.into = append(*list.into, flowfile.FunctionValue{Name: v.Name, Type: cmp.Or(v.Type, "string")})
		}
	}
	components.CheckFunction(f, report)
	switch {
	case k.Body == "":
		report("body", "it is empty", "write the body of a function that returns an object")
	case len([]rune(k.Body)) > maxSource:
		report("body", fmt.Sprintf("at most %d characters are allowed", maxSource), "")
	}
	if len([]rune(k.Description)) > maxDescription {
		report("description", fmt.Sprintf("at most %d characters are allowed", maxDescription), "")
	}
	if wrong != nil {
		return f, wrong
	}
	return f, nil
}
