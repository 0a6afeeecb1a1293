// Package storetest is for tests that need a record: it makes folders with an empty one. It
// knows nothing of what a record holds.
package storetest

import (
	"errors"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"ringflow/internal/store"
)

// file is the name of the database in a folder.
const file = "ringflow.db"

// Folder is a folder of the test's own with a record that store.Open finds empty. Only the
// first one of a process is made by statements; the others are copies, a tenth of the price.
func Folder(t testing.TB) string {
	t.Helper()
	dir := t.TempDir()
	database, err := empty()
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, file), database, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

var empty = sync.OnceValues(func() (database []byte, err error) {
	dir, err := os.MkdirTemp("", "storetest")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	s, err := store.Open(dir, nil)
	if err != nil {
		return nil, err
	}
	if err := s.Close(); err != nil {
		return nil, err
	}
	return os.ReadFile(filepath.Join(dir, file))
})
