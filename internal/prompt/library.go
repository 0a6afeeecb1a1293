package prompt

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"sync"
	"time"

	"ringflow/flowengine/flowfile"
	"ringflow/media"
	"ringflow/tts"
)

const (
	// MaxBytes is the largest sound file, in bytes.
	MaxBytes = 10 << 20
	// MaxUploaded is how long the prompts that one account has uploaded may last
	// altogether. All are held in memory, 16 kB for each second.
	MaxUploaded = 10 * time.Hour
	// maxDecoding is how many uploaded files are decoded at once: each may need a
	// core for seconds, and some 150 MB.
	maxDecoding = 2
)

// ErrNotFound: the account has stored no sound of this name.
var ErrNotFound = errors.New("there is no prompt of this name")

// Library finds the sound that steps name: stored prompts by account and name,
// and speech. Stored prompts may change while others play them: who plays one
// hears it to its end as it was. Any goroutine may use a library once it is
// loaded. One change after the other is made of each prompt, and an account
// uploads one file after the other; nobody else waits for that, least of all who
// plays.
type Library struct {
	speech    *tts.Cache // nil: no engine on this machine
	speechErr error      // why speech is nil
	uploads   string     // the folder of uploaded prompts; "": none can be uploaded

	decode    func(file []byte) (*media.Prompt, error)
	decoding  chan struct{}       // each holds one that is being decoded
	changing  keyedMutex[address] // of those who change a prompt, on the disk and in stored
	uploading keyedMutex[string]  // of each account's uploads

	mu     sync.RWMutex // guards stored
	stored map[string]map[string]entry
}

// address is where a prompt is stored.
type address struct{ account, name string }

// NewLibrary makes a library without stored prompts. With a nil speech, lacking
// says why nothing can be spoken.
func NewLibrary(speech *tts.Cache, lacking error) *Library {
	return &Library{
		speech: speech, speechErr: lacking, stored: map[string]map[string]entry{},
		decode: media.LoadPrompt, decoding: make(chan struct{}, maxDecoding),
	}
}

// readEntry reads a file. One that cannot be played is a prompt with a fault.
func readEntry(e fs.DirEntry, path string) entry {
	p := entry{samples: media.NewPrompt(nil)}
	info, err := e.Info()
	if err != nil {
		p.fault = pathlessError(err)
		return p
	}
	p.bytes, p.changedAt = int(info.Size()), info.ModTime()
	if info.Size() > MaxBytes {
		p.fault = fmt.Errorf("it has %d bytes, the limit is %d", info.Size(), MaxBytes)
		return p
	}
	data, err := os.ReadFile(path)
	if err != nil {
		p.fault = pathlessError(err)
		return p
	}
	p.bytes, p.digest = len(data), sha256.Sum256(data)
	if sound, err := media.LoadPrompt(data); err != nil {
		p.fault = err
	} else {
		p.samples = sound
	}
	return p
}

// pathlessError is why a file cannot be read. Where it lies is not told: the API shows
// faults.
func pathlessError(err error) error {
	if of := (*fs.PathError)(nil); errors.As(err, &of) {
		return of.Err
	}
	return err
}

// Has says whether the account has stored a prompt of this name.
func (l *Library) Has(account, name string) bool {
	_, ok := l.find(account, name)
	return ok
}

// Fault says why the prompt that the account has stored under a name cannot be played,
// nil if it can or there is none.
func (l *Library) Fault(account, name string) error {
	p, _ := l.find(account, name)
	return p.fault
}

func (l *Library) find(account, name string) (entry, bool) {
	l.mu.RLock()
	defer l.mu.RUnlock()
	p, ok := l.stored[account][name]
	return p, ok
}

// Resolve returns what to play, rendering speech that nobody asked for before.
// It returns ErrNotFound, an error of tts, or ctx's.
func (l *Library) Resolve(ctx context.Context, account string, a flowfile.Audio) (*media.Prompt, error) {
	if a.Speech == nil {
		switch p, ok := l.find(account, a.File); {
		case !ok:
			return nil, fmt.Errorf("%w: %q", ErrNotFound, a.File)
		case p.fault != nil:
			return nil, fmt.Errorf("prompt %q cannot be played: %w", a.File, p.fault)
		default:
			return p.samples, nil
		}
	}
	if l.speech == nil {
		return nil, l.speechErr
	}
	return l.speech.Prompt(ctx, account, tts.Speech(*a.Speech))
}

// Prepare renders speech ahead of time; stored prompts are ready as they are. It
// returns ErrNotFound, an error of tts, or ctx's.
func (l *Library) Prepare(ctx context.Context, account string, a flowfile.Audio) error {
	_, err := l.Resolve(ctx, account, a)
	return err
}
