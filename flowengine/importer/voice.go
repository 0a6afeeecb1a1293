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

// say makes a text to speak: the language as it is, and the voice, or the one that is
// near to it.
func (c *conversion) say(s *step, words, language string, voice *value) *value {
	say := obj("text", c.text(s, words))
	if language != "" {
		say.put("language", language)
	}
	name := voice.string()
	if !voice.unset() && name == "" {
		c.drop(s, "voice", voice, "it is no name of a voice")
	}
	if name == "default" { // what Twilio Studio writes for none
		name = ""
	}
	if name = c.voice(s, language, name, voice); name != "" {
		say.put("voice", name)
	}
	return obj("say", say)
}

// voice is what a flow file writes for the named voice, "" for none.
func (c *conversion) voice(s *step, language, name string, exported *value) string {
	if c.speech == nil {
		return c.unknownVoice(s, name, exported)
	}
	known, near, err := c.speech.Voice(language, name)
	if err != nil && name != "" {
		c.drop(s, "voice", exported, err.Error())
		name = ""
		known, near, err = c.speech.Voice(language, "")
	}
	if err != nil {
		c.report(s, Placeholder, "the language %s stands as it was: %v", shorten(language), err)
		return ""
	}
	if near != "" {
		c.report(s, Approximated, "%s", near)
	}
	if name == "" || near == "" {
		return name
	}
	return known
}

// unknownVoice keeps the name of a voice where no engine can be asked.
func (c *conversion) unknownVoice(s *step, name string, exported *value) string {
	if utf8.RuneCountInString(name) > longestVoice || strings.ContainsAny(name, "{}") {
		c.drop(s, "voice", exported, "it is no name of a voice")
		return ""
	}
	if name != "" && !slices.Contains(genders, name) {
		c.report(s, Approximated, "the voice %s stands as it was: a voice of the server's speech engine that is near to it speaks in its place", name)
	}
	return name
}
