package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
)

// readers is how many connections read at the same time.
const readers = 4

// newReaders opens a pool whose statements are rebound, and whose errors tell a
// database that cannot be read now, which is record.ErrUnavailable, from a
// fault of ours.
func newReaders(d dialect, c driver.Connector) *sql.DB {
	db := sql.OpenDB(readConnector{c, d})
	db.SetMaxOpenConns(readers)
	db.SetMaxIdleConns(readers)
	return db
}

// sqliteConnector opens connections of a driver that has no connector.
type sqliteConnector struct {
	driver driver.Driver
	uri    string
}

func (c sqliteConnector) Driver() driver.Driver                        { return c.driver }
func (c sqliteConnector) Connect(context.Context) (driver.Conn, error) { return c.driver.Open(c.uri) }

type readConnector struct {
	driver.Connector
	dialect dialect
}

// Connect implements driver.Connector.
func (r readConnector) Connect(ctx context.Context) (driver.Conn, error) {
	conn, err := r.Connector.Connect(ctx)
	if err != nil {
		return nil, unavailable(r.dialect, err)
	}
	full, ok := conn.(fullConn)
	if !ok {
		return nil, errors.Join(fmt.Errorf("connection of %T does less than is needed", conn), conn.Close())
	}
	return &readConn{full, r.dialect}, nil
}

// fullConn is what a connection must be able to do.
type fullConn interface {
	driver.Conn
	driver.QueryerContext
	driver.ConnBeginTx
	driver.SessionResetter
}

// readConn is a connection that reads.
type readConn struct {
	fullConn
	dialect dialect
}

// IsValid implements driver.Validator.
func (c *readConn) IsValid() bool {
	v, ok := c.fullConn.(driver.Validator)
	return !ok || v.IsValid()
}

// Prepare implements driver.Conn.
func (c *readConn) Prepare(query string) (driver.Stmt, error) {
	return c.fullConn.Prepare(c.dialect.rebind(query))
}

// QueryContext implements driver.QueryerContext.
func (c *readConn) QueryContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	for i, a := range args {
		if s, ok := a.Value.(string); ok {
			args[i].Value = c.dialect.text(s)
		}
	}
	rows, err := c.fullConn.QueryContext(ctx, c.dialect.rebind(query), args)
	if err != nil {
		return nil, unavailable(c.dialect, err)
	}
	return readRows{rows, c.dialect}, nil
}

// BeginTx implements driver.ConnBeginTx.
func (c *readConn) BeginTx(ctx context.Context, o driver.TxOptions) (driver.Tx, error) {
	tx, err := c.fullConn.BeginTx(ctx, o)
	return tx, unavailable(c.dialect, err)
}

// readRows is an answer.
type readRows struct {
	driver.Rows
	dialect dialect
}

// Next implements driver.Rows.
func (r readRows) Next(into []driver.Value) error {
	err := r.Rows.Next(into)
	if errors.Is(err, io.EOF) {
		return err // database/sql compares it
	}
	return unavailable(r.dialect, err)
}
