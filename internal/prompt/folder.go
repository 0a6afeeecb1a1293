package prompt

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Folder is the sound files of a folder of the configuration, read and not yet in
// use. The zero value is an empty one. It is immutable.
type Folder struct {
	prompts map[string]entry
}

// ReadFolder reads every WAV and MP3 file of a folder, by its file name. A file that
// cannot be played is a prompt with a fault.
func ReadFolder(dir string) (Folder, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return Folder{}, fmt.Errorf("load prompts: %w", err)
	}
	f := Folder{prompts: map[string]entry{}}
	for _, e := range entries {
		ext := strings.ToLower(filepath.Ext(e.Name()))
		if e.IsDir() || ext != ".wav" && ext != ".mp3" {
			continue
		}
		p := readEntry(e, filepath.Join(dir, e.Name()))
		p.readOnly = true
		f.prompts[e.Name()] = p
	}
	return f, nil
}

// Faults are the files that cannot be played, each with its name, in their order.
func (f Folder) Faults() []error {
	var faults []error
	for _, name := range slices.Sorted(maps.Keys(f.prompts)) {
		if err := f.prompts[name].fault; err != nil {
			faults = append(faults, fmt.Errorf("%s cannot be played, and flows that play it are refused: %w", name, err))
		}
	}
	return faults
}

// SetFolder puts the folder's prompts in the place of those that the account's
// configuration had before. Nothing but the folder can change them. Uploaded ones
// stay, but for those whose name is taken.
func (l *Library) SetFolder(account string, f Folder) {
	l.mu.Lock()
	defer l.mu.Unlock()
	next := map[string]entry{}
	for name, p := range l.stored[account] {
		if !p.readOnly {
			next[name] = p
		}
	}
	for name, p := range f.prompts {
		if old := l.stored[account][name]; old.readOnly && old.digest == p.digest && p.fault == nil {
			p = old // what is at hand of it stays at hand
		}
		next[name] = p
	}
	l.stored[account] = next
}

// WouldHave says whether the account would have a prompt of this name if its
// folder was set to f.
func (l *Library) WouldHave(account, name string, f Folder) bool {
	if _, there := f.prompts[name]; there {
		return true
	}
	p, there := l.find(account, name)
	return there && !p.readOnly
}

// WouldFault is Fault if the account's folder was set to f.
func (l *Library) WouldFault(account, name string, f Folder) error {
	if p, there := f.prompts[name]; there {
		return p.fault
	}
	if p, there := l.find(account, name); there && !p.readOnly {
		return p.fault
	}
	return nil
}
