package store

import (
	"context"
	"errors"
	"log/slog"
	"path/filepath"
)

// Encode returns events as the journal keeps them.
var Encode = encode

// OpenWith opens the store as a program would whose schema has more versions.
func OpenWith(dir string, log *slog.Logger, more ...[]string) (*Store, error) {
	return open(dir, log, append(migrations(), more...))
}

// Run runs a statement on the writer's connection.
func (s *Store) Run(ctx context.Context, statement string) error {
	return s.writer.do(ctx, raw(statement))
}

type raw string

func (o raw) apply(t *transaction) error {
	_, err := t.w.conn.ExecContext(context.Background(), string(o))
	return err
}
func (raw) settle(*writer, error) {}
func (raw) kept() bool            { return false }

// Older makes a database of an earlier schema in dir and runs statements in it.
func Older(ctx context.Context, dir string, version int, statements ...string) error {
	if err := private(filepath.Join(dir, fileName)); err != nil {
		return err
	}
	if err := prepare(ctx, dir, migrations()[:version]); err != nil {
		return err
	}
	var d dialect
	db, err := d.openWriter(dir)
	if err != nil {
		return err
	}
	for _, statement := range statements {
		if _, err := db.ExecContext(ctx, statement); err != nil {
			return errors.Join(err, db.Close())
		}
	}
	return db.Close()
}

// Narrow bounds what waits in memory to so many bytes.
func (s *Store) Narrow(bytes int) {
	s.writer.mu.Lock()
	defer s.writer.mu.Unlock()
	s.writer.most = bytes
}

// FoldEvery has the log of changes folded after so many commits.
func (s *Store) FoldEvery(commits int64) { s.writer.folder.every.Store(commits) }
