package tts

import (
	"cmp"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"
)

// diskCache keeps rendered speech on disk, up to a number of bytes, the least recently used
// removed first. Any goroutine may use it.
type diskCache struct {
	dir   string
	limit int64

	mu   sync.Mutex // guards size and the removal of files
	size int64      // when it was listed last, and what was written since
}

// openDiskCache lists the folder, and removes the partial files of a crash.
func openDiskCache(dir string, limit int64) (*diskCache, error) {
	f := &diskCache{dir: dir, limit: limit}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), partPrefix) {
			_ = os.Remove(filepath.Join(dir, e.Name()))
		}
	}
	f.trim()
	return f, nil
}

// partPrefix begins the name of a partial file.
const partPrefix = ".part-"

// read returns a file, and sets its time of use.
func (f *diskCache) read(name string) ([]byte, error) {
	path := filepath.Join(f.dir, name)
	data, err := os.ReadFile(path)
	if err == nil {
		now := time.Now()
		_ = os.Chtimes(path, now, now) // a wrong time only makes it leave sooner
	}
	return data, err
}

// write is atomic: the whole file, or the one before.
func (f *diskCache) write(name string, data []byte) error {
	part, err := os.CreateTemp(f.dir, partPrefix+"*")
	if err != nil {
		return err
	}
	_, err = part.Write(data)
	if closed := part.Close(); err == nil {
		err = closed
	}
	if err == nil {
		err = os.Rename(part.Name(), filepath.Join(f.dir, name))
	}
	if err != nil {
		_ = os.Remove(part.Name())
		return err
	}
	f.mu.Lock()
	f.size += int64(len(data))
	full := f.size > f.limit
	f.mu.Unlock()
	if full {
		f.trim()
	}
	return nil
}

// trim removes the least recently used files until a tenth of the limit is free, if the
// folder has more than its limit.
func (f *diskCache) trim() {
	f.mu.Lock()
	defer f.mu.Unlock()
	entries, err := os.ReadDir(f.dir)
	if err != nil {
		return
	}
	var files []os.FileInfo
	f.size = 0
	for _, e := range entries {
		if info, err := e.Info(); err == nil && info.Mode().IsRegular() && filepath.Ext(e.Name()) == ".wav" {
			files = append(files, info)
			f.size += info.Size()
		}
	}
	if f.size <= f.limit {
		return
	}
	slices.SortFunc(files, func(a, b os.FileInfo) int {
		return cmp.Or(a.ModTime().Compare(b.ModTime()), strings.Compare(a.Name(), b.Name()))
	})
	for _, info := range files {
		if f.size <= f.limit-f.limit/10 {
			return
		}
		if os.Remove(filepath.Join(f.dir, info.Name())) == nil {
			f.size -= info.Size()
		}
	}
}
