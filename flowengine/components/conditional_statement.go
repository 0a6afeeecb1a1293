package components

import (
	"context"
	"errors"
	"fmt"
	"regexp/syntax"
	"strings"

	"ringflow/flowengine"
	"ringflow/flowengine/flowfile"
)

// ConditionalStatement chooses an exit by what variables hold.
var ConditionalStatement = flowengine.NewComponent(flowfile.Spec{
	Name: "conditional_statement", Title: "Conditional Statement", Category: flowfile.CategoryDecide,
	Summary: "Leaves by the exit of the first rule whose conditions hold.",
	Doc: "A variable that is null counts as the empty text, which is less than every value. Two values are compared as " +
		"numbers when both are written as such, without leading zeros or a plus sign, and as texts otherwise, letter by letter. `matches` finds its " +
		"expression anywhere in the value, unless that begins with `^` and ends with `$`.\n\n" +
		"Conditions that would keep a processor busy for more than some tens of milliseconds, such as a long pattern for a value of 60,000 bytes, are an error of " +
		"the step, which says which condition has values of what sizes.",
	Exits: []flowfile.ExitSpec{
		{Each: "rules", Doc: "The rule is the first whose conditions hold."},
		{Name: exitNoMatch, Title: "No match", Doc: "No rule holds.", Expected: true},
	},
	OnError:   exitNoMatch,
	Variables: []flowfile.VariableSpec{{Name: "exit_name", Doc: "The exit that the step left by."}},
	Example: `
rules:
  - exit: gold
    match: all
    conditions:
      - {variable: "%{current_flow.plan}", operator: equals, value: gold}
      - {variable: "%{current_flow.balance}", operator: greater_or_equal, value: 100}
  - exit: abroad
    conditions:
      - {variable: "%{current_flow.country}", operator: not_in_list, value: "US, CA"}`,
}, runConditionalStatement)

type conditionalStatement struct {
	Rules []rule `field:"rules" required:"true" min:"1" max:"50" doc:"The rules, in the order in which they are tried."`
}

type rule struct {
	Exit       string      `field:"exit" required:"true" is:"exit" doc:"The exit that the step leaves by when the rule holds."`
	Match      string      `field:"match" choices:"all,any" default:"all" doc:"Whether all conditions must hold, or any one."`
	IgnoreCase bool        `field:"ignore_case" doc:"Takes upper and lower case for the same."`
	Conditions []condition `field:"conditions" required:"true" min:"1" max:"50" doc:"The conditions."`
}

type condition struct {
	Variable flowfile.Text `field:"variable" required:"true" is:"reference" doc:"The variable, as %{current_flow.name}."`
	Operator string        `field:"operator" required:"true" choices:"equals,not_equals,contains,not_contains,starts_with,ends_with,greater,greater_or_equal,less,less_or_equal,is_empty,is_not_empty,in_list,not_in_list,matches" doc:"How it is compared."`
	Value    flowfile.Text `field:"value" max:"1000" doc:"What it is compared with: for in_list, values with commas between them; for matches, a regular expression (RE2)."`

	pattern *pattern // of matches, if no variable stands in it
}

// Check implements flowfile.Checker.
func (c *conditionalStatement) Check(report func(field, what, mend string)) {
	for i := range c.Rules {
		for j := range c.Rules[i].Conditions {
			cond := &c.Rules[i].Conditions[j]
			path := fmt.Sprintf("rules[%d].conditions[%d]", i, j)
			if cond.Value.IsSet() && strings.HasPrefix(cond.Operator, "is_") {
				report(path+".value", cond.Operator+" compares with nothing", "remove it")
			}
			if cond.Operator != "matches" || strings.Contains(cond.Value.String(), "%{") {
				continue
			}
			p, err := compilePattern(cond.Value.String(), c.Rules[i].IgnoreCase)
			if errors.Is(err, errNoPattern) { // no variable's value stands in it, so that the error may show it
				_, err = syntax.Parse(cond.Value.String(), syntax.Perl)
			}
			if err != nil {
				report(path+".value", err.Error(), "write a regular expression of RE2")
				continue
			}
			cond.pattern = &p
		}
	}
}

func runConditionalStatement(_ context.Context, t *flowengine.StepContext, c *conditionalStatement) (flowfile.Exit, error) {
	exit := exitNoMatch
	for i := range c.Rules {
		holds, err := c.Rules[i].holds(t)
		if err != nil {
			return "", fmt.Errorf("rule %s: %w", c.Rules[i].Exit, err)
		}
		if holds {
			exit = flowfile.Exit(c.Rules[i].Exit)
			break
		}
	}
	t.Set("exit_name", string(exit))
	return exit, nil
}

func (r *rule) holds(t *flowengine.StepContext) (bool, error) {
	every := r.Match == "all"
	for i := range r.Conditions {
		holds, err := r.Conditions[i].holds(t, r.IgnoreCase)
		if err != nil {
			return false, fmt.Errorf("condition %d, %s: %w", i+1, r.Conditions[i].Operator, err)
		}
		if holds != every {
			return !every, nil
		}
	}
	return every, nil
}

func (c *condition) holds(t *flowengine.StepContext, ignoreCase bool) (bool, error) {
	s := settings{StepContext: t}
	left, right := s.text(c.Variable), s.text(c.Value)
	if s.err != nil {
		return false, s.err
	}
	if c.Operator == "matches" {
		return c.matches(t, left, right, ignoreCase)
	}
	work := comparing + len(left) + len(right)
	if ignoreCase {
		work += lowering * (len(left) + len(right))
	}
	if err := t.AddWork(work); err != nil {
		return false, fmt.Errorf("a value of %d bytes and one of %d: %w", len(left), len(right), err)
	}
	if ignoreCase {
		left, right = strings.ToLower(left), strings.ToLower(right)
	}
	return operators[c.Operator](left, right), nil
}

// What comparing costs, in the units of StepContext.AddWork: at all, and for each byte that
// is made lower case.
const comparing, lowering = 500, 4

// matches reports whether the expression is found in the value.
func (c *condition) matches(t *flowengine.StepContext, value, expression string, ignoreCase bool) (bool, error) {
	p := c.pattern
	if p == nil {
		made, err := compilePattern(expression, ignoreCase)
		if err == nil {
			err = t.AddWork(made.work)
		}
		if err != nil {
			return false, err
		}
		p = &made
	}
	if err := t.AddWork(comparing + len(value)*p.states); err != nil {
		return false, fmt.Errorf("a value of %d bytes with a pattern of %d states: %w", len(value), p.states, err)
	}
	return p.MatchString(value), nil
}
