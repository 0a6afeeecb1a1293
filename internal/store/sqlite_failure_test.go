package store_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"ringflow/flowengine/record"
	"ringflow/internal/store"
)

func TestLockedDatabase(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := openIn(t, dir)
	other, err := sql.Open("sqlite", filepath.Join(dir, "ringflow.db"))
	must(t, err)
	defer other.Close()
	conn, err := other.Conn(t.Context())
	must(t, err)
	defer conn.Close()
	do := func(statement string) func() {
		return func() {
			t.Helper()
			_, err := conn.ExecContext(t.Context(), statement)
			must(t, err)
		}
	}
	refusedThenTaken(t, s, do(`BEGIN IMMEDIATE`), do(`ROLLBACK`))
}

func TestFullDisk(t *testing.T) {
	t.Parallel()
	s := openIn(t, t.TempDir())
	x := execution(1)
	must(t, s.Accept(t.Context(), x))
	must(t, s.Run(t.Context(), `PRAGMA max_page_count = 1`)) // the least that is possible: as many as there are
	large := execution(2)
	large.Arguments["text"] = strings.Repeat("x", 100_000)
	if err := s.Accept(t.Context(), large); !errors.Is(err, record.ErrUnavailable) {
		t.Errorf("Accept says %v, want ErrUnavailable", err)
	}
	if _, err := s.History(t.Context(), "acme", large.ID); !errors.Is(err, record.ErrNoExecution) {
		t.Errorf("what was refused is there: %v", err)
	}
	s.Append(x.ID, event(1, record.KeyPressed, func(e *record.Event) { e.Detail = large.Arguments["text"] }))
	if err := s.Check(t.Context()); !errors.Is(err, record.ErrUnavailable) {
		t.Errorf("Check says %v, want ErrUnavailable", err)
	}
	must(t, s.Run(t.Context(), `PRAGMA max_page_count = 1000000`))
	if h := eventually(t, s, x.ID, 1); len(h.Events[0].Detail) != 100_000 {
		t.Errorf("the event that waited is %+v", h.Events)
	}
	must(t, s.Accept(t.Context(), large))
}

// A disk that refuses to write fails with another error than a full one, and
// costs the connection.
func TestDiskThatRefusesToWrite(t *testing.T) {
	t.Parallel()
	out, err := command("starve", t.TempDir()).CombinedOutput()
	if err != nil || !strings.Contains(string(out), "recovered") {
		t.Errorf("%v: %s", err, out)
	}
}

// starve limits the size of files to what there is, and lifts the limit again.
func starve(dir string) {
	signal.Ignore(syscall.SIGXFSZ)
	s, err := store.Open(dir, nil)
	check(err)
	check(s.Accept(context.Background(), execution(1)))
	limit := func(n uint64) {
		var l syscall.Rlimit
		check(syscall.Getrlimit(syscall.RLIMIT_FSIZE, &l))
		l.Cur = n
		check(syscall.Setrlimit(syscall.RLIMIT_FSIZE, &l))
	}
	limit(1000)
	if err := s.Accept(context.Background(), execution(2)); !errors.Is(err, record.ErrUnavailable) {
		panic(fmt.Sprintf("Accept says %v", err))
	}
	limit(1 << 40)
	check(s.Accept(context.Background(), execution(2)))
	_, err = s.History(context.Background(), "acme", execution(1).ID)
	check(err)
	check(s.Close())
	fmt.Println("recovered")
}

// A write to a file that has no name any more is refused, and
// nothing is made in its place.
func TestDatabaseThatIsTakenAway(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := filepath.Join(dir, "ringflow.db")
	s := openIn(t, dir)
	refusedThenTaken(t, s, func() { must(t, os.Rename(path, path+".gone")) }, func() {
		if _, err := os.Stat(path); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("there is something in its place: %v", err)
		}
		must(t, os.Rename(path+".gone", path))
	})
	must(t, os.Rename(path, path+".gone"))
	text, err := os.ReadFile(path + ".gone")
	must(t, err)
	must(t, os.WriteFile(path, text, 0o600)) // its very image, and another file
	if err := s.Accept(t.Context(), execution(3)); !errors.Is(err, record.ErrUnavailable) || !strings.Contains(err.Error(), "another file") {
		t.Errorf("Accept says %v, want ErrUnavailable", err)
	}
	must(t, os.Rename(path+".gone", path))
	must(t, s.Accept(t.Context(), execution(3)))
}

// A probe reaches the disk each time, or it would prove nothing.
func TestCheckWrites(t *testing.T) {
	dir := t.TempDir()
	s := openIn(t, dir)
	log := filepath.Join(dir, "ringflow.db-wal")
	for range 3 {
		before, err := os.Stat(log)
		must(t, err)
		must(t, s.Check(t.Context()))
		if now, err := os.Stat(log); err != nil || now.Size() <= before.Size() {
			t.Errorf("the log had %d bytes, then %d, %v", before.Size(), now.Size(), err)
		}
	}
}
