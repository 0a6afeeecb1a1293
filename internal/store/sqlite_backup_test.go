package store_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"ringflow/flowengine/record"
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
	must(t, s.End(t.Context(), execution(0).ID, ending(1, record.StatusFinished)))
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
	if err != nil || h.Status != record.StatusFinished {
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

// A server on a restored backup runs nothing that the backup has as accepted: it
// may have been dialled since, or is going to be. All of it has its one end. What
// is accepted from then on lives through restarts as anywhere else, and so does
// all in the database that the backup was made of.
func TestRestoredBackupDialsNothing(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := openIn(t, dir)
	const ended, begun, accepted, scheduled = 0, 1, 2, 3
	for n := range 4 {
		x := execution(n)
		if n == scheduled {
			x.StartAt = moment().AddDate(0, 0, 1)
		}
		must(t, s.Accept(t.Context(), x))
		if n <= begun {
			must(t, s.Begin(t.Context(), x.ID, moment(), event(1, record.ExecutionAccepted, nil)))
		}
	}
	must(t, s.End(t.Context(), execution(ended).ID, ending(2, record.StatusFinished)))
	restored := t.TempDir()
	must(t, second(store.Backup(t.Context(), dir, filepath.Join(restored, "ringflow.db"))))

	c := openIn(t, restored)
	if n, err := c.Interrupt(t.Context()); n != 3 || err != nil {
		t.Errorf("Interrupt = %d, %v, want 3", n, err)
	}
	for n := range 4 {
		h, err := c.History(t.Context(), "acme", execution(n).ID)
		must(t, err)
		whole(t, h)
		status, reason := record.StatusInterrupted, "restored"
		if n == ended {
			status, reason = record.StatusFinished, "because"
		}
		if h.Status != status || h.Error != reason || h.Events[0].Kind != record.ExecutionAccepted && n != ended {
			t.Errorf("%d is %+v", n, h)
		}
		if n >= accepted && (!h.Events[0].At.Equal(h.AcceptedAt) || !h.StartedAt.IsZero()) {
			t.Errorf("%d begins with %+v", n, h.Events[0])
		}
	}
	unfinished := func(s *store.Store, want ...int) {
		t.Helper()
		found := unfinishedIn(t, s)
		var got, ids []record.ExecutionID
		for _, x := range found {
			got = append(got, x.ID)
		}
		for _, n := range want {
			ids = append(ids, execution(n).ID)
		}
		if !slices.Equal(got, ids) {
			t.Errorf("unfinished are %v, want %v", got, ids)
		}
	}
	unfinished(c)
	must(t, c.Accept(t.Context(), execution(4)))
	must(t, c.Close())
	c = openIn(t, restored)
	if n, err := c.Interrupt(t.Context()); n != 0 || err != nil {
		t.Errorf("after a restart Interrupt = %d, %v", n, err)
	}
	unfinished(c, 4)

	must(t, s.Close())
	s = openIn(t, dir)
	if n, err := s.Interrupt(t.Context()); n != 1 || err != nil {
		t.Errorf("in the original Interrupt = %d, %v", n, err)
	}
	unfinished(s, accepted, scheduled)
}
