package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/user"
	"path/filepath"
	"syscall"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"ringflow/flowengine/record"
)

// minFree is the free space, in bytes, below which the disk counts as full: a
// small write may still succeed then, and the next one not.
const minFree = 1 << 20

// writable returns why the database is not the file that was opened: an open
// file can be written after it was removed or its disk taken away, and what is
// written to it is lost with the process.
func (d *sqliteDialect) writable() error {
	info, err := os.Stat(d.path())
	switch {
	case err != nil:
		return fmt.Errorf("the database is gone: put it back, or end this process: %w", err)
	case d.file == nil:
		d.file = info
	case !os.SameFile(d.file, info):
		return fmt.Errorf("%s is another file than the database that was opened: put that back, or end this process", d.path())
	}
	return nil
}

// checkFreeSpace returns an error if the disk of a folder is full.
func checkFreeSpace(dir string) error {
	var s syscall.Statfs_t
	if err := syscall.Statfs(dir, &s); err != nil {
		return fmt.Errorf("%w: look at the disk of %s: %w", record.ErrUnavailable, dir, err)
	}
	if free := s.Bavail * uint64(s.Bsize); free < minFree {
		return fmt.Errorf("%w: the disk of %s is full: %d bytes are free, and %d are needed", record.ErrUnavailable, dir, free, minFree)
	}
	return nil
}

// errEmptied: the file has no byte left of a record that was there.
var errEmptied = errors.New("it is empty, but what lies beside it says that there was a record")

// checkEmptied returns errEmptied if a database of no bytes in dir was not always
// that. A new one is empty until its schema is written, and a process may die
// before; but what accounts keep, an older schema's copy and what the writer has
// not yet moved to the file come only with a record. To begin anew all the same,
// take the empty file away: where there is none, nothing was emptied.
func checkEmptied(dir string) error {
	if info, err := os.Stat(filepath.Join(dir, fileName)); err != nil || info.Size() > 0 {
		return nil // an error shows again when the file is opened
	}
	root := os.DirFS(dir)
	for _, pattern := range []string{"secrets.key", fileName + "-wal", schemaBackup + "*", "prompts/*/*"} {
		found, err := fs.Glob(root, pattern)
		if err != nil {
			return fmt.Errorf("look beside the database: %w", err)
		}
		for _, name := range found {
			switch info, err := fs.Stat(root, name); {
			case errors.Is(err, fs.ErrNotExist):
			case err != nil:
				return fmt.Errorf("look beside the database: %w", err)
			case info.Size() > 0:
				return fmt.Errorf("%w: %s", errEmptied, name)
			}
		}
	}
	return nil
}

// unusable names the user of a data folder that cannot be made or written.
func unusable(dir string, err error) error {
	if !errors.Is(err, fs.ErrPermission) {
		return fmt.Errorf("open store: %w", err)
	}
	owner := fmt.Sprintf("user %d", os.Geteuid())
	if u, lacking := user.Current(); lacking == nil {
		owner = "user " + u.Username
	}
	return fmt.Errorf("open store: %w: %s may not write to %s, which --data names: choose another folder, or give this one to the user", err, owner, dir)
}

// lockDir keeps every other process out of dir while the file is open: two
// engines on one record would dial everything twice.
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

// unlockDir lets others into the directory of a lock. The close alone would not
// while a child that is between fork and exec holds a duplicate of the descriptor.
func unlockDir(f *os.File) error {
	return errors.Join(syscall.Flock(int(f.Fd()), syscall.LOCK_UN), f.Close())
}

// withFile opens a database file, has use work with it, and closes it.
func withFile(path, mode string, use func(*sql.DB) error) error {
	path, err := filepath.Abs(path)
	if err != nil {
		return err
	}
	db, err := sql.Open("sqlite", sqliteURI(path, mode))
	if err != nil {
		return err
	}
	return errors.Join(use(db), db.Close())
}

// inspect reads the schema version of the database in a file without changing a
// byte of it: 0 for an empty one. Only the half of a transaction that a process
// wrote before it died is rolled back first, because the file cannot be read
// before; that is so while a new one is not yet in WAL mode.
func inspect(ctx context.Context, path string, whole bool) (version int, err error) {
	read := func(db *sql.DB) (err error) { version, err = schemaVersion(ctx, db, whole); return err }
	err = withFile(path, "ro", read)
	if e, is := errors.AsType[*sqlite.Error](err); is && e.Code() == sqlite3.SQLITE_READONLY_ROLLBACK {
		err = wrap("roll back what was half written", withFile(path, "rw", read))
	}
	return version, err
}

func schemaVersion(ctx context.Context, db *sql.DB, whole bool) (version int, err error) {
	var tables, own int
	const count = `SELECT count(*), count(*) FILTER (WHERE name = 'schema_version') FROM sqlite_master`
	if err := db.QueryRowContext(ctx, count).Scan(&tables, &own); err != nil {
		return 0, err
	}
	if whole {
		var found string
		if err := db.QueryRowContext(ctx, `PRAGMA quick_check(1)`).Scan(&found); err != nil {
			return 0, err
		}
		if found != "ok" {
			return 0, errors.New(found)
		}
	}
	switch {
	case own == 0 && tables > 0:
		return 0, errors.New("it holds tables of another program")
	case own == 0:
		return 0, nil
	}
	err = db.QueryRowContext(ctx, `SELECT version FROM schema_version`).Scan(&version)
	return version, err
}
