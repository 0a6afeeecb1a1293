package importer

import (
	"cmp"
	"slices"
	"strings"
)

// PlaceholderPrefix begins the name of a component that stands for one without
// an equal. No component has such a name, so flowfile.Check refuses the step.
const PlaceholderPrefix = "placeholder_"

// replacement is the advice for a component of another product that has no equal. What
// is not listed gets general advice.
var replacement = map[string]string{
	// Talkdesk Studio
	"inbound_voice":           "make_outbound_call: flows begin with a request, and call the contact themselves",
	"record":                  "no step: calls of such flows are not recorded",
	"voicemail":               "play_audio, then end_flow: nobody is there to leave a message for",
	"assignment_and_dial":     "forward_to_external_number: agents are reached on an outside phone",
	"voice_ivr":               "standard_ivr, asking for a key instead of a word",
	"voice_transcription":     "input_ivr, asking for digits instead of speech",
	"request_direct_callback": "forward_to_external_number",
	// Twilio Studio
	"incoming_call":           "make_outbound_call: flows begin with a request, and call the contact themselves",
	"incoming_message":        "make_outbound_call: flows begin with a request, and call the contact themselves",
	"set_variables":           "run_function, whose outputs fill variables, or a default under variables",
	"run_function":            "run_function with the code of the function, or execute_action calling its address",
	"make_http_request":       "execute_action with a connection and an action of the account",
	"record_voicemail":        "play_audio, then end_flow: nobody is there to leave a message for",
	"record_call":             "no step: calls of such flows are not recorded",
	"enqueue_call":            "forward_to_external_number: agents are reached on an outside phone",
	"send_to_flex":            "forward_to_external_number: agents are reached on an outside phone",
	"send_message":            "execute_action calling the service that sends messages",
	"send_and_wait_for_reply": "execute_action calling the service that sends messages; a flow cannot wait for the reply",
	"capture_payments":        "input_ivr with sensitive: true, then execute_action calling the payment service",
	"run_subflow":             "the steps of that flow, copied into this one",
	"send_to_flow":            "the steps of that flow, copied into this one",
	"add_twiml_redirect":      "the components that do what the TwiML does, such as play_audio and input_ivr",
	"send_to_autopilot":       "standard_ivr, asking for a key instead of a word",
	"connect_virtual_agent":   "standard_ivr, or forward_to_external_number to the agent's number",
	"fork_stream":             "no step: audio is not streamed elsewhere",
	"say_play":                "play_audio with something to say, or no step: keys are not sent to the contact",
	"split_based_on":          "conditional_statement, or time_based_rules and calendar_based_rules for times and dates",
	"connect_call_to":         "forward_to_external_number with a telephone number",
}

// Replacement is the advice for a placeholder, or for a component of Talkdesk Studio or a
// widget of Twilio Studio, by its name there; "" if it is neither.
func Replacement(component string) (by string, placeholder bool) {
	if kind, is := strings.CutPrefix(component, PlaceholderPrefix); is {
		return adviceFor(kind), true
	}
	if w, is := (&twilio{}).widgets()[component]; is {
		return w.component, false
	}
	ours, kind, base := (&talkdesk{}).components(), snake(component), componentBase(obj("component", component))
	return cmp.Or(ours[kind].component, replacement[kind], ours[base].component, replacement[base]), false
}

// adviceFor is the advice for a kind of component.
func adviceFor(kind string) string {
	if _, known := (&talkdesk{}).components()[kind]; known || slices.Contains(unknownShape, kind) {
		return cmp.Or(replacement[kind], kind+", filled in by hand")
	}
	return cmp.Or(replacement[kind], "a component that does the same, or remove it")
}

// replaceByPlaceholder makes the step a placeholder of the kind. Its properties stay as they
// are, and its exits lead where they led.
func (d *draft) replaceByPlaceholder(s *step, kind, what string, raw *value) {
	advice := adviceFor(kind)
	raw = raw.redacted()
	s.component = PlaceholderPrefix + kind
	s.notes = append(s.notes, "PLACEHOLDER: "+what+". Replace it by "+advice+".")
	d.report(s, Placeholder, "%s; replace it by %s", what, advice)
	const deepest = 24 // of flowfile.Parse, less the levels around
	switch {
	case raw.unset():
	case raw.kind == object && raw.depth() <= deepest:
		s.with = raw
	default:
		s.dropped = append(s.dropped, "properties: "+raw.json())
	}
}
