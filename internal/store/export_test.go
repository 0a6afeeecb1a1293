package store

import (
	"context"
	"log/slog"
)

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
