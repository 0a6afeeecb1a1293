package importer

import (
	"cmp"
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"
)

// widgets are the recipes for those of Twilio Studio that have an equal, by type.
func (t *twilio) widgets() map[string]recipe {
	dialled := map[string]string{"To": "dialed_number"}
	answered := map[string]string{"status_code": "status_code"}
	call := recipe{component: "make_outbound_call", fields: t.makeOutgoingCall, outputs: dialled,
		exits: map[string]string{"answered": "answered", "busy": "busy", "no_answer": "no_answer", "failed": "invalid_number"},
		must:  []string{"answered", "busy", "no_answer", "invalid_number"}}
	return map[string]recipe{
		"say-play": {component: "play_audio", fields: t.sayPlay, exits: map[string]string{"audio_complete": "ok"}},
		"gather-input-on-call": {component: "input_ivr", fields: t.gatherInput, outputs: map[string]string{"Digits": "digits"},
			exits: map[string]string{"keypress": "ok", "timeout": "timeout"}},
		"make-outgoing-call-v1": call,
		"make-outgoing-call-v2": call,
		"connect-call-to": {component: "forward_to_external_number", fields: t.connectCall, outputs: dialled,
			exits: map[string]string{"call_completed": "call_finished no_answer invalid_number busy failed"}},
		"make-http-request": {component: "execute_action", fields: t.httpRequest, outputs: answered,
			exits: map[string]string{"success": "ok", "failed": "execution_error"}},
		"run-function": {component: "execute_action", fields: t.runFunction, outputs: answered,
			exits: map[string]string{"success": "ok", "fail": "execution_error"}},
		"set-variables":  {component: "run_function", fields: t.setVariables, exits: map[string]string{"next": "ok execution_error"}},
		"split-based-on": {component: "conditional_statement", fields: t.split, exits: map[string]string{"no_match": "no_match"}},
	}
}

var (
	markup = regexp.MustCompile(`</?[A-Za-z][^<>]*>`)
	// parting is markup between words, such as a pause; the rest may stand within one.
	parting = regexp.MustCompile(`(?i)</?(?:speak|p|s|break|br|paragraph|sentence|audio|desc)\b[^<>]*>`)
	// loose is what is too much where markup stood.
	loose = regexp.MustCompile(` +( |[,.;:!?])`)
)

// withoutMarkup is what is spoken of a text in SSML.
func withoutMarkup(words string) string {
	words = markup.ReplaceAllString(parting.ReplaceAllString(words, " "), "")
	return strings.TrimSpace(loose.ReplaceAllString(words, "$1"))
}

// audio reads what is played: words to say, or an address to play.
func (t *twilio) audio(p *part) *value {
	words, address := p.props.text("say"), p.props.text("play")
	language, voice := p.props.text("language"), p.props.consume("voice")
	if words != "" {
		if markup.MatchString(words) {
			t.report(p.step, Approximated, "the markup of %s is left out: speech is plain text", shorten(words))
			p.dropped = append(p.dropped, "with markup: "+words)
			words = withoutMarkup(words)
		}
		say := t.say(p.step, words, language, voice)
		if address != "" {
			t.drop(p.step, "play", textOf(address), "words are said as well")
		}
		return say
	}
	if address == "" {
		return nil
	}
	name := path.Base(strings.TrimSuffix(strings.SplitN(address, "?", 2)[0], "/"))
	if strings.Contains(address, "{{") || strings.ContainsAny(name, "{}") || name == "." || name == "/" {
		name = t.text(p.step, address)
	}
	t.report(p.step, Approximated, "the audio at %s must be stored as the prompt %s", shorten(address), name)
	return obj("file", name)
}

func (t *twilio) sayPlay(p *part) bool {
	if p.props.root.get("digits").string() != "" {
		return false // keys cannot be sent
	}
	if p.with = t.audio(p); p.with == nil {
		return false
	}
	if loop := p.props.consume("loop"); loop.string() != "1" { // as it is anyway
		t.number(p.step, p.with, "times", loop, 1, 10)
	}
	return true
}

func (t *twilio) gatherInput(p *part) bool {
	p.with.put("prompt", t.audio(p))
	if digits := p.props.consume("number_of_digits"); digits.unset() {
		p.with.put("num_digits", 32)
		p.doubt = append(p.doubt, "any number of digits is now at most 32")
	} else {
		t.number(p.step, p.with, "num_digits", digits, 1, 32)
	}
	key := p.props.consume("finish_on_key")
	if stop := p.props.text("stop_gather"); stop == "false" {
		p.with.put("finish_on_key", "none")
	} else if key != nil {
		t.finishKey(p, key.string())
	}
	t.number(p.step, p.with, "timeout_seconds", p.props.consume("timeout"), 1, 60)
	p.with.put("inter_digit_seconds", p.with.get("timeout_seconds")) // one setting in the original
	if loop := p.props.text("loop"); loop != "" && loop != "1" {
		t.repeats(p, loop)
	}
	if speech := p.way("speech"); speech != nil && speech.to != "" {
		p.doubt = append(p.doubt, "only keys are understood, not speech")
	} else { // how speech is recognised means nothing where only keys count
		p.props.ignore("gather_language", "speech_recognition_language", "speech_timeout", "speech_model", "hints", "profanity_filter")
	}
	return true
}

// repeats asks again as often as the prompt was played.
func (t *twilio) repeats(p *part, loop string) {
	times := obj()
	t.clip(p.step, times, "loop", loop, 1, 6)
	if n := times.get("loop"); n != nil {
		p.with.put("repeats", int(n.text[0]-'1'))
		p.doubt = append(p.doubt, "the prompt is played again after each silence, not at once")
	}
}

// idle takes a setting that is switched off, with those that mean nothing then.
func (p *part) idle(by string, settings ...string) {
	if on := p.props.root.get(by); on.unset() || on.text == "false" || on.text == "do-not-record" {
		p.props.ignore(append(settings, by)...)
	}
}

func (t *twilio) makeOutgoingCall(p *part) bool {
	from := cmp.Or(p.props.text("from"), "{{flow.channel.address}}")
	to := cmp.Or(p.props.text("to"), "{{contact.channel.address}}")
	p.with = obj("from", t.text(p.step, from), "to", t.text(p.step, to))
	if ring := p.props.consume("timeout"); ring.unset() {
		p.with.put("ring_seconds", 35)
		p.doubt = append(p.doubt, "it rang for 60 seconds, and 10 to 35 are allowed")
	} else {
		t.number(p.step, p.with, "ring_seconds", ring, 10, 35)
	}
	p.idle("detect_answering_machine", "machine_detection", "machine_detection_timeout", "machine_detection_speech_threshold",
		"machine_detection_speech_end_threshold", "machine_detection_silence_timeout")
	p.idleRecording()
	p.onError = obj("follow", "invalid_number") // failed has no other cause there
	return true
}

func (p *part) idleRecording() {
	p.idle("record", "recording_channels", "recording_status_callback", "recording_status_callback_method", "recording_status_callback_event", "trim")
}

func (t *twilio) connectCall(p *part) bool {
	noun, to := p.props.text("noun"), p.props.text("to")
	if noun != "number" || to == "" {
		return false
	}
	p.with = obj("to", t.text(p.step, to))
	switch caller := p.props.text("caller_id"); strings.ReplaceAll(caller, " ", "") {
	case "", "{{contact.channel.address}}":
		p.with.put("show", "contact_number")
	case "{{flow.channel.address}}":
		p.with.put("show", "touchpoint")
	default:
		p.with.put("show", "touchpoint")
		p.doubt = append(p.doubt, "the outside phone was shown "+shorten(caller)+" and now sees the number that called the contact")
	}
	t.number(p.step, p.with, "ring_seconds", p.props.consume("timeout"), 5, 120)
	p.idleRecording()
	if done := p.way("callCompleted"); done != nil && done.to != "" {
		p.doubt = append(p.doubt, "callCompleted followed every outcome, and so does each exit now")
	}
	if hangup := p.way("hangup"); hangup != nil {
		p.outcomes = append(p.outcomes, "hangup (the flow goes on by itself until a step needs the contact)")
		hangup.reported = hangup.to == ""
	}
	return true
}

// setVariables becomes a function that returns what it is given: its outputs fill
// the variables. What is null becomes the empty text, as in the original.
func (t *twilio) setVariables(p *part) bool {
	rows := p.props.consume("variables").items()
	inputs, outputs := &value{kind: list}, &value{kind: list}
	var returned []string
	for _, row := range rows {
		in := newSettings(row.value)
		key, to := in.text("key"), in.text("value")
		if v := in.root.get("parse_as_json"); v.string() == "false" {
			in.consume("parse_as_json")
		}
		name := letterFirst("v", snake(key))
		taken := slices.ContainsFunc(outputs.entries, func(e entry) bool { return e.value.get("name").text == name })
		if key == "" || taken || len(in.unread()) > 0 || len(name) > longestName {
			return false
		}
		if to = t.text(p.step, to); to == "" {
			returned = append(returned, name+`: ""`)
		} else {
			inputs.add(obj("name", name, "value", to))
			returned = append(returned, fmt.Sprintf(`%[1]s: args.%[1]s == null ? "" : args.%[1]s`, name))
		}
		outputs.add(obj("name", name))
		p.fill(t.vars.of("flow.variables."+key, key), name)
	}
	p.with = obj("inputs", some(inputs), "outputs", outputs, "source", "return {"+strings.Join(returned, ", ")+"}")
	return len(rows) > 0 && len(rows) <= 50
}
