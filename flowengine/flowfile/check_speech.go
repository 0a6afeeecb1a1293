package flowfile

import "fmt"

// speech is a text of the flow that is spoken as it stands, and where it stands.
type speech struct {
	Speech
	step, field string
	line        int
}

// speech checks a text to speak: who speaks it, and what of it is left out.
func (c *checker) speech(s *Step, said said) {
	field := join("with", said.path)
	spoken := true
	if c.env.Voice != nil {
		spoken = c.voice(s, said, field)
	}
	for _, p := range said.say.Text.parts {
		if left := unspoken(p.literal); left != "" {
			c.warn(said.at.lineAt("text"), s.ID, join(field, "text"), fmt.Sprintf("%s is left out: speech is plain text", left), "remove it")
			break
		}
	}
	if text, fixed := said.say.Text.Literal(); fixed && spoken {
		if text = spokenText(text); text != "" {
			c.speeches = append(c.speeches, speech{Speech{text, said.say.Language, said.say.Voice}, s.ID, join(field, "text"), said.at.lineAt("text")})
		}
	}
}

// voice reports whether a text has who speaks it.
func (c *checker) voice(s *Step, said said, field string) bool {
	_, alone := c.env.Voice(said.say.Language, "")
	if alone != nil {
		c.fail(said.at.lineAt("language"), s.ID, join(field, "language"), alone.Error(), "")
	}
	if said.say.Voice == "" {
		return alone == nil
	}
	near, err := c.env.Voice(said.say.Language, said.say.Voice)
	switch {
	case err != nil && alone != nil && err.Error() == alone.Error(): // there is no engine
	case err != nil:
		c.fail(said.at.lineAt("voice"), s.ID, join(field, "voice"), err.Error(), "")
	case near != "":
		c.warn(said.at.lineAt("voice"), s.ID, join(field, "voice"), near, "write that one, or leave the voice out")
	}
	return alone == nil && err == nil
}

// rendered checks that the texts without variables can be turned into sound.
func (c *checker) rendered() {
	if c.env.Render == nil || len(c.speeches) == 0 {
		return
	}
	texts := make([]Speech, len(c.speeches))
	for i, s := range c.speeches {
		texts[i] = s.Speech
	}
	for i, err := range c.env.Render(texts) {
		if s := c.speeches[i]; err != nil {
			c.fail(s.line, s.step, s.field, "it cannot be spoken: "+err.Error(), "")
		}
	}
}
