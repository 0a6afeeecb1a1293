package components

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"strconv"
	"strings"

	"ringflow/flowengine"
)

// RunFunction runs a function in JavaScript.
var RunFunction = flowengine.Define(flowengine.Spec{
	Name: "run_function", Title: "Run Function", Category: flowengine.CategoryData,
	Summary: "Runs a function in JavaScript and takes values from what it returns.",
	Doc: "The source is the body of a function with one parameter, `args`, which holds the inputs by name; it returns an " +
		"object that holds the outputs by name. There is no network, no file, no timer, and the clock stands still. " +
		"A function that runs for more than a second, or needs more memory than it may, is stuck, which is an error of the step.",
	Exits: []flowengine.ExitSpec{
		{Name: flowengine.ExitOK, Title: "OK", Doc: "The function returned.", Expected: true},
		{Name: exitExecutionError, Title: "Execution Error", Doc: "The function threw, or returned a value of another type.", Expected: true},
	},
	Variables: []flowengine.VariableSpec{{Each: "outputs", Doc: "The value that the function returned under this name."}},
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
	Source  string           `field:"source" required:"true" is:"function" max:"20000" doc:"The body of the function."`
}

type functionInput struct {
	Name  string          `field:"name" required:"true" doc:"The name in args."`
	Type  string          `field:"type" choices:"string,boolean,integer,number,uri" default:"string" doc:"The type in args; null stays null."`
	Value flowengine.Text `field:"value" required:"true" max:"3000" doc:"The value."`
}

type functionOutput struct {
	Name string `field:"name" required:"true" is:"step_variable" doc:"The name in the object that the function returns, and of the step variable."`
	Type string `field:"type" choices:"string,boolean,integer,number,uri" default:"string" doc:"The type that it must have; null leaves the variable as it was."`
}

var identifier = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]{0,63}$`)

// Check implements flowengine.Checker.
func (c *runFunction) Check(report func(field, what, mend string)) {
	seen := map[string]bool{}
	for i, in := range c.Inputs {
		path := fmt.Sprintf("inputs[%d].name", i)
		if !identifier.MatchString(in.Name) {
			report(path, fmt.Sprintf("%q is no name", in.Name), "write letters, digits or _, no digit first")
		}
		if seen[in.Name] {
			report(path, fmt.Sprintf("input %s stands twice", in.Name), "remove one")
		}
		seen[in.Name] = true
	}
	seen = map[string]bool{}
	for i, out := range c.Outputs {
		if seen[out.Name] {
			report(fmt.Sprintf("outputs[%d].name", i), fmt.Sprintf("output %s stands twice", out.Name), "remove one")
		}
		seen[out.Name] = true
	}
}

func runRunFunction(ctx context.Context, t *flowengine.Turn, c *runFunction) (flowengine.Exit, error) {
	args := map[string]any{}
	for _, in := range c.Inputs {
		value, set, err := t.Value(in.Value)
		if err != nil {
			return "", err
		}
		if args[in.Name], err = typed(in.Type, value, set); err != nil {
			return "", &flowengine.Fault{Code: flowengine.FaultType, Err: fmt.Errorf("input %s: %w", in.Name, err)}
		}
	}
	given, err := json.Marshal(args)
	if err != nil {
		return "", fmt.Errorf("write the inputs: %w", err)
	}
	result, err := t.Call(ctx, c.Source, given)
	var thrown *flowengine.ScriptError
	if errors.As(err, &thrown) {
		t.Detail(thrown.Error())
		return exitExecutionError, nil
	}
	if err != nil {
		return "", err
	}
	if err := c.take(t, result); err != nil {
		t.Detail(err.Error())
		return exitExecutionError, nil
	}
	return flowengine.ExitOK, nil
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

// take reads the outputs from what the function returned. It sets all of them or
// none.
func (c *runFunction) take(t *flowengine.Turn, result []byte) error {
	d := json.NewDecoder(bytes.NewReader(result))
	d.UseNumber()
	var values map[string]any
	if err := d.Decode(&values); err != nil {
		return errors.New("the function returned no object")
	}
	texts := map[string]string{}
	for _, out := range c.Outputs {
		v := values[out.Name]
		if v == nil {
			continue
		}
		text, ok := textOf(out.Type, v)
		if !ok {
			return fmt.Errorf("output %s is not of type %s", out.Name, out.Type)
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
