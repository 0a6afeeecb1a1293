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

	whole *regexp.Regexp // of Pattern
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
		a.whole = regexp.MustCompile(`^(?:` + a.Pattern + `)$`)
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
func (c *apiRequest) Declared() (all []flowfile.ArgumentSpec, strict bool) {
	for _, a := range c.Arguments {
		all = append(all, flowfile.ArgumentSpec{Name: a.Name, Variable: a.Variable, Required: a.Required || c.Strict, Pattern: a.Pattern, Whole: a.whole})
	}
	return all, c.Strict
}

func runAPIRequest(_ context.Context, t *flowengine.StepContext, c *apiRequest) (flowfile.Exit, error) {
	undeclared := maps.Clone(t.Execution().Arguments)
	for _, a := range c.Arguments {
		value, given := undeclared[a.Name]
		delete(undeclared, a.Name)
		if !given || a.Variable == "" {
			continue
		}
		if err := t.SetVariable(a.Variable, value); err != nil {
			return "", fmt.Errorf("take argument %s: %w", a.Name, err)
		}
	}
	if c.InteractionID != "" {
		if err := t.SetVariable(c.InteractionID, t.Execution().InteractionID); err != nil {
			return "", fmt.Errorf("keep the interaction's id: %w", err)
		}
	}
	if len(undeclared) > 0 {
		t.SetDetail("arguments that the flow does not declare: " + strings.Join(slices.Sorted(maps.Keys(undeclared)), ", "))
	}
	return flowfile.ExitOK, nil
}
