package store

import (
	"context"
	"database/sql"
	"errors"
)

// querier reads: the pool, each statement the newest commit, or a snapshot, all
// of them the same one.
type querier interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
	PrepareContext(ctx context.Context, query string) (*sql.Stmt, error)
}

// snapshot has read see the record as one commit left it, whatever is committed
// meanwhile. Who reads an execution's row and its journal needs it: by two
// statements of the pool, the row may be running and the journal at its end.
// The commit is kept from being folded into the database until read returns, so
// read waits for nobody.
func (s *Store) snapshot(ctx context.Context, read func(querier) error) (err error) {
	var d dialect
	tx, err := s.reads.BeginTx(ctx, d.snapshot())
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
