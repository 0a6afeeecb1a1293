package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"os/user"
	"path/filepath"
	"sync"
	"syscall"
	"time"

	"ringflow/flowengine"
	"ringflow/internal/auth"
)

// readers is how many connections read at the same time.
const readers = 4

// Store is the record of everything, in one database file. Its methods may be
// called by several goroutines. It owns the writer's goroutine, which Close
// waits for.
type Store struct {
	log    *slog.Logger
	lock   *os.File
	reads  *sql.DB
	writer *writer

	published versionCache

	close    sync.Once
	closeErr error
}

var (
	_ flowengine.Record   = (*Store)(nil)
	_ flowengine.Versions = (*Store)(nil)
	_ auth.Tokens         = (*Store)(nil)
)

// Open opens the database in dir, or creates both. Only one process may have
// it open. A database that a newer program wrote, or that is damaged, is
// refused and left as it is; one of an older schema is copied to a file beside
// it and then brought up to date. log may be nil.
func Open(dir string, log *slog.Logger) (*Store, error) {
	return open(dir, log, migrations())
}

func open(dir string, log *slog.Logger, steps [][]string) (_ *Store, err error) {
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	dir, err = filepath.Abs(dir)
	if err == nil {
		err = os.MkdirAll(dir, 0o700)
	}
	if err != nil {
		return nil, unusable(dir, err)
	}
	s := &Store{log: log}
	defer func() {
		if err != nil {
			err = errors.Join(err, s.release())
		}
	}()
	if s.lock, err = lockDir(dir); err != nil {
		return nil, err
	}
	if err := roomy(dir); err != nil {
		return nil, fmt.Errorf("open store: %w", err)
	}
	if err := checkEmptied(dir); err != nil {
		return nil, fmt.Errorf("open database %s: restore a backup, or take the file away to begin anew; it was left as it is: %w", filepath.Join(dir, fileName), err)
	}
	if err := private(filepath.Join(dir, fileName)); err != nil {
		return nil, fmt.Errorf("open store: %w", err)
	}
	ctx := context.Background()
	if err := prepare(ctx, dir, steps); err != nil {
		return nil, err
	}
	var d dialect
	if s.reads, err = d.openReaders(dir); err != nil {
		return nil, fmt.Errorf("open store: %w", err)
	}
	w := newWriter(dir, log)
	if err := w.connect(); err != nil {
		return nil, fmt.Errorf("open store: %w", errors.Join(err, w.disconnect()))
	}
	s.writer, w.folder = w, newFolder(s.reads, log)
	go w.run()
	return s, nil
}

// private creates a file that nobody else may read, unless there is one. The
// files that the database puts beside it get its permissions.
func private(path string) error {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return err
	}
	return f.Close()
}

// unusable says of a data folder that cannot be made or written who tried.
func unusable(dir string, err error) error {
	if !errors.Is(err, fs.ErrPermission) {
		return fmt.Errorf("open store: %w", err)
	}
	who := fmt.Sprintf("user %d", os.Geteuid())
	if u, lacking := user.Current(); lacking == nil {
		who = "user " + u.Username
	}
	return fmt.Errorf("open store: %w: %s may not write to %s, which --data names: choose another folder, or give this one to the user", err, who, dir)
}

// lockDir keeps every other process out of dir while the file is open: two
// engines on one record would dial everybody twice.
func lockDir(dir string) (*os.File, error) {
	f, err := os.OpenFile(filepath.Join(dir, "lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, unusable(dir, err)
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		return nil, errors.Join(fmt.Errorf("open store: another process uses %s, end it or give another directory: %w", dir, err), f.Close())
	}
	return f, nil
}

// Close writes what is waiting and closes the database. It may be called more
// than once. Nothing may be written afterwards.
func (s *Store) Close() error {
	s.close.Do(func() { s.closeErr = s.release() })
	return s.closeErr
}

func (s *Store) release() error {
	var err error
	if s.writer != nil {
		s.writer.folder.stop()
		err = s.writer.stop()
	}
	if s.reads != nil {
		err = errors.Join(err, s.reads.Close())
	}
	if s.lock != nil {
		err = errors.Join(err, s.lock.Close())
	}
	return err
}

// Check writes nothing that matters, and proves that it could: ErrUnavailable if
// the record cannot be written now, or soon because the disk is full.
func (s *Store) Check(ctx context.Context) error {
	if err := roomy(s.writer.dir); err != nil {
		return err
	}
	return s.writer.do(ctx, probe{})
}

// micros is how times are kept; the zero time is NULL.
func micros(t time.Time) sql.NullInt64 {
	return sql.NullInt64{Int64: t.UnixMicro(), Valid: !t.IsZero()}
}

func fromMicros(n sql.NullInt64) time.Time {
	if !n.Valid {
		return time.Time{}
	}
	return time.UnixMicro(n.Int64).UTC()
}
