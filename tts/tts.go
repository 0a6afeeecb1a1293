// Package tts turns text into audio: a Synthesizer renders speech, a Cache keeps the
// prompts. It knows nothing of flows, calls or accounts.
//
// A new engine is one file engine_x.go that satisfies Synthesizer; the conformance test in
// tts_test.go runs on it. voice_vendor.go maps voices of other products.
package tts

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"
)

// MaxText is the longest text of one Speech, in characters.
const MaxText = 3000

// Each is wrapped with the input.
var (
	// ErrNoEngine: the speech engine is not installed on this machine.
	ErrNoEngine = errors.New("the speech engine is not installed")
	// ErrText: the text is empty, too long, or holds control characters.
	ErrText = errors.New("the text cannot be spoken")
	// ErrVoice: the engine has no voice for the language or of the name.
	ErrVoice = errors.New("the speech engine has no such voice")
)

// Speech is a text with its language and voice; empty, they are the engine's defaults.
type Speech struct {
	Text     string // 1 to MaxText characters
	Language string // BCP 47, such as en-US; a language of which the engine speaks the more general one is spoken (RFC 4647 §3.4)
	Voice    string
}

// Synthesizer renders speech. Several goroutines may call it.
type Synthesizer interface {
	// Synthesize returns the speech as 16-bit linear samples at 8 kHz. It returns
	// ctx's error, or one of this package's.
	Synthesize(ctx context.Context, s Speech) ([]int16, error)
	// Voice returns the voice for a language and a name, each of which may be empty. A named
	// voice decides the language. It returns ErrVoice with what would be right, or ctx's error.
	Voice(ctx context.Context, language, voice string) (Voice, error)
	// Name identifies the engine and its version: a Cache keeps their prompts apart.
	Name() string
}

// Check reports whether the speech can be rendered at all, before an engine is asked.
func (s Speech) Check() error {
	switch {
	case strings.TrimSpace(s.Text) == "":
		return fmt.Errorf("%w: it is empty", ErrText)
	case utf8.RuneCountInString(s.Text) > MaxText:
		return fmt.Errorf("%w: it has %d characters, the limit is %d", ErrText, utf8.RuneCountInString(s.Text), MaxText)
	case strings.ContainsFunc(s.Text, isControl):
		return fmt.Errorf("%w: it holds control characters", ErrText)
	case !isName(s.Language) || !isName(s.Voice):
		return fmt.Errorf("%w: %q %q", ErrVoice, s.Language, s.Voice)
	}
	return nil
}

func isControl(r rune) bool { return r < ' ' && r != '\n' && r != '\t' && r != '\r' || r == 0x7f }

// isName reports whether a language or voice is no option and no path out of the engine's
// folder of voices: an engine may open it, and read from a device without end.
func isName(s string) bool {
	return !strings.HasPrefix(s, "-") && !strings.HasPrefix(s, "/") && !strings.Contains(s, "..") && !strings.ContainsFunc(s, isControl)
}
