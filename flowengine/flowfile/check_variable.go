package flowfile

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"ringflow/internal/strict"
)

// mixedName is a name in which a number follows a letter without a _ between.
var mixedName = regexp.MustCompile(`[a-z][0-9]`)

// dollarReference is a reference to a variable in the spelling of shells and of
// JavaScript, which would be spoken or dialled as it stands.
var dollarReference = regexp.MustCompile(`\$\{\s*current_flow\.([a-z0-9_]{1,64})\s*\}`)

// braceReference is one in the spelling of Twilio Studio and of many templates.
var braceReference = regexp.MustCompile(`\{\{\s*([A-Za-z_][A-Za-z0-9_.]{0,127})\s*\}\}`)

// variables checks that what is read has been set, and by the same name.
func (c *checker) variables() {
	setters := map[string][]string{} // by variable, the steps that set it
	for _, s := range c.flow.All() {
		for _, m := range s.Set {
			setters[m.Variable] = append(setters[m.Variable], s.ID)
		}
		if b := c.decoded[s.ID]; b != nil {
			for _, v := range b.Sets {
				setters[v] = append(setters[v], s.ID)
			}
		}
	}
	known := map[string]bool{}
	always := map[string]bool{} // set from the start
	for v, by := range setters {
		known[v], always[v] = true, slices.Contains(by, TriggerID)
	}
	for _, v := range c.flow.Variables {
		known[v.Name] = true
		always[v.Name] = always[v.Name] || v.HasDefault
		if !c.triggerUnknown() && !v.HasDefault && len(setters[v.Name]) == 0 {
			c.warn(v.Line, "", join("variables", v.Name), "nothing sets the variable: it is always null", "set it, give it a default, or remove it")
		}
		if v.HasDefault && secretValue.MatchString(v.Default) {
			c.fail(v.Line, "", join("variables", v.Name), "a secret stands here in plain text", "keep it in a connection of the account")
		}
	}
	names := slices.Sorted(maps.Keys(known))
	for _, n := range names {
		if mixedName.MatchString(n) {
			line := c.flow.Trigger.Line
			c.warn(line, "", join("variables", n), "a number follows a letter in the variable's name", fmt.Sprintf("write %s", mixedName.ReplaceAllStringFunc(n, func(s string) string { return s[:1] + "_" + s[1:] })))
		}
	}
	for _, s := range c.flow.All() {
		c.reads(s, names, known, setters, always)
	}
}

// triggerUnknown reports whether the trigger is of no component that begins a flow, so that what
// it sets is not known.
func (c *checker) triggerUnknown() bool { return c.decoded[TriggerID] == nil }

// reads checks the variables that one step reads.
func (c *checker) reads(s *Step, names []string, known map[string]bool, setters map[string][]string, always map[string]bool) {
	b := c.decoded[s.ID]
	if b == nil {
		return
	}
	before := map[string]bool{} // whether one of the steps that set a variable may come before, as far as it was asked
	for _, u := range b.texts {
		for _, p := range u.text.parts {
			if c.full() {
				return
			}
			c.spelling(s, u, p.literal, known)
			v := p.variable
			if v == "" || always[v] {
				continue
			}
			if !known[v] {
				mend := "set it in the trigger, in a step or under variables"
				if n := strict.Nearest(v, names); n != "" {
					mend = "did you mean " + n + "?"
				} else if c.triggerUnknown() {
					continue
				}
				c.fail(u.line, s.ID, join("with", u.path), fmt.Sprintf("variable %s is never set", v), mend)
				continue
			}
			if _, found := before[v]; !found {
				before[v] = len(setters[v]) == 0 || slices.ContainsFunc(setters[v], func(id string) bool { return c.leads(id, s.ID) })
			}
			if !before[v] {
				c.warn(u.line, s.ID, join("with", u.path), fmt.Sprintf("variable %s is set only after this step", v), "set it on the way here")
			}
		}
	}
}

// spelling checks that the literal part of a text holds no variable of the flow
// in a spelling that is not replaced.
func (c *checker) spelling(s *Step, u textAt, literal string, known map[string]bool) {
	if u.field.Meaning == MeansFunction {
		return
	}
	if m := braceReference.FindStringSubmatch(literal); m != nil {
		c.warn(u.line, s.ID, join("with", u.path), m[0]+" is no variable here and stays as it stands", "write %{current_flow."+m[1][strings.LastIndexByte(m[1], '.')+1:]+"}")
	}
	for _, m := range dollarReference.FindAllStringSubmatch(literal, -1) {
		if known[m[1]] {
			c.fail(u.line, s.ID, join("with", u.path), m[0]+" is not replaced by the variable", "write %{current_flow."+m[1]+"}")
		}
	}
}
