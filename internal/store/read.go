package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
)

// querier reads: the pool, each statement the newest commit, or a snapshot, all
// of them the same one.
type querier interface {
	queries
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
	PrepareContext(ctx context.Context, query string) (*sql.Stmt, error)
}

// queries is a querier or a transaction.
type queries interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

// scanner is a *sql.Row or *sql.Rows.
type scanner interface{ Scan(into ...any) error }

// all reads each row of a query.
func all[T any](ctx context.Context, q queries, scan func(scanner) (T, error), query string, args ...any) ([]T, error) {
	rows, err := q.QueryContext(ctx, query, args...)
	return scanAll(rows, err, scan)
}

// scanAll reads each row that a query gave, and closes them.
func scanAll[T any](rows *sql.Rows, err error, scan func(scanner) (T, error)) (found []T, _ error) {
	if err != nil {
		return nil, err
	}
	for rows.Next() {
		v, err := scan(rows)
		if err != nil {
			return nil, errors.Join(err, rows.Close())
		}
		found = append(found, v)
	}
	return found, errors.Join(rows.Err(), rows.Close())
}

// column reads a row of one value.
func column[T any](row scanner) (v T, err error) {
	err = row.Scan(&v)
	return v, err
}

// orNone returns what was read of one row: none if there was no row.
func orNone[T any](v T, err, none error, action string) (T, error) {
	if errors.Is(err, sql.ErrNoRows) {
		var zero T
		return zero, none
	}
	return orWrapped(v, err, action)
}

// orWrapped returns v, or the error that says what failed.
func orWrapped[T any](v T, err error, action string) (T, error) {
	if err == nil {
		return v, nil
	}
	var zero T
	return zero, wrap(action, err)
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
func (s *Store) snapshot(ctx context.Context, read func(querier) error) (err error) {
	tx, err := s.reads.BeginTx(ctx, s.dialect.snapshot())
	if err != nil {
		return err
	}
	defer func() {
		if over := tx.Rollback(); !errors.Is(over, sql.ErrTxDone) { // which a ctx that ends brings about
			err = errors.Join(err, over)
		}
	}()
	return read(tx)
}
