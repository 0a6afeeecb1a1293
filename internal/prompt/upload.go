package prompt

import (
	"bytes"
	"context"
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
	"ringflow/internal/durable"
	"ringflow/media"
)

// The reasons for which a prompt is not stored or deleted, besides ErrNotFound.
var (
	ErrExists   = errors.New("there is a prompt of this name")
	ErrReadOnly = errors.New("the prompt comes from the configuration, which alone can change it")
	ErrName     = errors.New("a name has 1 to 128 letters, digits, spaces, underscores, dots and hyphens, and begins with a letter, a digit or an underscore")
)

// AudioError is why an uploaded file is refused.
type AudioError struct{ error }

// Unwrap returns the fault of the file.
func (e *AudioError) Unwrap() error { return e.error }

// uploadNames match the names of uploads: each is a file of the account's folder, and
// none begins with partPrefix.
var uploadNames = regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9_. -]{0,127}$`)

// partPrefix begins the name of a file that is being written.
const partPrefix = ".half-"

// LoadUploads loads the prompts that accounts have uploaded, from a folder that has a
// folder for each account, and stores later uploads there. A prompt of the configuration
// wins over an upload of its name. A file that a crash left incomplete is removed. A file
// that cannot be played is a prompt with a fault; one without samples, as older versions
// took, lasts 0. Call it after SetFolder, before anything else.
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
	files, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	for _, file := range files {
		path := filepath.Join(dir, file.Name())
		if strings.HasPrefix(file.Name(), partPrefix) {
			if err := os.Remove(path); err != nil {
				return err
			}
			continue
		}
		if _, taken := l.Find(account, file.Name()); taken {
			continue
		}
		e := readEntry(file, path)
		if errors.Is(e.Fault, media.ErrNoSamples) {
			e.Fault = nil
		}
		l.add(account, e)
	}
	return nil
}

// add stores an upload in memory. It is false if the configuration has a prompt of that
// name.
func (l *Library) add(account string, e entry) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.stored[account] == nil {
		l.stored[account] = map[string]entry{}
	}
	if l.stored[account][e.Name].ReadOnly {
		return false
	}
	l.stored[account][e.Name] = e
	return true
}

// Create stores a WAV or MP3 file of at most MaxBytes, which is on the disk when it
// returns. It returns ErrExists, ErrName, an *AudioError (also if the account's uploads
// would exceed MaxUploaded, or the extension of the name is that of another format), or
// record.ErrUnavailable if the disk failed.
func (l *Library) Create(account, name string, file []byte) (Info, error) {
	return l.store(account, name, file, func() error {
		if _, taken := l.Find(account, name); taken {
			return ErrExists
		}
		if err := checkExtension(name, file); err != nil {
			return &AudioError{err}
		}
		return nil
	})
}

// Replace stores another file under the name of an upload, for all flows at once:
// playback that begins from now on is of the new one. It returns ErrNotFound,
// ErrReadOnly, an *AudioError or record.ErrUnavailable.
func (l *Library) Replace(account, name string, file []byte) (Info, error) {
	return l.store(account, name, file, func() error { return l.checkUpload(account, name) })
}

// Delete removes an upload. It returns ErrNotFound, ErrReadOnly or record.ErrUnavailable.
func (l *Library) Delete(account, name string) error {
	l.changing.Lock()
	defer l.changing.Unlock()
	if err := l.checkUpload(account, name); err != nil {
		return err
	}
	dir := filepath.Join(l.uploads, account)
	err := os.Remove(filepath.Join(dir, name))
	if err == nil {
		l.mu.Lock()
		delete(l.stored[account], name)
		l.mu.Unlock()
		err = durable.Sync(dir)
	}
	if err != nil {
		return fmt.Errorf("delete prompt: %w: %w", record.ErrUnavailable, err)
	}
	return nil
}

func (l *Library) checkUpload(account, name string) error {
	switch p, ok := l.Find(account, name); {
	case !ok:
		return ErrNotFound
	case p.ReadOnly:
		return ErrReadOnly
	}
	return nil
}

// store decodes an upload and writes it to the disk and then to memory: a prompt that is
// played survives a crash. check is called before, and again when no other upload changes.
func (l *Library) store(account, name string, file []byte, check func() error) (Info, error) {
	if err := check(); err != nil {
		return Info{}, err
	}
	if !uploadNames.MatchString(name) {
		return Info{}, ErrName
	}
	if err := checkSize(len(file)); err != nil {
		return Info{}, &AudioError{err}
	}
	if l.uploads == "" {
		return Info{}, fmt.Errorf("store prompt: %w: there is no folder for prompts", record.ErrUnavailable)
	}
	release, err := l.decoding.Acquire(context.Background(), account)
	if err != nil {
		return Info{}, err
	}
	defer release()
	audio, err := l.decode(file)
	if err != nil {
		return Info{}, &AudioError{err}
	}
	e := entry{Info{Name: name, Duration: audio.Duration(), Bytes: len(file), Digest: sha256.Sum256(file), ChangedAt: time.Now()}, audio}
	l.changing.Lock()
	defer l.changing.Unlock()
	if old, _ := l.find(account, name); old.ReadOnly { // the configuration was reloaded meanwhile
		return Info{}, ErrReadOnly
	}
	if err := check(); err != nil {
		return Info{}, err
	}
	if err := l.checkDuration(account, e); err != nil {
		return Info{}, &AudioError{err}
	}
	if err := durable.Write(filepath.Join(l.uploads, account, name), partPrefix, file, os.Rename); err != nil {
		return Info{}, fmt.Errorf("store prompt: %w: %w", record.ErrUnavailable, err)
	}
	if !l.add(account, e) {
		return Info{}, ErrReadOnly
	}
	return e.Info, nil
}

// audioExtensions are the usual ones of audio files.
var audioExtensions = []string{".wav", ".mp3", ".ogg", ".oga", ".opus", ".flac", ".m4a", ".aac", ".aif", ".aiff", ".wma", ".au"}

// checkExtension refuses a name whose extension is that of another audio format than the
// file's. A file that is neither WAV nor MP3 is refused by its decoding.
func checkExtension(name string, file []byte) error {
	var format string
	switch {
	case bytes.HasPrefix(file, []byte("RIFF")):
		format = ".wav"
	case bytes.HasPrefix(file, []byte("ID3")), len(file) > 1 && file[0] == 0xFF && file[1]&0xE0 == 0xE0:
		format = ".mp3"
	default:
		return nil
	}
	ext := filepath.Ext(name)
	if lower := strings.ToLower(ext); lower == format || !slices.Contains(audioExtensions, lower) {
		return nil
	}
	return fmt.Errorf("%q ends in %s, and the file is %s: call it %s%s", name, ext, strings.ToUpper(format[1:]), strings.TrimSuffix(name, ext), format)
}

// checkDuration refuses an upload that exceeds MaxUploaded with the account's others.
func (l *Library) checkDuration(account string, e entry) error {
	l.mu.RLock()
	defer l.mu.RUnlock()
	total := e.Duration
	for name, other := range l.stored[account] {
		if name != e.Name && !other.ReadOnly {
			total += other.Duration
		}
	}
	if total > MaxUploaded {
		return fmt.Errorf("with it the account's uploaded prompts last %v, and %v are allowed: delete those that no flow uses", total.Round(time.Second), MaxUploaded)
	}
	return nil
}
