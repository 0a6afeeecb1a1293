package store

import (
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"ringflow/flowengine/record"
)

// testVFSs counts those of testVFS: SQLite keeps each, and finds it by its name.
var testVFSs atomic.Int64

// testVFS is a VFS of the test alone.
func testVFS(t *testing.T) *sqliteVFS {
	t.Helper()
	v, err := newSQLiteVFS(fmt.Sprint("ringflow-test-", testVFSs.Add(1)))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { runtime.KeepAlive(v) })
	return v
}

// A file is synced for several goroutines at once. A descriptor that cannot be synced is told
// apart from a disk that fails, and ends the requests.
func TestAsyncSync(t *testing.T) {
	var s asyncSync
	f, err := os.Create(filepath.Join(t.TempDir(), "file"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	fd := int32(f.Fd())
	if _, err := newSyncQueue(); err != nil { // as in a container that forbids it
		if err := s.sync(fd); !errors.Is(err, errNoAsyncSync) {
			t.Errorf("where the kernel has no queue: %v", err)
		}
		return
	}
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			for range 20 {
				if _, err := f.WriteAt([]byte("written"), 0); err != nil {
					t.Error(err)
				}
				if err := s.sync(fd); err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	if n := len(s.free); n < 1 || n > 4 {
		t.Errorf("%d queues are left", n)
	}
	pipe := make([]int, 2)
	if err := unix.Pipe2(pipe, unix.O_CLOEXEC); err != nil {
		t.Fatal(err)
	}
	defer func() { _, _ = unix.Close(pipe[0]), unix.Close(pipe[1]) }()
	if err := s.sync(int32(pipe[1])); !errors.Is(err, errNoAsyncSync) {
		t.Errorf("a pipe: %v", err)
	}
	if err := s.sync(fd); !errors.Is(err, errNoAsyncSync) || !s.refused.Load() {
		t.Errorf("after a refusal: %v", err)
	}
	for _, short := range []error{unix.EAGAIN, unix.EMFILE, unix.ENFILE, unix.ENOMEM} {
		var s asyncSync
		if s.note(fmt.Errorf("%w: %w", errNoAsyncSync, short)); s.refused.Load() {
			t.Errorf("%v counts as a refusal of every request", short)
		}
	}
}

// A commit is synced asynchronously, or by the system's own means where the kernel takes no
// such request, and fails where the disk does.
func TestSyncOfACommit(t *testing.T) {
	d, err := openSQLite(t.TempDir(), slog.New(slog.DiscardHandler), sqliteSchema)
	if err != nil {
		t.Fatal(err)
	}
	vfs := testVFS(t)
	d.(*sqliteDialect).vfs = vfs
	s, err := open(d, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}()
	var mu sync.Mutex
	var fails error
	tried, synced := 0, 0
	async := vfs.async
	vfs.async = func(fd int32) error {
		mu.Lock()
		defer mu.Unlock()
		if tried++; fails != nil {
			return fails
		}
		synced++
		return async(fd)
	}
	for n, c := range []struct {
		fails, want error
		synced      int
	}{
		{nil, nil, 1},
		{errNoAsyncSync, nil, 0},
		{unix.EIO, record.ErrUnavailable, 0},
		{nil, nil, 0}, // of a file opened anew, whose folder is synced too
		{nil, nil, 1},
	} {
		mu.Lock()
		fails, tried, synced = c.fails, 0, 0
		mu.Unlock()
		x := record.Execution{ID: record.ExecutionID(fmt.Sprint(n)), Account: "acme", AcceptedAt: time.Now()}
		if err := s.Accept(t.Context(), x); !errors.Is(err, c.want) {
			t.Errorf("%v: %v, want %v", c.fails, err, c.want)
		}
		mu.Lock()
		if synced != c.synced || c.fails != nil && tried == 0 {
			t.Errorf("%d: synced %d times of %d, want %d", n, synced, tried, c.synced)
		}
		fails = nil
		mu.Unlock()
		if _, err := s.Accepted(t.Context(), x.ID); (err == nil) != (c.want == nil) {
			t.Errorf("%v: the execution: %v", c.fails, err)
		}
	}
}
