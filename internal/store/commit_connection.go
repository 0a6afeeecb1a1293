package store

import (
	"context"
	"database/sql"
	"errors"
	"slices"
)

// connect opens the writer's connection. It reports whether the commit that is in
// doubt came about.
func (w *writer) connect() (committed bool, err error) {
	ctx := context.Background()
	if err := w.dialect.writable(); err != nil {
		return false, err
	}
	if w.db, err = w.dialect.openWriter(); err != nil {
		return false, err
	}
	if w.conn, err = w.db.Conn(ctx); err != nil {
		return false, err
	}
	w.statements = make(map[string]*sql.Stmt)
	clear(w.live) // of a database that has gone back, it would lead to the rows of others
	return w.dialect.attach(ctx, w.conn)
}

func (w *writer) disconnect() error {
	var err error
	for _, s := range w.statements {
		_ = s.Close() // or SQLite would leave its WAL behind
	}
	if w.conn != nil {
		err = errors.Join(err, w.conn.Close())
	}
	if w.db != nil {
		err = errors.Join(err, w.db.Close())
	}
	w.statements, w.conn, w.db = nil, nil, nil
	return err
}

// rollback ends a transaction that failed; the database may have ended it already.
func (w *writer) rollback() { _, _ = w.conn.ExecContext(context.Background(), `ROLLBACK`) }

// statement is one whose rows are not read.
type statement struct {
	text string
	args []any
	none error // of a transaction in which it changes no row; nil: it may
}

// exec runs a statement, at the latest before the next one whose result is read.
func (t *transaction) exec(text string, args ...any) error { return t.require(nil, text, args...) }

// execEach runs statements that have the same arguments.
func (t *transaction) execEach(args []any, statements ...string) error {
	for _, text := range statements {
		if err := t.exec(text, slices.Clone(args)...); err != nil {
			return err
		}
	}
	return nil
}

// require is exec of a statement that must change a row: otherwise the op fails with
// none, and the transaction is undone.
func (t *transaction) require(none error, text string, args ...any) error {
	if t.w.dialect.pipelined() {
		t.pending = append(t.pending, statement{text, clean(t.w.dialect, args), none})
		return nil
	}
	n, err := t.affect(text, args...)
	if err == nil && n == 0 {
		err = none
	}
	return err
}

// send runs the statements that are pending.
func (t *transaction) send() error {
	pending := t.pending
	t.pending = nil
	if len(pending) == 0 {
		return nil
	}
	return t.w.dialect.send(t.w.conn, pending)
}

// prepared returns a prepared statement whose result is read.
func (t *transaction) prepared(text string) (*sql.Stmt, error) {
	if err := t.send(); err != nil {
		return nil, err
	}
	if s := t.w.statements[text]; s != nil {
		return s, nil
	}
	s, err := t.w.conn.PrepareContext(context.Background(), t.w.dialect.rebind(text))
	if err == nil {
		t.w.statements[text] = s
	}
	return s, err
}

// affect runs a prepared statement and returns how many rows it changed.
func (t *transaction) affect(text string, args ...any) (int64, error) {
	s, err := t.prepared(text)
	if err != nil {
		return 0, err
	}
	r, err := s.ExecContext(context.Background(), clean(t.w.dialect, args)...)
	if err != nil {
		return 0, err
	}
	return r.RowsAffected()
}

// row is one in a transaction.
func row[T any](t *transaction, into func(*T) []any, text string, args ...any) (T, error) {
	return one(context.Background(), t, into, text, args...)
}

// query runs a prepared query. The rows must be closed before the next statement.
func (t *transaction) query(ctx context.Context, text string, args ...any) (*sql.Rows, error) {
	s, err := t.prepared(text)
	if err != nil {
		return nil, err
	}
	return s.QueryContext(ctx, clean(t.w.dialect, args)...)
}
