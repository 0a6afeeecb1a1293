package store

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"log/slog"
	"path/filepath"
	"slices"
	"time"
)

var quiet = slog.New(slog.DiscardHandler)

// Encode returns events as the journal keeps them.
var Encode = encode

// CheckServer refuses a PostgreSQL server by its server_version_num.
var CheckServer = checkServer

// OpenWith opens the store as a program would whose schema has more versions.
func OpenWith(dir string, log *slog.Logger, more ...[]string) (*Store, error) {
	log = cmp.Or(log, quiet)
	d, err := openSQLite(dir, log, slices.Concat(sqliteSchema, more))
	if err != nil {
		return nil, err
	}
	return open(d, log)
}

// Run runs a statement on the writer's connection.
func (s *Store) Run(ctx context.Context, statement string) error {
	return s.writer.write(ctx, op{apply: func(t *transaction) error {
		if err := t.send(); err != nil {
			return err
		}
		_, err := t.w.conn.ExecContext(ctx, statement)
		return err
	}})
}

// Older makes a SQLite database of an earlier schema in dir and runs statements in it.
func Older(ctx context.Context, dir string, version int, statements ...string) error {
	d, err := openSQLite(dir, quiet, sqliteSchema[:version])
	if err != nil {
		return err
	}
	if err := d.prepare(ctx); err != nil {
		return errors.Join(err, d.close())
	}
	return errors.Join(withFile(filepath.Join(dir, fileName), "rw", func(db *sql.DB) error {
		for _, statement := range statements {
			if _, err := db.ExecContext(ctx, statement); err != nil {
				return err
			}
		}
		return nil
	}), d.close())
}

// Commits counts the commits of the writer.
func (s *Store) Commits(ctx context.Context) (n int64, err error) {
	err = s.writer.write(ctx, op{apply: func(*transaction) error {
		switch d := s.dialect.(type) {
		case *sqliteDialect:
			n = d.checkpoints.commits
		case *postgresDialect:
			n = d.batch
		}
		return nil
	}})
	return n, err
}

// Narrow bounds what waits in memory to so many bytes.
func (s *Store) Narrow(bytes int) {
	s.writer.mu.Lock()
	defer s.writer.mu.Unlock()
	s.writer.maxBytes = bytes
}

// QueueLimit bounds how long an op waits for its batch. Nothing may be written before.
func (s *Store) QueueLimit(d time.Duration) { s.writer.queueLimit = d }

// Queued is how many ops wait for their batch.
func (s *Store) Queued() int {
	s.writer.mu.Lock()
	defer s.writer.mu.Unlock()
	return len(s.writer.queue)
}

// OpenImpatient opens a PostgreSQL database that is to answer within a limit.
func OpenImpatient(url string, limit time.Duration) (*Store, error) {
	d, err := openPostgres(url, quiet, postgresSchema)
	if err != nil {
		return nil, err
	}
	d.(*postgresDialect).answerLimit.Store(int64(limit))
	return open(d, quiet)
}

// CheckpointEvery has a SQLite database's WAL checkpointed after so many commits.
func (s *Store) CheckpointEvery(commits int64) {
	s.dialect.(*sqliteDialect).checkpoints.every.Store(commits)
}
