package media

import "time"

// Digit is a key that the far end pressed.
type Digit struct {
	// Symbol is 0–9, *, #, A–D.
	Symbol rune
	// At is when its first packet arrived.
	At time.Time
	// Duration is how long it was held, as far as the packets say.
	Duration time.Duration
}
