package flowfile

// Sound is the field of a component that plays something: text to speak or a
// stored prompt, in which the variables are replaced when it is played. Sounds that
// cannot change any more are prepared before a call is made.
type Sound struct {
	Say  *Say `field:"say" oneof:"source" doc:"Text that is spoken, without markup."`
	File Text `field:"file" oneof:"source" is:"prompt" max:"255" doc:"The name of a stored prompt."`
}

// Say is text to speak.
type Say struct {
	Text     Text   `field:"text" required:"true" max:"3000" doc:"What is said."`
	Language string `field:"language" is:"language" default:"en-US" doc:"The language to speak it in, as in BCP 47."`
	Voice    string `field:"voice" max:"128" doc:"The voice, of the speech engine or of another product, which one that is near replaces; left out, the language's own."`
}

// IsSet reports whether the sound was given at all.
func (s *Sound) IsSet() bool { return s != nil && (s.Say != nil || s.File.IsSet()) }

// Text returns the text in which the variables of the sound stand.
func (s *Sound) Text() Text {
	if s.Say != nil {
		return s.Say.Text
	}
	return s.File
}

// Resolve replaces the variables.
func (s *Sound) Resolve(values map[string]string) (Audio, error) {
	if s.Say == nil {
		name, err := s.File.resolve(values)
		return Audio{File: name}, err
	}
	text, err := s.Say.Text.resolveEscaped(values, plainValue)
	if err != nil {
		return Audio{}, err
	}
	return Audio{Say: &Speech{Text: spokenText(text), Language: s.Say.Language, Voice: s.Say.Voice}}, nil
}
