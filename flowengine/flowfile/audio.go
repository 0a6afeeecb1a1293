package flowfile

// Audio is what is played: exactly one of its fields is set.
type Audio struct {
	Speech *Speech
	File   string // the name of a stored prompt
}

// Speech is plain text to be spoken, its variables already replaced. One with an empty
// text is never played.
type Speech struct {
	Text     string
	Language string // BCP 47, such as en-US; empty is the engine's default
	Voice    string // empty is the engine's default
}

// AudioSource is the field of a component that plays audio: text to speak or a stored
// prompt, in which the variables are replaced when it is played. Audio that cannot change
// any more is prepared before a call is made.
type AudioSource struct {
	Speech *SpeechSource `field:"say" oneof:"source" doc:"Text that is spoken, without markup."`
	File   Text          `field:"file" oneof:"source" is:"prompt" max:"255" doc:"The name of a stored prompt."`
}

// SpeechSource is text to speak.
type SpeechSource struct {
	Text     Text   `field:"text" required:"true" max:"3000" doc:"What is said."`
	Language string `field:"language" is:"language" default:"en-US" doc:"The language to speak it in, as in BCP 47."`
	Voice    string `field:"voice" max:"128" doc:"The voice, of the speech engine or of another product, which one that is near replaces; left out, the language's own."`
}

func (s *AudioSource) self() *AudioSource { return s }

// IsSet reports whether the field was given at all.
func (s *AudioSource) IsSet() bool { return s != nil && (s.Speech != nil || s.File.IsSet()) }

// Text returns the text in which the variables of the audio stand.
func (s *AudioSource) Text() Text {
	if s.Speech != nil {
		return s.Speech.Text
	}
	return s.File
}

// Expand replaces the variables.
func (s *AudioSource) Expand(values map[string]string) (Audio, error) {
	if s.Speech == nil {
		name, err := s.File.Expand(values, nil, nil)
		return Audio{File: name}, err
	}
	text, err := s.Speech.Text.Expand(values, plainValue, nil)
	if err != nil {
		return Audio{}, err
	}
	return Audio{Speech: &Speech{Text: spokenText(text), Language: s.Speech.Language, Voice: s.Speech.Voice}}, nil
}
