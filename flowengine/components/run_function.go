package components

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"ringflow/flowengine"
	"ringflow/flowengine/flowfile"
	"ringflow/internal/strict"
)

// RunFunction runs a function in JavaScript.
var RunFunction = flowengine.NewComponent(flowfile.Spec{
	Name: "run_function", Title: "Run Function", Category: flowfile.CategoryData,
	Summary: "Runs a function in JavaScript and takes values from what it returns.",
	Doc: "`source` holds the function itself, `function` names one that the account keeps under `/v1/functions`, which holds " +
		"the types of inputs and outputs too; its newest state runs when the step begins. The source is the body of a function with one parameter, `args`, which holds the inputs by name; it returns an " +
		"object that holds the outputs by name, or a promise of one. Which JavaScript it is stands in [JavaScript of functions](../javascript.md). There is no network, no file, no timer, and the clock stands still. " +
		"A function that runs for more than a second, or needs more memory than it may, is stuck, which is an error of the step. Eight run at once, " +
		"of which an account among others has four at most; the step waits until one is free.",
	Exits: []flowfile.ExitSpec{
		{Name: flowfile.ExitOK, Title: "OK", Doc: "The function returned.", Expected: true},
		{Name: exitExecutionError, Title: "Execution Error", Doc: "The function threw, or returned a value of another type.", Expected: true},
	},
	Variables: []flowfile.VariableSpec{{Each: "outputs", Doc: "The value that the function returned under this name."}},
	Example: `
inputs:
  - {name: balance, type: number, value: "%{current_flow.balance}"}
outputs:
  - {name: rounded, type: integer}
  - {name: owes, type: boolean}
source: |
  return {rounded: Math.round(args.balance), owes: args.balance < 0}`,
}, runRunFunction)

type runFunction struct {
	Inputs  []functionInput  `field:"inputs" max:"50" doc:"What the function is given."`
	Outputs []functionOutput `field:"outputs" max:"50" doc:"What is taken from what it returns."`
	Source  string           `field:"source" oneof:"code" is:"function" max:"20000" doc:"The body of the function."`
	Named   string           `field:"function" oneof:"code" is:"function_name" max:"64" doc:"The name of a function that the account keeps."`
}

type functionInput struct {
	Name  string        `field:"name" required:"true" doc:"The name in args."`
	Type  string        `field:"type" choices:"string,boolean,integer,number,uri" default:"string" doc:"The type in args, unless a named function says it; null stays null."`
	Value flowfile.Text `field:"value" required:"true" max:"3000" doc:"The value."`
}

type functionOutput struct {
	Name string `field:"name" required:"true" is:"step_variable" doc:"The name in the object that the function returns, and of the step variable."`
	Type string `field:"type" choices:"string,boolean,integer,number,uri" default:"string" doc:"The type that it must have, unless a named function says it; null leaves the variable as it was."`
}

var identifier = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]{0,63}$`)

// CheckFunction reports what is wrong with the inputs and the outputs of a
// function, here or in a step.
func CheckFunction(f flowfile.Function, report func(field, what, mend string)) {
	for _, list := range []struct {
		field, one string
		values     []flowfile.FunctionValue
	}{{"inputs", "input", f.Inputs}, {"outputs", "output", f.Outputs}} {
		seen := map[string]bool{}
		for i, v := range list.values {
			path := fmt.Sprintf("%s[%d].name", list.field, i)
			if !identifier.MatchString(v.Name) {
				report(path, fmt.Sprintf("%q is no name", v.Name), "write letters, digits or _, no digit first")
			}
			if seen[v.Name] {
				report(path, fmt.Sprintf("%s %s stands twice", list.one, v.Name), "remove one")
			}
			seen[v.Name] = true
			if types := flowfile.FunctionTypes(); !slices.Contains(types, v.Type) {
				report(fmt.Sprintf("%s[%d].type", list.field, i), fmt.Sprintf("%q is no type", v.Type), "write one of "+strings.Join(types, ", "))
			}
		}
	}
}

// function is the function as the step itself holds it.
func (c *runFunction) function() flowfile.Function {
	f := flowfile.Function{Source: c.Source}
	for _, in := range c.Inputs {
		f.Inputs = append(f.Inputs, flowfile.FunctionValue{Name: in.Name, Type: in.Type})
	}
	for _, out := range c.Outputs {
		f.Outputs = append(f.Outputs, flowfile.FunctionValue{Name: out.Name, Type: out.Type})
	}
	return f
}

// Check implements flowfile.Checker.
func (c *runFunction) Check(report func(field, what, mend string)) {
	if c.Named == "" && c.Source == "" {
		report("source", "the field is empty", "write the body of a function that returns an object, or name one in function")
	}
	CheckFunction(c.function(), report)
}

// CheckAccount implements flowfile.AccountChecker: what the step gives to a
// named function and takes from it must be known to that.
func (c *runFunction) CheckAccount(env flowfile.Environment, report func(field, what, mend string)) {
	if c.Named == "" || env.Function == nil {
		return
	}
	if f, found := env.Function(c.Named); found {
		c.misfits(f, report)
	}
}

func (c *runFunction) misfits(f flowfile.Function, report func(field, what, mend string)) {
	for i, in := range c.Inputs {
		if _, known := flowfile.TypeOf(f.Inputs, in.Name); !known {
			report(fmt.Sprintf("inputs[%d].name", i), fmt.Sprintf("function %s has no input %s", c.Named, in.Name), choose(in.Name, f.Inputs))
		}
	}
	for i, out := range c.Outputs {
		if _, known := flowfile.TypeOf(f.Outputs, out.Name); !known {
			report(fmt.Sprintf("outputs[%d].name", i), fmt.Sprintf("function %s has no output %s", c.Named, out.Name), choose(out.Name, f.Outputs))
		}
	}
}

// choose says which of the values there are was probably meant.
func choose(name string, from []flowfile.FunctionValue) string {
	var names []string
	for _, v := range from {
		names = append(names, v.Name)
	}
	if near := strict.Nearest(name, names); near != "" {
		return "did you mean " + near + "?"
	}
	if names == nil {
		return "it has none: remove it"
	}
	return "choose one of " + strings.Join(names, ", ")
}

// resolve returns the function as it is now.
func (c *runFunction) resolve(t *flowengine.StepContext) (flowfile.Function, error) {
	if c.Named == "" {
		return c.function(), nil
	}
	f, err := t.Function(c.Named)
	if err != nil {
		return f, err
	}
	c.misfits(f, func(field, what, mend string) {
		if err == nil {
			err = fmt.Errorf("field %s: %s; %s", field, what, mend)
		}
	})
	return f, err
}

func runRunFunction(ctx context.Context, t *flowengine.StepContext, c *runFunction) (flowfile.Exit, error) {
	f, err := c.resolve(t)
	if err != nil {
		return "", err
	}
	args := map[string]any{}
	for _, in := range f.Inputs {
		args[in.Name] = nil
	}
	for _, in := range c.Inputs {
		value, set, err := t.Value(in.Value)
		if err != nil {
			return "", err
		}
		as, _ := flowfile.TypeOf(f.Inputs, in.Name)
		if args[in.Name], err = typed(as, value, set); err != nil {
			return "", &flowengine.Fault{Code: flowengine.FaultType, Err: fmt.Errorf("input %s: %w", in.Name, err)}
		}
	}
	given, err := json.Marshal(args)
	if err != nil {
		return "", fmt.Errorf("write the inputs: %w", err)
	}
	result, err := t.Call(ctx, f.Source, given)
	if thrown, is := errors.AsType[*flowengine.ScriptError](err); is {
		t.SetDetail(thrown.Error())
		return exitExecutionError, nil
	}
	if err != nil {
		return "", err
	}
	if err := c.setOutputs(t, f, result); err != nil {
		t.SetDetail(err.Error())
		return exitExecutionError, nil
	}
	return flowfile.ExitOK, nil
}

// typed makes a value of JSON of a text, null of a variable that is null. The
// error does not hold the value, which may be a secret.
func typed(as, value string, set bool) (any, error) {
	if !set {
		return nil, nil
	}
	switch as {
	case "boolean":
		if value == "true" || value == "false" {
			return value == "true", nil
		}
	case "integer":
		if n, err := strconv.ParseInt(value, 10, 53); err == nil { // what a number of JavaScript holds exactly
			return n, nil
		}
	case "number":
		if f, err := strconv.ParseFloat(value, 64); err == nil && decimal.MatchString(value) {
			return f, nil
		}
	case "uri":
		if u, err := url.Parse(value); err == nil && u.IsAbs() {
			return value, nil
		}
	default:
		return value, nil
	}
	return nil, fmt.Errorf("the value is not of type %s", as)
}

// setOutputs reads the outputs from what the function returned. It sets all of them or
// none.
func (c *runFunction) setOutputs(t *flowengine.StepContext, f flowfile.Function, result []byte) error {
	var values map[string]any
	if err := decodeJSON(result, &values); err != nil {
		return errors.New("the function returned no object")
	}
	texts := map[string]string{}
	for _, out := range c.Outputs {
		v := values[out.Name]
		if v == nil {
			continue
		}
		as, _ := flowfile.TypeOf(f.Outputs, out.Name)
		text, ok := textOf(as, v)
		if !ok {
			return fmt.Errorf("output %s is not of type %s", out.Name, as)
		}
		texts[out.Name] = text
	}
	for name, text := range texts {
		t.Set(name, text)
	}
	return nil
}

// textOf writes an output as text, if it is of the type.
func textOf(as string, v any) (string, bool) {
	switch v := v.(type) {
	case bool:
		return strconv.FormatBool(v), as == "boolean"
	case json.Number:
		return v.String(), as == "number" || as == "integer" && !strings.ContainsAny(v.String(), ".eE")
	case string:
		if as == "uri" {
			u, err := url.Parse(v)
			return v, err == nil && u.IsAbs()
		}
		return v, as == "string"
	}
	return "", false
}
