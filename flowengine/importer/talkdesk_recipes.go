package importer

import "strings"

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
