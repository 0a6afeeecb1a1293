package importer

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

var keyName = regexp.MustCompile(`^(?:key_|press_|option_|digit_)?([0-9*#])$`)

// standardIVR reads a menu: a key for each exit, in its condition or its name.
func (t *talkdesk) standardIVR(p *part) bool {
	prompt := t.audio(p, "message")
	if prompt == nil {
		prompt = t.audio(p, "audio_message")
	}
	p.with = &value{kind: object}
	choices := &value{kind: list}
	var keys []string
	for _, e := range p.exits {
		if same("no_input", "no_match", "timeout")[snake(e.name)] != "" {
			t.clip(p, "timeout_seconds", e.condition.consume("timeout"), 1, 60)
			continue
		}
		key := e.condition.find("key", "keypress", "digit", "selection", "value").string()
		if key == "" {
			if m := keyName.FindStringSubmatch(strings.ToLower(e.name)); m != nil {
				key = m[1]
			}
		}
		if !keyName.MatchString(key) || slices.Contains(keys, key) {
			return false
		}
		keys = append(keys, key)
		choices.items = append(choices.items, obj("key", key, "exit", p.exitName(e)))
	}
	if prompt == nil || len(keys) == 0 {
		return false
	}
	rest := p.with
	p.with = obj("prompt", prompt, "choices", choices)
	p.with.fields = append(p.with.fields, rest.fields...)
	return true
}

// exitName gives an exit of a list field its name in snake case, unlike the
// others of the step.
func (p *part) exitName(e *exit) string {
	name := snake(e.name)
	if name == "" || name[0] < 'a' {
		name = strings.TrimSuffix("exit_"+name, "_")
	}
	consumed := func(n string) bool {
		for other, ours := range p.names {
			if ours == n && other != e.name {
				return true
			}
		}
		return same("no_match", "no_input", "error", "ok")[n] != ""
	}
	unique := name
	for i := 2; consumed(unique); i++ {
		unique = fmt.Sprintf("%s_%d", name, i)
	}
	p.names[e.name] = unique
	return unique
}

// talkdeskOperators are our comparisons by theirs in snake case.
var talkdeskOperators = with(same("equals", "not_equals", "contains", "not_contains", "starts_with", "ends_with", "greater", "greater_or_equal",
	"less", "less_or_equal", "is_empty", "is_not_empty", "in_list", "not_in_list", "matches"),
	"equal", "equals", "equal_to", "equals", "is", "equals", "eq", "equals", "not_equal", "not_equals", "not_equal_to", "not_equals", "is_not", "not_equals",
	"does_not_equal", "not_equals", "does_not_contain", "not_contains", "begins_with", "starts_with", "greater_than", "greater", "gt", "greater", "less_than", "less",
	"lt", "less", "greater_than_or_equal", "greater_or_equal", "greater_than_or_equal_to", "greater_or_equal", "gte", "greater_or_equal",
	"less_than_or_equal", "less_or_equal", "less_than_or_equal_to", "less_or_equal", "lte", "less_or_equal", "empty", "is_empty", "not_empty", "is_not_empty",
	"in", "in_list", "not_in", "not_in_list", "regex", "matches", "matches_regex", "matches")

// conditional reads a rule for each exit but no match, from a condition like
// that of a voice menu: {operation: any, value: [{variable, operation, value}]}.
func (t *talkdesk) conditional(p *part) bool {
	rules := &value{kind: list}
	for _, e := range p.exits {
		if snake(e.name) == "no_match" {
			continue
		}
		rows := e.condition.find("value", "conditions", "rules")
		if rows == nil || rows.kind != list {
			return false
		}
		conditions := &value{kind: list}
		for _, row := range rows.items {
			c := t.condition(p, row)
			if c == nil {
				return false
			}
			conditions.items = append(conditions.items, c)
		}
		match := "any"
		if m := e.condition.find("operation", "match", "match_type"); m != nil && snake(m.string()) == "all" {
			match = "all"
		}
		rules.items = append(rules.items, obj("exit", p.exitName(e), "match", match, "conditions", conditions))
	}
	p.with = obj("rules", rules)
	return len(rules.items) > 0
}

func (t *talkdesk) condition(p *part, row *value) *value {
	in := newSettings(row)
	name := in.find("variable", "variable_name", "flow_variable", "context_variable", "left").string()
	operator := talkdeskOperators[snake(in.find("operator", "operation", "comparison").string())]
	if name == "" || operator == "" {
		return nil
	}
	variable := "%{current_flow." + t.vars.of(name, name) + "}"
	if strings.Contains(name, "%{") {
		variable = t.text(p.step, name)
	}
	out := obj("variable", variable, "operator", operator)
	if v := in.find("value", "right"); v != nil && !strings.HasPrefix(operator, "is_") {
		out.put("value", t.text(p.step, v.string()))
	}
	if len(in.unread()) > 0 {
		return nil
	}
	return out
}

// trafficSplitter reads a weight for each exit from its condition.
func (t *talkdesk) trafficSplitter(p *part) bool {
	branches := &value{kind: list}
	for _, e := range p.exits {
		weight := e.condition.find("weight", "percentage", "value")
		if weight == nil || weight.kind == list || weight.kind == object {
			return false
		}
		b := obj("exit", p.exitName(e))
		if strings.Contains(weight.text, "%{") {
			b.put("weight", t.text(p.step, weight.text))
		} else {
			t.draft.clip(p.step, b, "weight", weight.text, 1, 1000000)
		}
		if on := e.condition.find("enabled", "active"); on != nil && on.text == "false" {
			b.put("enabled", false)
		}
		if b.get("weight") == nil {
			return false
		}
		branches.items = append(branches.items, b)
	}
	p.with = obj("branches", branches)
	return len(branches.items) > 0
}
