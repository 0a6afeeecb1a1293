package durable_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"ringflow/internal/durable"
)

func TestWrite(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "file")
	for _, step := range []struct {
		data, want string
		rename     func(from, to string) error
		err        error
	}{
		{"first", "first", os.Link, nil},
		{"second", "first", os.Link, fs.ErrExist},
		{"third", "third", os.Rename, nil},
	} {
		if err := durable.Write(path, ".half-", []byte(step.data), step.rename); !errors.Is(err, step.err) {
			t.Errorf("write %s: %v", step.data, err)
		}
		got, err := os.ReadFile(path)
		if err != nil || string(got) != step.want {
			t.Errorf("after %s it is %q, %v", step.data, got, err)
		}
		if files, err := os.ReadDir(dir); err != nil || len(files) != 1 {
			t.Errorf("after %s there are %v, %v", step.data, files, err)
		}
	}
	if info, err := os.Stat(path); err != nil || info.Mode() != 0o600 {
		t.Errorf("the file is %v, %v", info, err)
	}
}
