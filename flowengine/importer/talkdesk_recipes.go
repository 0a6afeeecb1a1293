package importer

import (
	"regexp"
	"slices"
	"strings"
)

// talkdeskSynonyms are other names of a component, in snake case.
var talkdeskSynonyms = map[string]string{
	"hangup_call": "end_flow", "hang_up_call": "end_flow", "hangup": "end_flow", "end": "end_flow",
	"outbound_call": "make_outbound_call", "make_call": "make_outbound_call", "outbound_voice": "make_outbound_call",
	"forward_to_external": "forward_to_external_number", "forward_external_number": "forward_to_external_number",
	"external_forward": "forward_to_external_number", "forward_call": "forward_to_external_number",
	"api": apiRequest, "http_request": apiRequest, "inbound_api": apiRequest, "api_trigger": apiRequest, "inbound_api_request": apiRequest,
	"keypress_menu": "standard_ivr", "ivr": "standard_ivr", "conditional": "conditional_statement", "conditions": "conditional_statement",
	"traffic_split": "traffic_splitter", "time_rules": "time_based_rules", "calendar_rules": "calendar_based_rules",
	"salesforce_datadip": "salesforce_data_dip", "data_dip": "salesforce_data_dip", "record_call": "record",
}

// unknownShape are components that we have, and whose form in an export nobody
// has seen.
var unknownShape = []string{"time_based_rules", "calendar_based_rules", "execute_action", "run_function", "salesforce_data_dip"}

// components are the recipes for those of Talkdesk Studio that have an equal.
func (t *talkdesk) components() map[string]recipe {
	return map[string]recipe{
		"play_audio": {component: "play_audio", exits: map[string]string{"ok": "ok"}, fields: t.playAudio},
		"input_ivr":  {component: "input_ivr", exits: map[string]string{"ok": "ok", "timeout": "timeout"}, outputs: map[string]string{"digits": "digits"}, fields: t.inputIVR},
		"end_flow":   {component: "end_flow", fields: func(*part) bool { return true }},
		"make_outbound_call": {component: "make_outbound_call", guessed: true, errors: "invalid_number",
			exits:   map[string]string{"answered": "answered", "invalid_number": "invalid_number", "busy": "busy", "no_answer": "no_answer", "ok": "answered", "call_answered": "answered", "call_no_answer": "no_answer"},
			outputs: map[string]string{"sip_code": "sip_code", "q850_cause": "q850_cause", "ring_ms": "ring_ms", "dialed_number": "dialed_number"}, fields: t.makeOutboundCall},
		"forward_to_external_number": {component: "forward_to_external_number", guessed: true, errors: "invalid_number",
			exits:   map[string]string{"no_answer": "no_answer", "invalid_number": "invalid_number", "busy": "busy", "failed": "failed", "call_finished": "call_finished", "ok": "call_finished", "call_no_answer": "no_answer"},
			outputs: map[string]string{"dialed_number": "dialed_number"}, fields: t.forward},
		"standard_ivr": {component: "standard_ivr", guessed: true, exits: map[string]string{"no_input": "no_input", "no_match": "no_match", "timeout": "no_input"},
			outputs: map[string]string{"selection": "selection", "exit_name": "exit_name"}, fields: t.standardIVR},
		"conditional_statement": {component: "conditional_statement", guessed: true, exits: map[string]string{"no_match": "no_match"},
			outputs: map[string]string{"exit_name": "exit_name"}, fields: t.conditional},
		"traffic_splitter": {component: "traffic_splitter", guessed: true, exits: map[string]string{}, outputs: map[string]string{"exit_name": "exit_name"}, fields: t.trafficSplitter},
	}
}

// audio reads what is played: a text to speak or a stored prompt, nil if there is
// neither.
func (t *talkdesk) audio(p *part, under string) *value {
	if words := p.props.text(under, "text"); words != "" {
		return t.say(p.step, words, p.props.text(under, "language"), p.props.consume(under, "voice"))
	}
	if words := p.props.find("text", "message"); words != nil && words.kind == text {
		return t.say(p.step, words.text, p.props.find("language").string(), p.props.find("voice"))
	}
	if file := p.props.find("file_name", "prompt_name", "prompt_id", "file", "prompt", "audio_file", "url"); file != nil && file.kind == text {
		name := t.text(p.step, file.text)
		t.report(p.step, Approximated, "the audio %s must be stored as a prompt of this name", name)
		return obj("file", name)
	}
	return nil
}

func (t *talkdesk) playAudio(p *part) bool {
	p.with = t.audio(p, "audio_message")
	return p.with != nil
}

func (t *talkdesk) inputIVR(p *part) bool {
	p.with.put("prompt", t.audio(p, "message"))
	t.number(p.step, p.with, "num_digits", p.props.consume("keypress_inputs", "num_digits"), 1, 32)
	if key := p.props.consume("keypress_inputs", "finish_on_key"); key != nil {
		t.finishKey(p, key.string())
	}
	for _, e := range p.ways {
		if snake(e.name) == "timeout" {
			t.number(p.step, p.with, "timeout_seconds", e.condition.consume("timeout"), 1, 60)
		}
	}
	return true
}

// phone reads a telephone number: as it stands, or from a variable.
func (t *talkdesk) phone(p *part, names ...string) *value {
	v := p.props.find(names...)
	if v == nil {
		return nil
	}
	if v.kind != object {
		return textOf(t.text(p.step, v.string()))
	}
	in := newSettings(v)
	if name := in.find("variable", "variable_name", "flow_variable", "context_variable"); name != nil && name.kind == text {
		return textOf(t.variable(p.step, name.text))
	}
	if fixed := in.find("value", "number", "phone_number", "name"); fixed != nil && fixed.kind == text {
		return textOf(t.text(p.step, fixed.text))
	}
	p.props.consumed[v] = false
	return nil
}

func (t *talkdesk) makeOutboundCall(p *part) bool {
	to := t.phone(p, "destination_number", "destination", "destination_phone_number", "to", "phone_number")
	from := t.phone(p, "outbound_call_number", "outbound_number", "source_number", "origin_number", "outbound_caller_id", "caller_id", "touchpoint", "from")
	p.with = obj("from", from, "to", to)
	t.number(p.step, p.with, "ring_seconds", p.props.find("maximum_ring_time", "max_ring_time", "ring_time", "ringing_time", "ring_timeout", "timeout"), 10, 35)
	return to != nil && from != nil
}

func (t *talkdesk) forward(p *part) bool {
	to := t.phone(p, "external_number", "forward_number", "destination_number", "destination", "phone_number", "to", "number")
	p.with = obj("to", to)
	if show := p.props.find("number_shown", "caller_id", "show", "display_number", "shown_number", "outbound_caller_id"); show != nil {
		switch s := snake(show.string()); {
		case strings.Contains(s, "contact"):
			p.with.put("show", "contact_number")
		case strings.Contains(s, "touchpoint"):
			p.with.put("show", "touchpoint")
		default:
			t.report(p.step, Approximated, "the outside phone was shown %s; it now sees the touchpoint", shorten(show.json()))
			p.with.put("show", "touchpoint")
		}
	}
	t.number(p.step, p.with, "ring_seconds", p.props.find("maximum_ring_time", "max_ring_time", "ring_time", "ring_timeout", "timeout"), 5, 120)
	return to != nil
}

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
