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
func (t *twilio) split(p *part) bool {
	input := p.props.text("input")
	rules, names := &value{kind: list}, newNames("match", "no_match", "error", "ok")
	p.with = obj("rules", rules)
	for i, way := range p.ways {
		if way.name != "match" {
			continue
		}
		conditions := way.condition.root.items()
		if len(conditions) == 0 {
			return false
		}
		label := conditions[0].value.get("friendly_name").string()
		rule := obj("exit", names.of(string(rune(i)), letterFirst("match", snake(label))))
		if !t.rule(p, rule, conditions, input) {
			return false
		}
		rules.add(rule)
		name := rule.get("exit").text
		t.lead(p, &exit{name: way.name + " " + name, to: way.to}, name)
		way.reported = true
	}
	return len(rules.entries) > 0
}

// rule adds the conditions of one transition to a rule; false if one has no equal.
func (t *twilio) rule(p *part, rule *value, rows []entry, input string) bool {
	conditions, ignoreCase := &value{kind: list}, false
	for _, item := range rows {
		in := newSettings(item.value)
		in.ignore("friendly_name")
		subject, kind, against := input, in.text("type"), in.text("value")
		if arguments := in.consume("arguments").items(); len(arguments) == 1 {
			subject = arguments[0].value.string()
		}
		operator := splitOperators[kind]
		variable := ""
		if operator != "" && strings.Contains(subject, "{{") {
			variable = t.text(p.step, subject)
		}
		if !reference.MatchString(variable) || len(in.unread()) > 0 {
			return false
		}
		against = t.text(p.step, against)
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
		conditions.add(obj("variable", variable, "operator", operator, "value", some(textOf(against))))
	}
	if len(rows) > 1 {
		rule.put("match", "all")
		p.doubt = append(p.doubt, "every condition of match must hold")
	}
	if ignoreCase {
		rule.put("ignore_case", true)
		if doubt := "upper and lower case count as the same, as the original is believed to hold it"; !slices.Contains(p.doubt, doubt) {
			p.doubt = append(p.doubt, doubt)
		}
	}
	rule.put("conditions", conditions)
	return true
}
