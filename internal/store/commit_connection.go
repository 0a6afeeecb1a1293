package store

import (
	"context"
	"database/sql"
	"errors"
)

// connect opens the writer's connection.
func (w *writer) connect() error {
	var d dialect
	ctx := context.Background()
	err := w.present()
	if err != nil {
		return err
	}
	if w.db, err = d.openWriter(w.dir); err != nil {
		return err
	}
	if w.conn, err = w.db.Conn(ctx); err != nil {
		return err
	}
	w.statements = make(map[string]*sql.Stmt)
	var execution, row int64
	err = w.conn.QueryRowContext(ctx, `SELECT (SELECT coalesce(max(no), 0) + 1 FROM executions), (SELECT coalesce(max(no), 0) + 1 FROM journal)`).
		Scan(&execution, &row)
	w.next, w.row = max(w.next, execution), max(w.row, row)
	return err
}

func (w *writer) disconnect() error {
	var err error
	for _, s := range w.statements {
		err = errors.Join(err, s.Close())
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

// statement returns the prepared statement of the text.
func (w *writer) statement(text string) (*sql.Stmt, error) {
	if s := w.statements[text]; s != nil {
		return s, nil
	}
	s, err := w.conn.PrepareContext(context.Background(), text)
	if err != nil {
		return nil, err
	}
	w.statements[text] = s
	return s, nil
}
