package tts

// Voice is the engine's voice for a language and a name.
type Voice struct {
	// ID is the engine's name of the voice, Name that of a flow file.
	ID, Name string
	// Substitute is a sentence that says which voice stands for which, empty if the voice is
	// the one that was named.
	Substitute string
	// Language of the voice (BCP 47).
	Language string
	// Mismatch is a sentence that says that the voice's language is another than asked for, and
	// which voice has that; empty if it is the same.
	Mismatch string
}

// gender of a voice, if known.
type gender string

const (
	female  gender = "female"
	male    gender = "male"
	unknown gender = ""
)
