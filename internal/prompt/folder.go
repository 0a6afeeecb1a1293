package prompt

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Folder is the audio files of a folder of the configuration, read and not yet in use.
// The zero value is an empty one. It is immutable.
type Folder struct{ prompts map[string]entry }

// ReadFolder reads the WAV and MP3 files of a folder. A file that cannot be played is a
// prompt with a fault.
func ReadFolder(dir string) (Folder, error) {
	files, err := os.ReadDir(dir)
	if err != nil {
		return Folder{}, fmt.Errorf("load prompts: %w", err)
	}
	f := Folder{map[string]entry{}}
	for _, file := range files {
		ext := strings.ToLower(filepath.Ext(file.Name()))
		if file.IsDir() || ext != ".wav" && ext != ".mp3" {
			continue
		}
		e := readEntry(file, filepath.Join(dir, file.Name()))
		e.ReadOnly = true
		f.prompts[e.Name] = e
	}
	return f, nil
}

// Faults are the files that cannot be played, each with its name, in their order.
func (f Folder) Faults() []error {
	var faults []error
	for _, name := range slices.Sorted(maps.Keys(f.prompts)) {
		if err := f.prompts[name].Fault; err != nil {
			faults = append(faults, fmt.Errorf("%s cannot be played, and flows that play it are refused: %w", name, err))
		}
	}
	return faults
}

// SetFolder replaces the account's prompts of the configuration by those of the folder.
// Uploads stay, except those of a name that the folder has.
func (l *Library) SetFolder(account string, f Folder) {
	l.mu.Lock()
	defer l.mu.Unlock()
	next := maps.Collect(maps.All(f.prompts)) // which is never nil
	for name, e := range l.stored[account] {
		of, taken := f.prompts[name]
		if !taken && !e.ReadOnly || taken && e.ReadOnly && e.Digest == of.Digest && of.Fault == nil {
			next[name] = e
		}
	}
	l.stored[account] = next
}

// Find returns a prompt of the folder.
func (f Folder) Find(name string) (Info, bool) {
	e, ok := f.prompts[name]
	return e.Info, ok
}

// FindWith is Find as if the account's folder were f: what a check of flows asks for
// before f is in use.
func (l *Library) FindWith(account, name string, f Folder) (Info, bool) {
	if p, ok := f.Find(name); ok {
		return p, true
	}
	if p, ok := l.Find(account, name); ok && !p.ReadOnly {
		return p, true
	}
	return Info{}, false
}
