package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"ringflow/flowengine/record"
)

// readers is how many connections read at the same time.
const readers = 4

// queries is a reader or a transaction.
type queries interface {
	query(ctx context.Context, text string, args ...any) (*sql.Rows, error)
}

// reader reads: from the pool, each statement the newest commit, or from a snapshot, all
// of them the same one. Its errors tell a database that cannot be read now, which is
// record.ErrUnavailable, from a fault of ours.
type reader struct {
	from interface {
		QueryContext(ctx context.Context, text string, args ...any) (*sql.Rows, error)
	}
	dialect dialect
}

func (r reader) query(ctx context.Context, text string, args ...any) (*sql.Rows, error) {
	return r.from.QueryContext(ctx, r.dialect.rebind(text), clean(r.dialect, args)...)
}

// unavailable marks errors of a database that cannot be read now.
func (r reader) unavailable(err error) error {
	if err == nil || r.dialect.fault(err) < faultBusy {
		return err
	}
	return fmt.Errorf("%w: %w", record.ErrUnavailable, err)
}

// clean puts texts that the database can keep in the place of those that it cannot.
func clean(d dialect, args []any) []any {
	for i, a := range args {
		if s, ok := a.(string); ok {
			args[i] = d.text(s)
		}
	}
	return args
}

// all reads each row of a query into the places that into returns.
func all[T any](ctx context.Context, q queries, into func(*T) []any, text string, args ...any) (found []T, err error) {
	if r, ok := q.(reader); ok {
		defer func() { err = r.unavailable(err) }()
	}
	rows, err := q.query(ctx, text, args...)
	if err != nil {
		return nil, err
	}
	for rows.Next() {
		var v T
		if err := rows.Scan(into(&v)...); err != nil {
			return nil, errors.Join(err, rows.Close())
		}
		found = append(found, v)
	}
	if err := errors.Join(rows.Err(), rows.Close()); err != nil {
		return nil, err
	}
	return found, nil
}

// one reads the row of a query. It returns sql.ErrNoRows if there is none.
func one[T any](ctx context.Context, q queries, into func(*T) []any, text string, args ...any) (v T, err error) {
	found, err := all(ctx, q, into, text, args...)
	if err != nil {
		return v, err
	}
	if len(found) == 0 {
		return v, sql.ErrNoRows
	}
	return found[0], nil
}

// column reads a row of one value.
func column[T any](v *T) []any { return []any{v} }

// micros reads a time into the one that it is: it is kept in microseconds since 1970, and
// the zero time is NULL.
type micros time.Time

// Scan implements sql.Scanner.
func (m *micros) Scan(v any) error {
	var n sql.NullInt64
	err := n.Scan(v)
	if *m = (micros{}); n.Valid {
		*m = micros(time.UnixMicro(n.Int64).UTC())
	}
	return err
}

// nullMicros is how a time is kept that may be zero.
func nullMicros(t time.Time) sql.NullInt64 {
	return sql.NullInt64{Int64: t.UnixMicro(), Valid: !t.IsZero()}
}

// orNone is the error of a read of one row: none if there was no row.
func orNone(err, none error, action string) error {
	if errors.Is(err, sql.ErrNoRows) {
		return none
	}
	return wrap(action, err)
}

// wrap says what failed, if something did.
func wrap(action string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", action, err)
}

// snapshot has read see the record as one commit left it, whatever is committed
// meanwhile. An execution's row and its journal are read by it: by two statements of
// the pool, the row may be running and the journal at its end. It waits for nothing.
func (s *Store) snapshot(ctx context.Context, read func(reader) error) (err error) {
	tx, err := s.pool.BeginTx(ctx, &sql.TxOptions{Isolation: sql.LevelRepeatableRead, ReadOnly: true}) // SQLite has no other isolation
	if err != nil {
		return s.reads.unavailable(err)
	}
	defer func() {
		if over := tx.Rollback(); !errors.Is(over, sql.ErrTxDone) { // which a ctx that ends brings about
			err = errors.Join(err, over)
		}
	}()
	return read(reader{tx, s.dialect})
}
