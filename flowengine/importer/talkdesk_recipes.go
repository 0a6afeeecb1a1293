package importer

import (
	"strconv"
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

// recipes are the components of Talkdesk Studio that have an equal.
var recipes = map[string]recipe{
	"play_audio": {component: "play_audio", known: true, exits: same("ok"), fields: (*talkdesk).playAudio},
	"input_ivr": {component: "input_ivr", known: true, exits: same("ok", "timeout"),
		variables: same("digits"), fields: (*talkdesk).inputIVR},
	"end_flow": {component: "end_flow", known: true, fields: func(*talkdesk, *part) bool { return true }},
	"make_outbound_call": {component: "make_outbound_call",
		exits: with(same("answered", "invalid_number", "busy", "no_answer"), "ok", "answered", "call_answered", "answered", "call_no_answer", "no_answer"), errors: "invalid_number",
		variables: same("sip_code", "q850_cause", "ring_ms", "dialed_number"), fields: (*talkdesk).makeOutboundCall},
	"forward_to_external_number": {component: "forward_to_external_number",
		exits: with(same("no_answer", "invalid_number", "busy", "failed", "call_finished"), "ok", "call_finished", "call_no_answer", "no_answer"), errors: "invalid_number",
		fields: (*talkdesk).forward, variables: same("dialed_number")},
	"standard_ivr": {component: "standard_ivr", exits: with(same("no_input", "no_match"), "timeout", "no_input"),
		variables: same("selection", "exit_name"), fields: (*talkdesk).standardIVR},
	"conditional_statement": {component: "conditional_statement", exits: same("no_match"),
		variables: same("exit_name"), fields: (*talkdesk).conditional},
	"traffic_splitter": {component: "traffic_splitter", exits: map[string]string{},
		variables: same("exit_name"), fields: (*talkdesk).trafficSplitter},
}

// same maps each name to itself.
func same(names ...string) map[string]string {
	out := map[string]string{}
	for _, n := range names {
		out[n] = n
	}
	return out
}

// with adds other names to a map.
func with(m map[string]string, otherAndOurs ...string) map[string]string {
	for i := 0; i < len(otherAndOurs); i += 2 {
		m[otherAndOurs[i]] = otherAndOurs[i+1]
	}
	return m
}

// audio reads what is played: a text to speak or a stored prompt, nil if there is
// neither.
func (t *talkdesk) audio(p *part, under ...string) *value {
	if words := p.props.text(append(under, "text")...); words != "" {
		say := obj("text", t.text(p.step, words))
		t.speak(p.step, say, p.props.text(append(under, "language")...), p.props.consume(append(under, "voice")...))
		return obj("say", say)
	}
	if words := p.props.find("text", "message"); words != nil && words.kind == text {
		say := obj("text", t.text(p.step, words.text))
		t.speak(p.step, say, p.props.find("language").string(), p.props.find("voice"))
		return obj("say", say)
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
	p.with = &value{kind: object}
	if s := t.audio(p, "message"); s != nil {
		p.with.put("prompt", s)
	}
	t.clip(p, "num_digits", p.props.consume("keypress_inputs", "num_digits"), 1, 32)
	if key := p.props.consume("keypress_inputs", "finish_on_key"); key != nil {
		t.finishKey(p.step, p.with, key.string())
	}
	for _, e := range p.exits {
		if snake(e.name) == "timeout" {
			t.clip(p, "timeout_seconds", e.condition.consume("timeout"), 1, 60)
		}
	}
	return true
}

// finishKey sets the key that ends input: #, * or none.
func (d *draft) finishKey(s *step, with *value, key string) {
	switch key {
	case "#", "*":
		with.put("finish_on_key", key)
	case "":
		with.put("finish_on_key", "none")
	default:
		with.put("finish_on_key", "none")
		d.report(s, Approximated, "input ended with the key %s; only # or * can end it, and now none does", shorten(key))
	}
}

// clip sets a number within the limits that the field has.
func (t *talkdesk) clip(p *part, name string, v *value, least, most int) {
	if v.unset() {
		return
	}
	in := v.string()
	if strings.Contains(in, "%{") {
		p.with.put(name, t.text(p.step, in))
		return
	}
	t.draft.clip(p.step, p.with, name, in, least, most)
}

// clip sets a number within the limits that the field has.
func (d *draft) clip(s *step, with *value, name, in string, least, most int) {
	f, err := strconv.ParseFloat(strings.TrimSpace(in), 64)
	if err != nil {
		d.report(s, DroppedSetting, "%s %q is no number", name, shorten(in))
		return
	}
	n := max(least, most+1)
	if f < float64(most) {
		n = int(max(f, float64(least-1)))
	}
	if n = min(max(n, least), most); float64(n) != f {
		d.report(s, Approximated, "%s was %s and is now %d: %d to %d are allowed", name, in, n, least, most)
	}
	with.put(name, n)
}

// number takes a telephone number: as it stands, or from a variable.
func (t *talkdesk) number(p *part, names ...string) *value {
	v := p.props.find(names...)
	if v == nil {
		return nil
	}
	if v.kind != object {
		return &value{kind: text, text: t.text(p.step, v.string())}
	}
	in := newSettings(v)
	if name := in.find("variable", "variable_name", "flow_variable", "context_variable"); name != nil && name.kind == text {
		if strings.Contains(name.text, "%{") {
			return &value{kind: text, text: t.text(p.step, name.text)}
		}
		return &value{kind: text, text: "%{current_flow." + t.vars.of(name.text, name.text) + "}"}
	}
	if fixed := in.find("value", "number", "phone_number", "name"); fixed != nil && fixed.kind == text {
		return &value{kind: text, text: t.text(p.step, fixed.text)}
	}
	p.props.consumed[v] = false
	return nil
}

func (t *talkdesk) makeOutboundCall(p *part) bool {
	to := t.number(p, "destination_number", "destination", "destination_phone_number", "to", "phone_number")
	from := t.number(p, "outbound_call_number", "outbound_number", "source_number", "origin_number", "outbound_caller_id", "caller_id", "touchpoint", "from")
	if to == nil || from == nil {
		return false
	}
	p.with = obj("from", from, "to", to)
	t.clip(p, "ring_seconds", p.props.find("maximum_ring_time", "max_ring_time", "ring_time", "ringing_time", "ring_timeout", "timeout"), 10, 35)
	return true
}

func (t *talkdesk) forward(p *part) bool {
	to := t.number(p, "external_number", "forward_number", "destination_number", "destination", "phone_number", "to", "number")
	if to == nil {
		return false
	}
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
	t.clip(p, "ring_seconds", p.props.find("maximum_ring_time", "max_ring_time", "ring_time", "ring_timeout", "timeout"), 5, 120)
	return true
}
