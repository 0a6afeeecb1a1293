package store_test

import (
	"testing"

	"ringflow/internal/store"
)

func TestFolderMayBeRelative(t *testing.T) {
	t.Chdir(t.TempDir())
	for _, dir := range []string{"data", "./a b/c%20d?x#y", "."} {
		s, err := store.Open(dir, nil)
		if err != nil {
			t.Fatalf("%s: %v", dir, err)
		}
		if err := s.Close(); err != nil {
			t.Errorf("%s: %v", dir, err)
		}
	}
}
