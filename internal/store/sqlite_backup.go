package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"ringflow/internal/durable"
)

// Contents is what a database file holds.
type Contents struct {
	Schema               int // version
	Executions, Versions int // of flows
	Sealed               int // secrets, connections, functions and webhooks, which only the secrets key opens
	Bytes                int64
}

// Backup writes a consistent copy of the database in dir to a new file, while
// the server that has it open goes on writing, and then reads the whole copy. It
// returns what the copy holds; if the copy is not good, none is left behind. A
// server that opens the copy runs nothing that it had accepted: see Interrupt.
func Backup(ctx context.Context, dir, path string) (Contents, error) {
	dir, err := filepath.Abs(dir)
	if err == nil {
		_, err = os.Stat(filepath.Join(dir, fileName))
	}
	if err != nil {
		return Contents{}, fmt.Errorf("back up: there is no database of Ringflow in %s (pg_dump copies one in PostgreSQL): %w", dir, err)
	}
	var found Contents
	err = copyDatabase(ctx, dir, path, func(copied string) (err error) {
		found, err = contentsOf(ctx, copied)
		return err
	})
	if err != nil {
		return Contents{}, fmt.Errorf("back up to %s: %w", path, err)
	}
	return found, nil
}

// sealedSince is the schema that brought resources.
const sealedSince = 8

// contentsOf reads every page of a database file.
func contentsOf(ctx context.Context, path string) (c Contents, err error) {
	if c.Schema, err = inspect(ctx, path, true); err != nil {
		return c, err
	}
	if c.Schema == 0 {
		return c, errors.New("it holds nothing")
	}
	info, err := os.Stat(path)
	if err != nil {
		return c, err
	}
	c.Bytes = info.Size()
	return c, withFile(path, "ro", func(db *sql.DB) error {
		const both = `SELECT (SELECT count(*) FROM executions), (SELECT count(*) FROM versions)`
		if err := db.QueryRowContext(ctx, both).Scan(&c.Executions, &c.Versions); err != nil || c.Schema < sealedSince {
			return err
		}
		return db.QueryRowContext(ctx, `SELECT count(*) FROM resources`).Scan(&c.Sealed)
	})
}

// writeCopy writes a consistent copy of the whole database in dir to a new file,
// while others write, and marks it as one: see isCopy.
func writeCopy(ctx context.Context, dir, path string) error {
	run := func(statement string, args ...any) func(*sql.DB) error {
		return func(db *sql.DB) error { _, err := db.ExecContext(ctx, statement, args...); return err }
	}
	if err := withFile(filepath.Join(dir, fileName), "rw", run(`VACUUM INTO ?`, path)); err != nil {
		return err
	}
	return withFile(path, "rw", run(`PRAGMA user_version = 1`))
}

// halfWritten is in the name of a copy until it is whole.
const halfWritten = ".half-"

// copyDatabase copies the database in dir to a file that does not exist yet. The
// file gets its name once the copy is on the disk and check, if there is one, has
// found it good: a process that is killed before leaves a file of another name
// behind, and an error leaves none.
func copyDatabase(ctx context.Context, dir, path string, check func(copied string) error) (err error) {
	absent := func() error {
		if _, err := os.Lstat(path); !errors.Is(err, os.ErrNotExist) {
			return errors.Join(err, os.ErrExist)
		}
		return nil
	}
	if err := absent(); err != nil {
		return err
	}
	half, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+halfWritten+"*") // for its owner alone
	if err != nil {
		return err
	}
	defer func() {
		if err == nil {
			return
		}
		if left := os.Remove(half.Name()); !errors.Is(left, os.ErrNotExist) {
			err = errors.Join(err, left)
		}
	}()
	if err := half.Close(); err != nil {
		return err
	}
	if err := writeCopy(ctx, dir, half.Name()); err != nil {
		return err
	}
	if check != nil {
		if err := check(half.Name()); err != nil {
			return fmt.Errorf("the copy cannot be read again: %w", err)
		}
	}
	if err := errors.Join(durable.Sync(half.Name()), absent()); err != nil {
		return err
	}
	if err := os.Rename(half.Name(), path); err != nil {
		return err
	}
	return durable.Sync(filepath.Dir(path))
}

// clearHalfWritten removes what a change of the schema that was killed left of
// its backup.
func clearHalfWritten(dir string) error {
	halves, err := fs.Glob(os.DirFS(dir), schemaBackup+"*"+halfWritten+"*")
	for _, half := range halves {
		err = errors.Join(err, os.Remove(filepath.Join(dir, half)))
	}
	return err
}
