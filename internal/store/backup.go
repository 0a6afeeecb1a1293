package store

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// Contents is what a database file holds.
type Contents struct {
	Schema               int // version
	Executions, Versions int // of flows
	Bytes                int64
}

// Backup writes a consistent copy of the database in dir to a new file, while
// the server that has it open goes on writing, and then reads the whole copy. It
// returns what the copy holds; if the copy is not good, none is left behind.
func Backup(ctx context.Context, dir, path string) (Contents, error) {
	dir, err := filepath.Abs(dir)
	if err == nil {
		_, err = os.Stat(filepath.Join(dir, fileName))
	}
	if err != nil {
		return Contents{}, fmt.Errorf("back up: there is no database of Ringflow in %s: %w", dir, err)
	}
	if err := copyDatabase(ctx, dir, path); err != nil {
		return Contents{}, fmt.Errorf("back up to %s: %w", path, err)
	}
	found, err := contentsOf(ctx, path)
	if err != nil {
		return Contents{}, errors.Join(fmt.Errorf("back up to %s: the copy cannot be read again: %w", path, err), os.Remove(path))
	}
	return found, nil
}

// contentsOf reads every page of a database file.
func contentsOf(ctx context.Context, path string) (c Contents, err error) {
	var d dialect
	if c.Schema, err = d.inspect(ctx, path, true); err != nil {
		return c, err
	}
	info, err := os.Stat(path)
	if err != nil {
		return c, err
	}
	c.Bytes = info.Size()
	db, err := d.openFile(path)
	if err != nil {
		return c, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	if c.Schema == 0 {
		return c, errors.New("it holds nothing")
	}
	const both = `SELECT (SELECT count(*) FROM executions), (SELECT count(*) FROM versions)`
	return c, db.QueryRowContext(ctx, both).Scan(&c.Executions, &c.Versions)
}

// Backup writes a consistent copy of the database to a new file, while others
// go on writing.
func (s *Store) Backup(ctx context.Context, path string) error {
	_, err := Backup(ctx, s.writer.dir, path)
	return err
}

// copyDatabase copies the database in dir to a file that does not exist yet,
// and leaves none behind if it fails. It returns once the copy is on the disk.
func copyDatabase(ctx context.Context, dir, path string) error {
	if err := private(path, os.O_EXCL); err != nil {
		return err
	}
	var d dialect
	err := d.copyTo(ctx, dir, path)
	if err == nil {
		err = syncFiles(path, filepath.Dir(path))
	}
	if err != nil {
		return errors.Join(err, os.Remove(path))
	}
	return nil
}

// syncFiles has the disk hold what the files and folders hold.
func syncFiles(paths ...string) error {
	for _, path := range paths {
		f, err := os.Open(path)
		if err != nil {
			return err
		}
		if err := errors.Join(f.Sync(), f.Close()); err != nil {
			return err
		}
	}
	return nil
}
