package tts

// Voice is what an engine speaks with when it is asked for a language and a voice.
type Voice struct {
	// ID names the voice to the engine, and Name is what a flow file writes for it.
	ID, Name string
	// Substitute is empty for what was asked for. Otherwise the voice stands in its place,
	// and Near says in a sentence for what, and which it is.
	Substitute string
	// Language is what the voice speaks, as in BCP 47.
	Language string
	// Mismatch is empty unless that is another language than was asked for: it says so in
	// a sentence, and which voice speaks the one that was.
	Mismatch string
}

// gender is that of a voice, as far as it is known.
type gender string

const (
	female  gender = "female"
	male    gender = "male"
	unknown gender = ""
)

// described names a gender where a voice is described.
func (g gender) described() string {
	if g == unknown {
		return "voice"
	}
	return string(g) + " voice"
}
