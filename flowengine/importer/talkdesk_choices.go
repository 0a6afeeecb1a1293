package importer

import (
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
	choices, keys := &value{kind: list}, map[string]bool{}
	p.with = obj("prompt", prompt, "choices", choices)
	for _, e := range p.ways {
		if slices.Contains([]string{"no_input", "no_match", "timeout"}, snake(e.name)) {
			t.number(p.step, p.with, "timeout_seconds", e.condition.consume("timeout"), 1, 60)
			continue
		}
		key := e.condition.find("key", "keypress", "digit", "selection", "value").string()
		if m := keyName.FindStringSubmatch(strings.ToLower(e.name)); m != nil && key == "" {
			key = m[1]
		}
		if !keyName.MatchString(key) || keys[key] {
			return false
		}
		keys[key] = true
		choices.add(obj("key", key, "exit", p.exitName(e)))
	}
	return prompt != nil && len(keys) > 0
}

// exitName gives an exit of a list field its name in snake case, unlike the
// others of the step.
func (p *part) exitName(e *exit) string {
	name := letterFirst("exit", snake(e.name))
	taken := newNames("exit", "no_match", "no_input", "error", "ok")
	for other, ours := range p.names {
		taken.used[ours] = taken.used[ours] || other != e.name
	}
	p.names[e.name] = taken.of("", name)
	return p.names[e.name]
}

// letterFirst puts a word before a name that does not begin with a letter.
func letterFirst(word, name string) string {
	if name == "" || name[0] < 'a' {
		return strings.TrimSuffix(word+"_"+name, "_")
	}
	return name
}

// talkdeskOperators are our comparisons by theirs in snake case.
var talkdeskOperators = map[string]string{
	"equals": "equals", "equal": "equals", "equal_to": "equals", "is": "equals", "eq": "equals", "not_equals": "not_equals",
	"not_equal": "not_equals", "not_equal_to": "not_equals", "is_not": "not_equals", "does_not_equal": "not_equals", "contains": "contains",
	"not_contains": "not_contains", "does_not_contain": "not_contains", "starts_with": "starts_with", "begins_with": "starts_with",
	"ends_with": "ends_with", "greater": "greater", "greater_than": "greater", "gt": "greater", "greater_or_equal": "greater_or_equal",
	"greater_than_or_equal": "greater_or_equal", "greater_than_or_equal_to": "greater_or_equal", "gte": "greater_or_equal", "less": "less",
	"less_than": "less", "lt": "less", "less_or_equal": "less_or_equal", "less_than_or_equal": "less_or_equal",
	"less_than_or_equal_to": "less_or_equal", "lte": "less_or_equal", "is_empty": "is_empty", "empty": "is_empty",
	"is_not_empty": "is_not_empty", "not_empty": "is_not_empty", "in_list": "in_list", "in": "in_list", "not_in_list": "not_in_list",
	"not_in": "not_in_list", "matches": "matches", "regex": "matches", "matches_regex": "matches",
}

// conditional reads a rule for each exit but no match, from a condition like
// that of a voice menu: {operation: any, value: [{variable, operation, value}]}.
func (t *talkdesk) conditional(p *part) bool {
	rules := &value{kind: list}
	p.with = obj("rules", rules)
	for _, e := range p.ways {
		if snake(e.name) == "no_match" {
			continue
		}
		rows := e.condition.find("value", "conditions", "rules")
		if rows == nil || rows.kind != list {
			return false
		}
		conditions := &value{kind: list}
		for _, row := range rows.entries {
			c := t.condition(p, row.value)
			if c == nil {
				return false
			}
			conditions.add(c)
		}
		match := "any"
		if snake(e.condition.find("operation", "match", "match_type").string()) == "all" {
			match = "all"
		}
		rules.add(obj("exit", p.exitName(e), "match", match, "conditions", conditions))
	}
	return len(rules.entries) > 0
}

func (t *talkdesk) condition(p *part, row *value) *value {
	in := newSettings(row)
	name := in.find("variable", "variable_name", "flow_variable", "context_variable", "left").string()
	operator := talkdeskOperators[snake(in.find("operator", "operation", "comparison").string())]
	if name == "" || operator == "" {
		return nil
	}
	out := obj("variable", t.variable(p.step, name), "operator", operator)
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
	p.with = obj("branches", branches)
	for _, e := range p.ways {
		branch := obj("exit", p.exitName(e))
		t.number(p.step, branch, "weight", e.condition.find("weight", "percentage", "value"), 1, 1000000)
		if on := e.condition.find("enabled", "active"); on != nil && on.text == "false" {
			branch.put("enabled", false)
		}
		if branch.get("weight") == nil {
			return false
		}
		branches.add(branch)
	}
	return len(branches.entries) > 0
}
