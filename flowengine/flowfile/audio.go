package flowfile

// Audio is something to play: exactly one of its fields is set.
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
