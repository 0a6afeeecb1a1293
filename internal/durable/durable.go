// Package durable writes files that a loss of power leaves whole. It does not know what
// they hold.
package durable

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
)

// Write writes a file for its owner alone under a name that begins with prefix, and gives
// it that of path once it is on the disk: rename is os.Rename, which replaces a file of
// that name, or os.Link, which fails if there is one. An error leaves path as it was,
// unless it is of the folder, whose names are synced last.
func Write(path, prefix string, data []byte, rename func(from, to string) error) error {
	f, err := os.CreateTemp(filepath.Dir(path), prefix+"*")
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	if err = errors.Join(err, f.Sync(), f.Close()); err == nil {
		err = rename(f.Name(), path)
	}
	if left := os.Remove(f.Name()); !errors.Is(left, fs.ErrNotExist) {
		err = errors.Join(err, left)
	}
	if err != nil {
		return err
	}
	return Sync(filepath.Dir(path))
}

// Sync has the disk hold what a file holds, or the names in a folder.
func Sync(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}
