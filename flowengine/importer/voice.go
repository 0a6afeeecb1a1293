package importer

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// Speech is the engine that will speak the flows.
type Speech interface {
	// Voice returns what a flow file writes for the voice that speaks a language, or
	// that speaks in the place of the named one; near says in a sentence why it is not
	// what was asked for, and is empty if it is. An error says why nothing speaks.
	Voice(language, voice string) (name, near string, err error)
}

// longestVoice is the longest name of a voice in a flow file, in characters.
const longestVoice = 128

// genders are the voices of Twilio that any of a gender is equal to.
var genders = []string{"man", "woman", "alice"}

// speak takes over who says a text: the language as it is, and the voice, or the one
// that is near to it.
func (d *draft) speak(s *step, say *value, language string, voice *value) {
	if language != "" {
		say.put("language", language)
	}
	name := voice.string()
	if !voice.unset() && name == "" {
		d.drop(s, "voice", voice, "it is no name of a voice")
	}
	if name == "default" { // what Twilio Studio writes for none
		name = ""
	}
	if d.speech == nil {
		d.keepVoice(s, say, name, voice)
		return
	}
	known, near, err := d.speech.Voice(language, name)
	if err != nil && name != "" {
		d.drop(s, "voice", voice, err.Error())
		name = ""
		known, near, err = d.speech.Voice(language, "")
	}
	switch {
	case err != nil:
		d.report(s, Placeholder, "the language %s stands as it was: %v", shorten(language), err)
		return
	case name != "" && near != "":
		say.put("voice", known)
	case name != "":
		say.put("voice", name)
	}
	if near != "" {
		d.report(s, Approximated, "%s", near)
	}
}

// keepVoice takes over the name of a voice where no engine can be asked.
func (d *draft) keepVoice(s *step, say *value, name string, voice *value) {
	switch {
	case name == "":
	case utf8.RuneCountInString(name) > longestVoice || strings.ContainsAny(name, "{}"):
		d.drop(s, "voice", voice, "it is no name of a voice")
	case slices.Contains(genders, name):
		say.put("voice", name)
	default:
		say.put("voice", name)
		d.report(s, Approximated, "the voice %s stands as it was: a voice of the server's speech engine that is near to it speaks in its place", name)
	}
}
