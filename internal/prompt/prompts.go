package prompt

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"ringflow/flowengine/record"
	"ringflow/media"
)

// What keeps a prompt from being stored or removed, besides ErrNotFound.
var (
	// ErrExists: another prompt has the name already.
	ErrExists = errors.New("there is a prompt of this name")
	// ErrReadOnly: the prompt stands in a folder of the configuration.
	ErrReadOnly = errors.New("the prompt comes from the configuration, which alone can change it")
	// ErrName: no prompt may have this name.
	ErrName = errors.New("a name has 1 to 128 letters, digits, spaces, underscores, dots and hyphens, and begins with a letter, a digit or an underscore")
)

// AudioError says why bytes are no sound that can be played.
type AudioError struct{ Err error }

// Error implements error.
func (e *AudioError) Error() string { return e.Err.Error() }

// Unwrap returns what was wrong.
func (e *AudioError) Unwrap() error { return e.Err }

// Info says what is stored under a name.
type Info struct {
	Name      string
	Duration  time.Duration
	Bytes     int       // of the file as it was given
	ChangedAt time.Time // when it was stored or replaced
	ReadOnly  bool      // it comes from the configuration
	// Digest tells files apart.
	Digest [sha256.Size]byte
	Fault  error // why it cannot be played; nil if it can
}

// entry is a prompt with its sound. Immutable.
type entry struct {
	samples   *media.Prompt
	bytes     int
	digest    [sha256.Size]byte
	changedAt time.Time
	readOnly  bool
	fault     error // sound is empty then
}

func (p entry) named(name string) Info {
	return Info{Name: name, Duration: p.samples.Duration(), Bytes: p.bytes, ChangedAt: p.changedAt, ReadOnly: p.readOnly, Digest: p.digest, Fault: p.fault}
}

// uploadNames are those that an uploaded prompt may have. None of them leaves
// the folder, and none is a file that is being written.
var uploadNames = regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9_. -]{0,127}$`)

// partPrefix begins the name of a file that is being written.
const partPrefix = ".half-"

// LoadUploads has prompts uploaded to a folder, a folder per account in it, and
// loads those that are there. Where the configuration has one of the same name,
// it stands. What a crash left half written is removed. A file that cannot be played
// is a prompt with a fault; one without sound, as older versions took, lasts 0. Call it
// after SetFolder, before anything else.
func (l *Library) LoadUploads(dir string, accounts []string) error {
	for _, account := range accounts {
		if err := l.loadUploads(account, filepath.Join(dir, account)); err != nil {
			return fmt.Errorf("load uploaded prompts: %w", err)
		}
	}
	l.uploads = dir
	return nil
}

func (l *Library) loadUploads(account, dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	for _, e := range entries {
		path := filepath.Join(dir, e.Name())
		if strings.HasPrefix(e.Name(), partPrefix) {
			if err := os.Remove(path); err != nil {
				return err
			}
			continue
		}
		if l.Has(account, e.Name()) {
			continue
		}
		p := readEntry(e, path)
		if errors.Is(p.fault, media.ErrNoSamples) {
			p.fault = nil
		}
		l.add(account, e.Name(), p)
	}
	return nil
}

// add stores an uploaded prompt in memory, and reports false if the
// configuration has one of that name.
func (l *Library) add(account, name string, p entry) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.stored[account] == nil {
		l.stored[account] = map[string]entry{}
	}
	if l.stored[account][name].readOnly {
		return false
	}
	l.stored[account][name] = p
	return true
}

// List returns what the account has stored, by name.
func (l *Library) List(account string) []Info {
	l.mu.RLock()
	defer l.mu.RUnlock()
	out := make([]Info, 0, len(l.stored[account]))
	for name, p := range l.stored[account] {
		out = append(out, p.named(name))
	}
	slices.SortFunc(out, func(a, b Info) int { return strings.Compare(a.Name, b.Name) })
	return out
}

// Create stores a WAV or MP3 file of at most MaxBytes bytes, which is on
// the disk when it returns. It returns ErrExists, ErrName, a
// *AudioError, also if the account has MaxUploaded or the name ends as that of another kind of sound file, or record.ErrUnavailable if the disk did not take it.
func (l *Library) Create(account, name string, file []byte) (Info, error) {
	defer l.changing.take(address{account, name})()
	if l.Has(account, name) {
		return Info{}, ErrExists
	}
	if err := checkExtension(name, file); err != nil {
		return Info{}, &AudioError{err}
	}
	return l.store(account, name, file)
}

// checkExtension wants a name that ends as those of sound files do to tell the truth. What
// is neither WAV nor MP3 is refused elsewhere.
func checkExtension(name string, file []byte) error {
	var is string
	switch {
	case bytes.HasPrefix(file, []byte("RIFF")):
		is = ".wav"
	case bytes.HasPrefix(file, []byte("ID3")), len(file) > 1 && file[0] == 0xFF && file[1]&0xE0 == 0xE0:
		is = ".mp3"
	default:
		return nil
	}
	given := filepath.Ext(name)
	if ends := strings.ToLower(given); ends == is || !slices.Contains(audioExtensions, ends) {
		return nil
	}
	return fmt.Errorf("%q ends in %s, and the file is %s: call it %s%s", name, given, strings.ToUpper(is[1:]), strings.TrimSuffix(name, given), is)
}

// audioExtensions are those by which people know sound files.
var audioExtensions = []string{".wav", ".mp3", ".ogg", ".oga", ".opus", ".flac", ".m4a", ".aac", ".aif", ".aiff", ".wma", ".au"}

// Replace puts another file in the place of a stored one, for all flows at
// once: whatever begins to play from now on is the new one. It returns
// ErrNotFound, ErrReadOnly, a *AudioError or record.ErrUnavailable.
func (l *Library) Replace(account, name string, file []byte) (Info, error) {
	defer l.changing.take(address{account, name})()
	if err := l.changeable(account, name); err != nil {
		return Info{}, err
	}
	return l.store(account, name, file)
}

// Delete removes a stored prompt. It returns ErrNotFound, ErrReadOnly
// or record.ErrUnavailable.
func (l *Library) Delete(account, name string) error {
	defer l.changing.take(address{account, name})()
	if err := l.changeable(account, name); err != nil {
		return err
	}
	dir := filepath.Join(l.uploads, account)
	if err := os.Remove(filepath.Join(dir, name)); err != nil {
		return fmt.Errorf("delete prompt: %w: %w", record.ErrUnavailable, err)
	}
	l.mu.Lock()
	delete(l.stored[account], name)
	l.mu.Unlock()
	if err := syncDir(dir); err != nil {
		return fmt.Errorf("delete prompt: %w: %w", record.ErrUnavailable, err)
	}
	return nil
}

// changeable says why a prompt cannot be changed. It is called by
// whoever has the turn to change it.
func (l *Library) changeable(account, name string) error {
	switch p, ok := l.find(account, name); {
	case !ok:
		return ErrNotFound
	case p.readOnly:
		return ErrReadOnly
	}
	return nil
}

// store decodes a prompt and writes it to the disk and then to memory: what plays
// survives a crash. It is called by whoever has the turn to change the prompt.
func (l *Library) store(account, name string, file []byte) (Info, error) {
	if !uploadNames.MatchString(name) {
		return Info{}, ErrName
	}
	if len(file) > MaxBytes {
		return Info{}, &AudioError{fmt.Errorf("it has %d bytes, the limit is %d", len(file), MaxBytes)}
	}
	if l.uploads == "" {
		return Info{}, fmt.Errorf("store prompt: %w: there is no folder for prompts", record.ErrUnavailable)
	}
	defer l.uploading.take(account)()
	sound, err := l.load(file)
	if err == nil {
		err = l.checkDuration(account, name, sound)
	}
	if err != nil {
		return Info{}, &AudioError{err}
	}
	dir := filepath.Join(l.uploads, account)
	if err := writeAtomically(dir, name, file); err != nil {
		return Info{}, fmt.Errorf("store prompt: %w: %w", record.ErrUnavailable, err)
	}
	p := entry{samples: sound, bytes: len(file), digest: sha256.Sum256(file), changedAt: time.Now()}
	if !l.add(account, name, p) { // the configuration was reloaded meanwhile
		return Info{}, ErrReadOnly
	}
	return p.named(name), nil
}

// load decodes a file once there is a place for that.
func (l *Library) load(file []byte) (*media.Prompt, error) {
	l.decoding <- struct{}{}
	defer func() { <-l.decoding }()
	return l.decode(file)
}

// checkDuration says whether the account may upload a sound besides those that it has
// under other names.
func (l *Library) checkDuration(account, name string, sound *media.Prompt) error {
	l.mu.RLock()
	defer l.mu.RUnlock()
	all := sound.Duration()
	for other, p := range l.stored[account] {
		if other != name && !p.readOnly {
			all += p.samples.Duration()
		}
	}
	if all > MaxUploaded {
		return fmt.Errorf("with it the account's uploaded prompts last %v, and %v are allowed: delete those that no flow uses", all.Round(time.Second), MaxUploaded)
	}
	return nil
}

// writeAtomically puts a file in place at once: a crash leaves the old one or the
// new one.
func writeAtomically(dir, name string, data []byte) error {
	f, err := os.CreateTemp(dir, partPrefix+"*")
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	err = errors.Join(err, f.Sync(), f.Close())
	if err == nil {
		err = os.Rename(f.Name(), filepath.Join(dir, name))
	}
	if err != nil {
		return errors.Join(err, os.Remove(f.Name()))
	}
	return syncDir(dir)
}

// syncDir has the names in a folder survive a loss of power.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
