package importer

import (
	"regexp"
	"slices"
	"strings"
)

// splitOperators are our comparisons by theirs.
var splitOperators = map[string]string{
	"equal_to": "equals", "not_equal_to": "not_equals", "matches_any_of": "in_list", "does_not_match_any_of": "not_in_list",
	"contains": "contains", "does_not_contain": "not_contains", "starts_with": "starts_with", "less_than": "less",
	"greater_than": "greater", "is_blank": "matches", "is_not_blank": "matches", "regex": "matches",
}

var (
	reference = regexp.MustCompile(`^%\{current_flow\.[a-z0-9_]+\}$`)
	letter    = regexp.MustCompile(`\pL`)
)

// split reads a rule for each transition match.
func (t *twilio) split(w *widget) bool {
	input := w.props.text("input")
	rules, names := &value{kind: list}, newNames("match", "no_match", "error", "ok")
	for i, way := range w.ways {
		if way.event != "match" {
			continue
		}
		rule := t.rule(w, way, input)
		if rule == nil {
			return false
		}
		label := way.conditions.items[0].get("friendly_name").string()
		if name := snake(label); name == "" || name[0] < 'a' {
			label = "match " + label
		}
		exit := names.of(string(rune(i)), label)
		rules.items = append(rules.items, &value{kind: object, fields: append(obj("exit", exit).fields, rule.fields...)})
		t.lead(w, &transition{event: way.event + " " + exit, next: way.next}, exit)
		way.reported = true
	}
	w.with = obj("rules", rules)
	return len(rules.items) > 0
}

// rule reads the conditions of one transition, nil if one has no equal.
func (t *twilio) rule(w *widget, way *transition, input string) *value {
	conditions := &value{kind: list}
	ignoreCase := false
	if way.conditions == nil || len(way.conditions.items) == 0 {
		return nil
	}
	for _, item := range way.conditions.items {
		in := newSettings(item)
		in.consume("friendly_name")
		subject, kind, against := input, in.text("type"), in.text("value")
		if arguments := in.consume("arguments"); arguments != nil && len(arguments.items) == 1 {
			subject = arguments.items[0].string()
		}
		operator := splitOperators[kind]
		variable := ""
		if operator != "" && strings.Contains(subject, "{{") {
			variable = t.text(w.step, subject)
		}
		if !reference.MatchString(variable) || len(in.unread()) > 0 {
			return nil
		}
		against = t.text(w.step, against)
		switch kind {
		case "is_blank":
			against = `^\s*$`
		case "is_not_blank":
			against = `\S`
		case "regex":
			against = "^(?i:" + against + ")$"
		default:
			ignoreCase = ignoreCase || letter.MatchString(against)
		}
		c := obj("variable", variable, "operator", operator)
		if against != "" {
			c.put("value", against)
		}
		conditions.items = append(conditions.items, c)
	}
	out := &value{kind: object}
	if len(conditions.items) > 1 {
		out.put("match", "all")
		w.doubt = append(w.doubt, "every condition of "+way.event+" must hold")
	}
	if ignoreCase {
		out.put("ignore_case", true)
		if doubt := "upper and lower case count as the same, as the original is believed to hold it"; !slices.Contains(w.doubt, doubt) {
			w.doubt = append(w.doubt, doubt)
		}
	}
	out.put("conditions", conditions)
	return out
}
