package components

import (
	"context"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"ringflow/flowengine"
	"ringflow/flowengine/flowfile"
)

// APIRequest begins a flow that an HTTP request starts.
var APIRequest = flowengine.NewComponent(flowfile.Spec{
	Name: "api_request", Title: "API request", Category: flowfile.CategoryStart,
	Summary:   "Begins a flow that an HTTP request starts, and takes the arguments of its body.",
	Initiator: true,
	Doc: "The body of the request is a flat JSON object. Texts, numbers and booleans are taken as their JSON text; " +
		"null leaves the variable without a value. Keys that are not declared are accepted, ignored, listed in the answer's warnings and noted in the journal. " +
		"With strict: true the request is refused instead, as is one that lacks an argument, or gives a number or a boolean " +
		"where the variable is not of that type; every argument that is wrong is named. A request that lacks a required argument is told in any case which of its arguments are not declared. In either case a value must be of the type that the flow declares for the variable.",
	Exits: []flowfile.ExitSpec{{Name: flowfile.ExitOK, Title: "OK", Doc: "The request was accepted."}},
	Example: `
arguments:
  - {name: contact_1, variable: contact_1, required: true}
  - {name: order.number, variable: order_number, pattern: "[0-9]{4,8}"}
interaction_id: interaction`,
}, runAPIRequest)

type apiRequest struct {
	Arguments     []argument `field:"arguments" max:"100" doc:"The arguments that the flow takes from the request."`
	InteractionID string     `field:"interaction_id" is:"variable" doc:"The variable that receives the id of the interaction."`
	Strict        bool       `field:"strict" doc:"Refuse a request that lacks a declared argument, has one that is not declared, or has a number or a boolean for a text."`
}

type argument struct {
	Name     string `field:"name" required:"true" max:"64" doc:"The key in the body of the request."`
	Variable string `field:"variable" is:"variable" doc:"The flow variable that it fills; left out, the argument is accepted and not used."`
	Required bool   `field:"required" doc:"A request without it is refused."`
	Pattern  string `field:"pattern" max:"500" doc:"A regular expression (RE2) that the whole value must match, or the request is refused."`

	pattern *regexp.Regexp
}

var argumentName = regexp.MustCompile(`^[A-Za-z0-9_.-]{1,64}$`)

// Check implements flowfile.Checker.
func (c *apiRequest) Check(report func(field, what, mend string)) {
	seen := map[string]bool{}
	for i := range c.Arguments {
		a := &c.Arguments[i]
		path := fmt.Sprintf("arguments[%d]", i)
		if !argumentName.MatchString(a.Name) {
			report(path+".name", fmt.Sprintf("%q is no name of an argument", a.Name), "write 1 to 64 letters, digits, _, . or -")
		}
		if seen[a.Name] {
			report(path+".name", fmt.Sprintf("argument %s stands twice", a.Name), "remove one")
		}
		seen[a.Name] = true
		if a.Pattern == "" {
			continue
		}
		if _, err := regexp.Compile(a.Pattern); err != nil {
			report(path+".pattern", err.Error(), "write a regular expression of RE2")
			continue
		}
		a.pattern = regexp.MustCompile(`^(?:` + a.Pattern + `)$`)
	}
}

// Warn implements flowfile.Warner.
func (c *apiRequest) Warn(report func(field, what, mend string)) {
	first := map[string]string{} // by variable, the argument that fills it first
	for i, a := range c.Arguments {
		if a.Variable == "" {
			continue
		}
		if other, filled := first[a.Variable]; filled {
			report(fmt.Sprintf("arguments[%d].variable", i), fmt.Sprintf("arguments %s and %s both fill variable %s: where a request has both, %[2]s stands there", other, a.Name, a.Variable),
				"give each a variable of its own")
			continue
		}
		first[a.Variable] = a.Name
	}
	if name, filled := first[c.InteractionID]; filled && c.InteractionID != "" {
		report("interaction_id", fmt.Sprintf("interaction_id and argument %s both fill variable %s: the interaction's id stands there", name, c.InteractionID),
			"give each a variable of its own")
	}
}

// Declared implements flowfile.Declarer.
func (c *apiRequest) Declared() []flowfile.ArgumentSpec {
	var all []flowfile.ArgumentSpec
	for _, a := range c.Arguments {
		all = append(all, flowfile.ArgumentSpec{Name: a.Name, Variable: a.Variable, Required: a.Required || c.Strict, Pattern: a.Pattern})
	}
	return all
}

// CheckArguments implements flowengine.ArgumentChecker.
func (c *apiRequest) CheckArguments(t flowengine.Trigger) (taken []flowengine.Argument, refused []flowfile.FieldError) {
	lacking := false // an argument that may have come under another name
	for i := range c.Arguments {
		a := &c.Arguments[i]
		refuse := func(why string) {
			refused = append(refused, flowfile.FieldError{Name: a.Name, Description: why})
		}
		value, given := t.Arguments[a.Name]
		switch {
		case t.NonText[a.Name] != "":
			refuse("must be a text, and is " + t.NonText[a.Name])
		case !given && (a.Required || c.Strict):
			refuse("is required")
			lacking = true
		case given && a.pattern != nil && !a.pattern.MatchString(value):
			refuse("must match " + a.Pattern)
		case given && a.Variable != "":
			arg := flowengine.Argument{Name: a.Name, Variable: a.Variable, Value: value}
			if c.Strict {
				arg.Unquoted = t.Unquoted[a.Name]
			}
			taken = append(taken, arg)
		case given && c.Strict && t.Unquoted[a.Name] != "":
			refuse("must be a text, and is " + t.Unquoted[a.Name])
		}
	}
	if c.Strict || lacking {
		given := maps.Clone(t.NonText)
		if given == nil {
			given = map[string]string{}
		}
		maps.Copy(given, t.Arguments)
		undeclared := c.undeclared(given)
		if !c.Strict {
			undeclared = undeclared[:min(len(undeclared), flowfile.MaxUndeclaredHints)]
		}
		refused = append(refused, undeclared...)
	}
	return taken, refused
}

func runAPIRequest(_ context.Context, t *flowengine.StepContext, c *apiRequest) (flowfile.Exit, error) {
	taken, _ := c.CheckArguments(flowengine.Trigger{Arguments: t.Arguments()})
	for _, a := range taken {
		if err := t.SetVariable(a.Variable, a.Value); err != nil {
			return "", fmt.Errorf("take argument %s: %w", a.Name, err)
		}
	}
	if c.InteractionID != "" {
		if err := t.SetVariable(c.InteractionID, t.Execution().InteractionID); err != nil {
			return "", fmt.Errorf("keep the interaction's id: %w", err)
		}
	}
	var ignored []string
	for _, f := range c.undeclared(t.Arguments()) {
		ignored = append(ignored, f.Name)
	}
	if len(ignored) > 0 {
		t.SetDetail("arguments that the flow does not declare: " + strings.Join(ignored, ", "))
	}
	return flowfile.ExitOK, nil
}

// undeclared returns the arguments that no row declares, sorted by name.
func (c *apiRequest) undeclared(given map[string]string) []flowfile.FieldError {
	declared := make([]string, len(c.Arguments))
	for i, a := range c.Arguments {
		declared[i] = a.Name
	}
	return flowfile.UndeclaredArguments(slices.Sorted(maps.Keys(given)), declared, "is not an argument of the flow")
}
