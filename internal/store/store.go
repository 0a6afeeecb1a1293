// Package store keeps the record in one database: executions and their
// journals, the versions of flows, tokens, resources and the outbox of webhooks.
// It implements flowengine.Executions, flowengine.Versions, auth.Tokens and
// webhook.Outbox.
//
// Every write goes through one goroutine, the writer, which commits all ops that
// wait as one transaction (group commit): they share the cost of the disk. Reads
// use a pool of their own and never wait for a write.
//
// The prefix of a file says its part: commit_ the writer, execution_, journal_,
// outbox_ and version_ the tables of that name, read_ the pool, sqlite_ and postgres_
// a dialect: what differs between databases. The package knows neither HTTP nor how a
// flow runs.
package store

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"ringflow/flowengine"
	"ringflow/flowengine/record"
	"ringflow/internal/auth"
)

// Store is the record of everything, in one database. Its methods may be called by
// several goroutines. It owns the writer's goroutine, which Close waits for.
type Store struct {
	log     *slog.Logger
	dialect dialect
	pool    *sql.DB // that reads
	reads   reader  // of the pool
	writer  *writer

	// published holds versions by account, and flow id or alias: each trigger asks for one.
	// A publication, which is never another process's, puts an empty one in its place.
	published atomic.Pointer[sync.Map]

	close    sync.Once
	closeErr error
}

var (
	_ flowengine.Executions = (*Store)(nil)
	_ flowengine.Versions   = (*Store)(nil)
	_ auth.Tokens           = (*Store)(nil)
)

// Open opens the record: the SQLite database in a folder, whose path at is, or a
// PostgreSQL database, whose URL it is (postgres://...). Only one process may have
// it open. A database that a newer program wrote, or that is damaged, is
// refused and left as it is. SQLite's folder and database are created if there is none, and
// a database of an older schema is copied to a file beside it before its schema changes. log may be nil.
func Open(at string, log *slog.Logger) (*Store, error) {
	log = cmp.Or(log, slog.New(slog.DiscardHandler))
	openDialect, steps := openSQLite, sqliteSchema
	if scheme, _, _ := strings.Cut(at, "://"); scheme == "postgres" || scheme == "postgresql" {
		openDialect, steps = openPostgres, postgresSchema
	}
	d, err := openDialect(at, log, steps)
	if err != nil {
		return nil, err
	}
	return open(d, log)
}

// open begins to read and write. It closes the dialect if it fails.
func open(d dialect, log *slog.Logger) (_ *Store, err error) {
	s := &Store{log: log, dialect: d}
	s.published.Store(new(sync.Map))
	defer func() {
		if err != nil {
			err = errors.Join(err, d.close())
		}
	}()
	if err := d.prepare(context.Background()); err != nil {
		return nil, err
	}
	if s.pool, err = d.openReaders(); err != nil {
		return nil, fmt.Errorf("open store: %w", err)
	}
	s.pool.SetMaxOpenConns(readers)
	s.pool.SetMaxIdleConns(readers)
	s.reads = reader{s.pool, d}
	w := newWriter(d, log)
	if _, err := w.connect(); err != nil {
		return nil, fmt.Errorf("open store: %w", errors.Join(err, w.disconnect()))
	}
	s.writer = w
	go w.run()
	return s, nil
}

// Close writes what is queued and closes the database. It may be called more than
// once. Nothing may be written afterwards.
func (s *Store) Close() error {
	s.close.Do(func() { s.closeErr = errors.Join(s.writer.stop(), s.dialect.close()) })
	return s.closeErr
}

// Check proves that the record can be written, and writes nothing that matters. It
// returns ErrUnavailable if it cannot, or soon cannot because the disk is full, and if
// the database does not answer before ctx ends.
func (s *Store) Check(ctx context.Context) error {
	err := s.writer.write(ctx, op{apply: s.dialect.probe, changesNothing: true})
	if err != nil && ctx.Err() != nil {
		err = fmt.Errorf("%w: %w", errNoAnswer, err)
	}
	return err
}

// Flush waits until everything that was queued before is written, over failures of the
// database, or ctx ends: the error is ErrUnavailable then, and says what is missing, nil
// if that is nothing.
func (s *Store) Flush(ctx context.Context) error {
	for {
		err := s.writer.write(ctx, op{apply: func(*transaction) error { return nil }, changesNothing: true})
		if err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			missing := s.Unwritten()
			if missing != nil {
				missing = fmt.Errorf("%w: %w", missing, err)
			}
			return missing
		case <-time.After(retryDelay):
		}
	}
}

// Unwritten returns an ErrUnavailable that says what has happened and is not in the
// record yet, nil if that is nothing. It does not wait.
func (s *Store) Unwritten() error {
	writes, executions := s.writer.unwritten()
	if writes == 0 {
		return nil
	}
	return fmt.Errorf("events were lost: %w: %d writes are missing from the record, of these executions at least: %v", record.ErrUnavailable, writes, executions)
}
