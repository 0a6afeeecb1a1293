// Package tts turns text into sound: a Synthesizer speaks, a Cache keeps what
// was spoken. It knows prompts, and nothing of flows, calls or accounts.
//
// Read it in this order: tts.go and voice.go (the words), language.go, foreign.go
// (voices of other products), espeak.go and espeak_voices.go (the engine that is
// built in), cache.go, folder.go. A new engine is one file engine_x.go that satisfies
// Synthesizer, and the conformance test in tts_test.go run on it.
package tts

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"
)

// MaxText is the longest text, in characters, that is spoken at once.
const MaxText = 3000

// Errors of this package. Each is wrapped with what was asked for.
var (
	// ErrNoEngine: the speech engine is not installed on this machine.
	ErrNoEngine = errors.New("the speech engine is not installed")
	// ErrText: the text is empty, too long, or holds control characters.
	ErrText = errors.New("the text cannot be spoken")
	// ErrVoice: the engine has no voice for the language or of the name.
	ErrVoice = errors.New("the speech engine has no such voice")
)

// Speech is what to say and how. The zero Language and Voice are the engine's
// defaults.
type Speech struct {
	Text     string // 1 to MaxText characters
	Language string // BCP 47, such as en-US; a language of which the engine speaks the more general one is spoken (RFC 4647 §3.4)
	Voice    string
}

// Synthesizer speaks. It may be called by several goroutines at once.
type Synthesizer interface {
	// Synthesize returns the speech as 16-bit linear samples at 8 kHz. It returns
	// ctx's error, or one of this package's.
	Synthesize(ctx context.Context, s Speech) ([]int16, error)
	// Voice returns what speaks a language with a voice; empty, each is the engine's
	// own choice. A voice names its language, whichever is given beside it. It returns
	// ErrVoice, with what would be right, or ctx's error.
	Voice(ctx context.Context, language, voice string) (Voice, error)
	// Name identifies the engine with its version: what one engine has spoken is
	// never taken for another's.
	Name() string
}

// Check says whether a text can be spoken at all, before any engine is asked.
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

// isName says whether a language or a voice is no option and no path that leaves
// the engine's folder of voices: an engine may open what it is given, and read
// from a device for ever.
func isName(s string) bool {
	return !strings.HasPrefix(s, "-") && !strings.HasPrefix(s, "/") && !strings.Contains(s, "..") && !strings.ContainsFunc(s, isControl)
}
