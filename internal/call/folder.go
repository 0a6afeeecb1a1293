package call

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// Folder is the sound files of a folder of the configuration, read and not yet in
// use. The zero value is an empty one. It is immutable.
type Folder struct {
	prompts map[string]storedPrompt
}

// ReadFolder reads every WAV and MP3 file of a folder, by its file name. The error
// names the first file that cannot be used.
func ReadFolder(dir string) (Folder, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return Folder{}, fmt.Errorf("load prompts: %w", err)
	}
	f := Folder{prompts: map[string]storedPrompt{}}
	for _, e := range entries {
		ext := strings.ToLower(filepath.Ext(e.Name()))
		if e.IsDir() || ext != ".wav" && ext != ".mp3" {
			continue
		}
		p, err := loadPrompt(e, filepath.Join(dir, e.Name()))
		if err != nil {
			return Folder{}, fmt.Errorf("load prompt %s: %w", e.Name(), err)
		}
		p.fixed = true
		f.prompts[e.Name()] = p
	}
	return f, nil
}

// SetFolder puts the folder's prompts in the place of those that the account's
// configuration had before. Nothing but the folder can change them. Uploaded ones
// stay, but for those whose name is taken.
func (l *Library) SetFolder(account string, f Folder) {
	l.mu.Lock()
	defer l.mu.Unlock()
	next := map[string]storedPrompt{}
	for name, p := range l.stored[account] {
		if !p.fixed {
			next[name] = p
		}
	}
	for name, p := range f.prompts {
		if old := l.stored[account][name]; old.fixed && old.digest == p.digest {
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
	return there && !p.fixed
}
