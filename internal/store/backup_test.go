package store_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"ringflow/flowengine"
	"ringflow/internal/store"
)

// TestBackupBesideTheServer: a process that does not have the store open backs
// it up, and the copy opens as any database does.
func TestBackupBesideTheServer(t *testing.T) {
	dir, copied := t.TempDir(), t.TempDir()
	s := openIn(t, dir)
	for n := range 3 {
		must(t, s.Accept(t.Context(), execution(n)))
	}
	must(t, s.End(t.Context(), execution(0).ID, ending(1, flowengine.StatusFinished)))
	to := filepath.Join(copied, "ringflow.db")
	got, err := store.Backup(t.Context(), dir, to)
	must(t, err)
	info, err := os.Stat(to)
	must(t, err)
	if got.Executions != 3 || got.Bytes != info.Size() || got.Schema == 0 || info.Mode().Perm() != 0o600 {
		t.Errorf("the copy holds %+v, its file is %v", got, info)
	}
	must(t, s.Accept(t.Context(), execution(3)))
	h, err := openIn(t, copied).History(t.Context(), "acme", execution(0).ID)
	if err != nil || h.Status != flowengine.StatusFinished {
		t.Errorf("the copy tells %v, %v", h.Status, err)
	}
	if _, err := store.Backup(t.Context(), dir, to); err == nil {
		t.Error("a backup overwrites a file")
	}
	t.Chdir(filepath.Dir(dir))
	if _, err := store.Backup(t.Context(), filepath.Base(dir), "copy.db"); err != nil {
		t.Errorf("where paths are relative: %v", err)
	}
}

func TestBackupOfNothing(t *testing.T) {
	dir := t.TempDir()
	to := filepath.Join(t.TempDir(), "copy.db")
	if _, err := store.Backup(t.Context(), dir, to); err == nil || !strings.Contains(err.Error(), "no database of Ringflow in "+dir) {
		t.Errorf("it says %v", err)
	}
	must(t, os.WriteFile(filepath.Join(dir, "ringflow.db"), []byte(strings.Repeat("no database ", 1000)), 0o600))
	if _, err := store.Backup(t.Context(), dir, to); err == nil {
		t.Error("something else was backed up")
	}
	for path, want := range map[string]int{dir: 1, filepath.Dir(to): 0} {
		left, err := os.ReadDir(path)
		if err != nil || len(left) != want {
			t.Errorf("%s holds %v, %v", path, left, err)
		}
	}
}
