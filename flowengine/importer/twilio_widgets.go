package importer

import (
	"path"
	"regexp"
	"strings"
)

// widgetRecipe is how a widget of Twilio Studio becomes a component of ours.
type widgetRecipe struct {
	component string
	exits     map[string][]string // ours by the event of theirs
	outputs   map[string]string   // our step variables by theirs
	// fields fills the step; false makes it a placeholder after all.
	fields func(*twilio, *widget) bool
}

// widgetRecipes are the widgets that have an equal, by type.
func widgetRecipes() map[string]widgetRecipe {
	call := widgetRecipe{component: "make_outbound_call", fields: (*twilio).makeOutgoingCall,
		exits:   to("answered", "answered", "busy", "busy", "noAnswer", "no_answer", "failed", "invalid_number"),
		outputs: map[string]string{"To": "dialed_number"}}
	return map[string]widgetRecipe{
		"say-play": {component: "play_audio", exits: to("audioComplete", "ok"), fields: (*twilio).sayPlay},
		"gather-input-on-call": {component: "input_ivr", exits: to("keypress", "ok", "timeout", "timeout"),
			outputs: map[string]string{"Digits": "digits"}, fields: (*twilio).gatherInput},
		"make-outgoing-call-v1": call,
		"make-outgoing-call-v2": call,
		"connect-call-to": {component: "forward_to_external_number", fields: (*twilio).connectCall,
			exits:   map[string][]string{"callCompleted": {"call_finished", "no_answer", "invalid_number", "busy", "failed"}},
			outputs: map[string]string{"To": "dialed_number"}},
		"make-http-request": {component: "execute_action", fields: (*twilio).httpRequest,
			exits:   to("success", "ok", "failed", "execution_error"),
			outputs: map[string]string{"status_code": "status_code"}},
		"run-function": {component: "execute_action", fields: (*twilio).runFunction,
			exits:   to("success", "ok", "fail", "execution_error"),
			outputs: map[string]string{"status_code": "status_code"}},
		"set-variables": {component: "run_function", fields: (*twilio).setVariables,
			exits: map[string][]string{"next": {"ok", "execution_error"}}},
		"split-based-on": {component: "conditional_statement", exits: to("noMatch", "no_match"), fields: (*twilio).split},
	}
}

// to maps events to exits.
func to(eventAndExit ...string) map[string][]string {
	out := map[string][]string{}
	for i := 0; i < len(eventAndExit); i += 2 {
		out[eventAndExit[i]] = []string{eventAndExit[i+1]}
	}
	return out
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
func (t *twilio) audio(w *widget) *value {
	words := w.props.text("say")
	address := w.props.text("play")
	voice := w.props.consume("voice")
	language := w.props.text("language")
	switch {
	case words != "":
		if markup.MatchString(words) {
			t.report(w.step, Approximated, "the markup of %s is left out: speech is plain text", shorten(words))
			w.dropped = append(w.dropped, "with markup: "+words)
			words = withoutMarkup(words)
		}
		say := obj("text", t.text(w.step, words))
		t.speak(w.step, say, language, voice)
		if address != "" {
			t.drop(w.step, "play", &value{kind: text, text: address}, "words are said as well")
		}
		return obj("say", say)
	case address != "":
		name := path.Base(strings.TrimSuffix(strings.SplitN(address, "?", 2)[0], "/"))
		if strings.Contains(address, "{{") || strings.ContainsAny(name, "{}") || name == "." || name == "/" {
			name = t.text(w.step, address)
		}
		t.report(w.step, Approximated, "the audio at %s must be stored as the prompt %s", shorten(address), name)
		return obj("file", name)
	}
	return nil
}

func (t *twilio) sayPlay(w *widget) bool {
	if w.props.root.get("digits").string() != "" {
		return false // keys cannot be sent
	}
	w.with = t.audio(w)
	if w.with == nil {
		return false
	}
	t.number(w, "times", 1, 10, "loop")
	if v := w.with.get("times"); v != nil && v.text == "1" {
		w.with.fields = w.with.fields[:len(w.with.fields)-1] // as it is anyway
	}
	return true
}

// number takes a whole number within the limits of our field.
func (t *twilio) number(w *widget, name string, least, most int, from string) {
	v := w.props.consume(from)
	if v.unset() {
		return
	}
	if in := v.string(); strings.Contains(in, "{{") {
		w.with.put(name, t.text(w.step, in))
	} else {
		t.clip(w.step, w.with, name, in, least, most)
	}
}

// speechSettings say how speech is recognised; they mean nothing where only keys
// count.
var speechSettings = []string{"gather_language", "speech_recognition_language", "speech_timeout", "speech_model", "hints", "profanity_filter"}

func (t *twilio) gatherInput(w *widget) bool {
	prompt := t.audio(w)
	w.with = &value{kind: object}
	if prompt != nil {
		w.with.put("prompt", prompt)
	}
	if digits := w.props.root.get("number_of_digits"); digits.unset() {
		w.with.put("num_digits", 32)
		w.doubt = append(w.doubt, "any number of digits is now at most 32")
	} else {
		t.number(w, "num_digits", 1, 32, "number_of_digits")
	}
	key := w.props.consume("finish_on_key")
	if stop := w.props.text("stop_gather"); stop == "false" {
		w.with.put("finish_on_key", "none")
	} else if key != nil {
		t.finishKey(w.step, w.with, key.string())
	}
	t.number(w, "timeout_seconds", 1, 60, "timeout")
	if pause := w.with.get("timeout_seconds"); pause != nil {
		w.with.put("inter_digit_seconds", pause) // one setting in the original
	}
	if loop := w.props.text("loop"); loop != "" && loop != "1" {
		t.repeats(w, loop)
	}
	if speech := w.way("speech"); speech != nil && speech.next != "" {
		w.doubt = append(w.doubt, "only keys are understood, not speech")
		return true
	}
	for _, name := range speechSettings {
		w.props.consume(name)
	}
	return true
}

// repeats asks again as often as the prompt was played.
func (t *twilio) repeats(w *widget, loop string) {
	times := &value{kind: object}
	t.clip(w.step, times, "loop", loop, 1, 6)
	if n := times.get("loop"); n != nil {
		w.with.put("repeats", int(n.text[0]-'1'))
		w.doubt = append(w.doubt, "the prompt is played again after each silence, not at once")
	}
}

// detection and recording are settings that mean nothing while what they belong
// to is switched off.
var (
	detection = []string{"machine_detection", "machine_detection_timeout", "machine_detection_speech_threshold",
		"machine_detection_speech_end_threshold", "machine_detection_silence_timeout"}
	recording = []string{"recording_channels", "recording_status_callback", "recording_status_callback_method", "recording_status_callback_event", "trim"}
)

// idle takes settings that are switched off, and reports whether they were.
func (w *widget) idle(by string, settings []string) {
	if on := w.props.root.get(by); on.unset() || on.text == "false" || on.text == "do-not-record" {
		w.props.consume(by)
		for _, name := range settings {
			w.props.consume(name)
		}
	}
}

func (t *twilio) makeOutgoingCall(w *widget) bool {
	from, number := w.props.text("from"), w.props.text("to")
	if from == "" {
		from = "{{flow.channel.address}}"
	}
	if number == "" {
		number = "{{contact.channel.address}}"
	}
	w.with = obj("from", t.text(w.step, from), "to", t.text(w.step, number))
	if w.props.root.get("timeout").unset() {
		w.with.put("ring_seconds", 35)
		w.doubt = append(w.doubt, "it rang for 60 seconds, and 10 to 35 are allowed")
	} else {
		t.number(w, "ring_seconds", 10, 35, "timeout")
	}
	w.idle("detect_answering_machine", detection)
	w.idle("record", recording)
	w.onError = obj("follow", "invalid_number") // failed has no other cause there
	w.must = []string{"answered", "busy", "no_answer", "invalid_number"}
	return true
}

func (t *twilio) connectCall(w *widget) bool {
	noun, number := w.props.text("noun"), w.props.text("to")
	if noun != "number" || number == "" {
		return false
	}
	w.with = obj("to", t.text(w.step, number))
	switch caller := w.props.text("caller_id"); strings.ReplaceAll(caller, " ", "") {
	case "", "{{contact.channel.address}}":
		w.with.put("show", "contact_number")
	case "{{flow.channel.address}}":
		w.with.put("show", "touchpoint")
	default:
		w.with.put("show", "touchpoint")
		w.doubt = append(w.doubt, "the outside phone was shown "+shorten(caller)+" and now sees the number that called the contact")
	}
	t.number(w, "ring_seconds", 5, 120, "timeout")
	w.idle("record", recording)
	if done := w.way("callCompleted"); done != nil && done.next != "" {
		w.doubt = append(w.doubt, "callCompleted followed every outcome, and so does each exit now")
	}
	if hangup := w.way("hangup"); hangup != nil {
		w.outcomes = append(w.outcomes, "hangup (the flow goes on by itself until a step needs the contact)")
		if hangup.next == "" {
			hangup.reported = true
		}
	}
	return true
}
