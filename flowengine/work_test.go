package flowengine_test

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"ringflow/flowengine"
	"ringflow/flowengine/flowfile"
	"ringflow/flowengine/flowtest"
	"ringflow/flowengine/record"
)

// decision is a flow of one conditional statement; entered is how many times over
// it comes by it.
func decision(entered int, rules string) string {
	var b strings.Builder
	b.WriteString(`
name: Decision
trigger: {component: api_request, arguments: [{name: value, variable: value}, {name: other, variable: other}, {name: long, variable: long}]}
start: decide_0
steps:
`)
	for i := range entered {
		fmt.Fprintf(&b, "  decide_%d: {component: conditional_statement, with: {rules: [%s]}, exits: {yes: decide_%d, no_match: decide_%[3]d}}\n", i, rules, i+1)
	}
	fmt.Fprintf(&b, "  decide_%d: {component: end_flow}\n", entered)
	return b.String()
}

// conditions is a rule of so many equal conditions.
func conditions(n int, settings, one string) string {
	return "{exit: yes, match: any, " + settings + "conditions: [" + strings.TrimSuffix(strings.Repeat("\n      "+one+",", n), ",") + "]}"
}

func twice(rule string) string { return rule + ",\n      " + rule }

// TestWorkOfAStepIsBounded holds that no values and no expressions, as large as an
// account can have them, let a step hold a core, and that the error tells which
// condition had how much to do.
func TestWorkOfAStepIsBounded(t *testing.T) {
	long, list := strings.Repeat("a", flowfile.MaxText), strings.Repeat("1,", flowfile.MaxText/2)
	cond := func(operator, value string) string {
		return fmt.Sprintf(`{variable: "%%{current_flow.value}", operator: %s, value: %q}`, operator, value)
	}
	for name, c := range map[string]struct {
		rule  string
		value string
		wants string
	}{
		"one huge pattern":      {conditions(1, "", cond("matches", `(a?){800}b`)), long, "condition 1, matches: a value of 65536 bytes with a pattern of 3203 states"},
		"many patterns":         {conditions(50, "", cond("matches", `(x|a|ab)+$!`)), long, "matches: a value of 65536 bytes with a pattern of"},
		"patterns of variables": {twice(conditions(50, "", cond("matches", `(?i)[%{current_flow.other}]{1000}`))), "a", "matches: the step would take too much work"},
		"classes":               {conditions(1, "", cond("matches", `%{current_flow.other}`+strings.Repeat(`\pL`, 300))), "a", "too many classes of characters"},
		"ranges":                {conditions(1, "ignore_case: true, ", cond("matches", `%{current_flow.other}[!-\x{1e900}]`)), "a", "too large ones that ignore case"},
		"repeats":               {conditions(1, "", cond("matches", `%{current_flow.other}`+strings.Repeat(`a{1000}`, 100))), "a", "repeats too much"},
		"lists":                 {twice(conditions(50, "", cond("in_list", `%{current_flow.long}`))), "2", "in_list: a value of 1 bytes and one of 65534"},
		"lists, lower case":     {conditions(50, "ignore_case: true, ", cond("in_list", `%{current_flow.long}`)), "2", "in_list: a value of 1 bytes and one of 65534"},
		"contents":              {conditions(50, "", cond("contains", `%{current_flow.long}!`)), long, "contains: a value of 65536 bytes and one of"},
		"numbers": {conditions(50, "", cond("greater", `9`)) + strings.Repeat(",\n      "+conditions(50, "", cond("greater", `9`)), 49),
			"8", ""},
		"filters": {conditions(1, "", cond("equals", "%{current_flow.value"+strings.Repeat("|upper", 100)+"}")), long, "value holds 65536 bytes: the step would take too much work"},
	} {
		t.Run(name, func(t *testing.T) {
			begin := time.Now()
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(decision(1, c.rule), &flowtest.Line{})
				given := list[:flowfile.MaxText-2]
				k := w.run(t, map[string]string{"value": c.value, "other": "b", "long": given})
				output := ""
				for _, e := range k.Events {
					if e.Kind == record.StepLeft && e.Step == "decide_0" {
						output = e.Error
					}
				}
				if k.Ends[0].Status != record.StatusFinished || (c.wants == "") != (output == "") || !strings.Contains(output, c.wants) {
					t.Errorf("ended %s, the step said %.300q, want %q", k.Ends[0].Status, output, c.wants)
				}
			})
			if took := time.Since(begin); took > 5*time.Second { // in seconds, as others may hold the cores, and races are looked for
				t.Errorf("it took %v", took)
			}
		})
	}
}

// TestWorkOfAnExecutionIsBounded holds that many steps, each within its bounds,
// do not go on for ever.
func TestWorkOfAnExecutionIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rule := conditions(35, "", `{variable: "%{current_flow.value}", operator: equals, value: "%{current_flow.long}"}`)
		w := newWorld(decision(100, rule), &flowtest.Line{})
		long := strings.Repeat("a", flowfile.MaxText-1)
		k := w.run(t, map[string]string{"value": long + "b", "other": "", "long": long})
		done, refused := 0, 0
		for _, e := range k.Events {
			switch {
			case e.Kind != record.StepLeft || !strings.HasPrefix(e.Step, "decide_"):
			case e.Error == "":
				done++
			case strings.Contains(e.Error, flowengine.ErrExecutionWork.Error()):
				refused++
			default:
				t.Errorf("%s: %s", e.Step, e.Error)
			}
		}
		if done < 20 || refused < 20 {
			t.Errorf("%d steps decided and %d were refused", done, refused)
		}
	})
}

// TestOrdinaryConditionsAreNotRefused holds that what people write is far from the
// bounds.
func TestOrdinaryConditionsAreNotRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		one := `{variable: "%{current_flow.value}", operator: matches, value: '^[A-Za-z0-9._%+-]+@[A-Za-z0-9.-]+\.[A-Za-z]{2,10}$'},` + "\n      " +
			`{variable: "%{current_flow.long}", operator: matches, value: "ERROR|failed|denied|%{current_flow.other | upper}"}`
		w := newWorld(decision(5, conditions(25, "ignore_case: true, ", one)), &flowtest.Line{})
		k := w.run(t, map[string]string{"value": "somebody", "other": "gone", "long": strings.Repeat("all is well. ", 150)})
		for _, e := range k.Events {
			if e.Error != "" {
				t.Errorf("%s: %s", e.Step, e.Error)
			}
		}
	})
}
