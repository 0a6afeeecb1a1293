// Package prompt stores the audio files that flows name, and finds the audio that a
// step plays: a stored file, or speech that tts renders.
//
// It deliberately knows neither calls nor HTTP.
package prompt

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"ringflow/flowengine/flowfile"
	"ringflow/internal/fairshare"
	"ringflow/media"
	"ringflow/tts"
)

const (
	// MaxBytes is the size of the largest audio file.
	MaxBytes = 10 << 20
	// MaxUploaded is the total duration of the prompts that an account has uploaded, at
	// most. All are held in memory, 16 kB a second.
	MaxUploaded = 10 * time.Hour
	// maxDecoding is how many uploads are decoded at once: each may need a core for
	// seconds, and some 150 MB.
	maxDecoding = 2
)

// ErrNotFound: the account has no prompt of this name.
var ErrNotFound = errors.New("there is no prompt of this name")

// Library holds the stored prompts of accounts, and finds or renders what a step plays.
// A prompt that is replaced or deleted while it is played is played to its end. Any
// goroutine may use a library once it is loaded. Uploads of an account are decoded one
// after the other; lookups never wait for an upload.
type Library struct {
	speech    *tts.Cache // nil: there is no speech engine
	speechErr error      // why speech is nil
	uploads   string     // the folder of uploaded prompts; "": none can be uploaded

	decode   func(file []byte) (*media.Prompt, error)
	decoding *fairshare.Semaphore // one for each account, from decoding to the disk
	changing sync.Mutex           // held while an upload changes on the disk and in stored

	mu     sync.RWMutex // guards stored
	stored map[string]map[string]entry
}

// NewLibrary returns a library without stored prompts. speechErr is why speech is nil.
func NewLibrary(speech *tts.Cache, speechErr error) *Library {
	return &Library{
		speech: speech, speechErr: speechErr, stored: map[string]map[string]entry{},
		decode: media.LoadPrompt, decoding: fairshare.New(maxDecoding, 1),
	}
}

// Find returns the account's prompt of this name.
func (l *Library) Find(account, name string) (Info, bool) {
	e, ok := l.find(account, name)
	return e.Info, ok
}

func (l *Library) find(account, name string) (entry, bool) {
	l.mu.RLock()
	defer l.mu.RUnlock()
	e, ok := l.stored[account][name]
	return e, ok
}

// List returns the account's prompts by name.
func (l *Library) List(account string) []Info {
	l.mu.RLock()
	defer l.mu.RUnlock()
	list := make([]Info, 0, len(l.stored[account]))
	for _, e := range l.stored[account] {
		list = append(list, e.Info)
	}
	slices.SortFunc(list, func(a, b Info) int { return strings.Compare(a.Name, b.Name) })
	return list
}

// Resolve returns what a step plays, and renders speech that is not in the cache. It
// returns ErrNotFound, an error of tts, or ctx's.
func (l *Library) Resolve(ctx context.Context, account string, a flowfile.Audio) (*media.Prompt, error) {
	switch {
	case a.Speech != nil && l.speech == nil:
		return nil, l.speechErr
	case a.Speech != nil:
		return l.speech.Prompt(ctx, account, tts.Speech(*a.Speech))
	}
	switch e, ok := l.find(account, a.File); {
	case !ok:
		return nil, fmt.Errorf("%w: %q", ErrNotFound, a.File)
	case e.Fault != nil:
		return nil, fmt.Errorf("prompt %q cannot be played: %w", a.File, e.Fault)
	default:
		return e.audio, nil
	}
}
