package store

import (
	"fmt"
	"os"
	"path/filepath"
	"syscall"

	"ringflow/flowengine"
)

// least is the free space, in bytes, below which the disk counts as full. A
// small write may still find a place then, and the next one none.
const least = 1 << 20

// present says why the database is not the file that was opened: an open file
// can be written after it was removed or its disk taken away, and what is written
// to it is lost with the process. Nothing may be promised then.
func (w *writer) present() error {
	path := filepath.Join(w.dir, fileName)
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return fmt.Errorf("the database is gone: put it back, or end this process: %w", err)
	case w.file == nil:
		w.file = info
	case !os.SameFile(w.file, info):
		return fmt.Errorf("%s is another file than the database that was opened: put that back, or end this process", path)
	}
	return nil
}

// roomy says whether the disk of a folder is full.
func roomy(dir string) error {
	var s syscall.Statfs_t
	if err := syscall.Statfs(dir, &s); err != nil {
		return fmt.Errorf("%w: look at the disk of %s: %w", flowengine.ErrUnavailable, dir, err)
	}
	if free := s.Bavail * uint64(s.Bsize); free < least {
		return fmt.Errorf("%w: the disk of %s is full: %d bytes are free, and %d are needed", flowengine.ErrUnavailable, dir, free, least)
	}
	return nil
}
