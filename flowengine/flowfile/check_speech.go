package flowfile

import (
	"fmt"

	"ringflow/internal/strict"
)

// placed is a value of a step with its field, which is checked with others of its kind
// at once.
type placed[T any] struct {
	value       T
	step, field string
	line        int
}

// checkAll fails the fields whose values check refuses; a nil check refuses none.
func checkAll[T any](c *checker, all []placed[T], check func([]T) []error, prefix string) {
	if check == nil || len(all) == 0 {
		return
	}
	var values []T
	for _, p := range all {
		values = append(values, p.value)
	}
	for i, err := range check(values) {
		if p := all[i]; err != nil {
			c.fail(p.line, p.step, p.field, prefix+err.Error(), "")
		}
	}
}

// speech checks a text to speak: who speaks it, and what of it is left out.
func (c *checker) speech(s *Step, at speechAt) {
	field := join("with", at.path)
	spoken := true
	if c.env.Voice != nil {
		spoken = c.voice(s, at, field)
	}
	for _, p := range at.say.Text.parts {
		if left := unspoken(p.literal); left != "" {
			c.warn(strict.At(at.node, "text").Line, s.ID, join(field, "text"), fmt.Sprintf("%s is left out: speech is plain text", left), "remove it")
			break
		}
	}
	if text, fixed := at.say.Text.Literal(); fixed && spoken {
		if text = spokenText(text); text != "" {
			c.speeches = append(c.speeches, placed[Speech]{Speech{text, at.say.Language, at.say.Voice}, s.ID, join(field, "text"), strict.At(at.node, "text").Line})
		}
	}
}

// voice reports whether a text has who speaks it.
func (c *checker) voice(s *Step, at speechAt, field string) bool {
	_, alone := c.env.Voice(at.say.Language, "")
	if alone != nil {
		c.fail(strict.At(at.node, "language").Line, s.ID, join(field, "language"), alone.Error(), "")
	}
	if at.say.Voice == "" {
		return alone == nil
	}
	near, err := c.env.Voice(at.say.Language, at.say.Voice)
	switch {
	case err != nil && alone != nil && err.Error() == alone.Error(): // there is no engine
	case err != nil:
		c.fail(strict.At(at.node, "voice").Line, s.ID, join(field, "voice"), err.Error(), "")
	case near != "":
		c.warn(strict.At(at.node, "voice").Line, s.ID, join(field, "voice"), near, "write that one, or leave the voice out")
	}
	return alone == nil && err == nil
}

// together checks what is checked all at once: the functions of the flow, since to parse
// one may take a process, and whether the texts without variables can be rendered.
func (c *checker) together() {
	checkAll(c, c.sources, c.env.FunctionFaults, "")
	if !c.full() {
		checkAll(c, c.speeches, c.env.Render, "it cannot be spoken: ")
	}
}
