package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"

	"ringflow/flowengine"
)

// readDriver opens connections whose errors tell a database that cannot be read
// now, which is flowengine.ErrUnavailable, from a fault of ours.
type readDriver struct {
	dsn    string
	driver driver.Driver
}

// newReadDriver wraps the driver of that name.
func newReadDriver(name, dsn string) (*readDriver, error) {
	db, err := sql.Open(name, dsn)
	if err != nil {
		return nil, err
	}
	return &readDriver{dsn, db.Driver()}, db.Close()
}

// Driver implements driver.Connector.
func (r *readDriver) Driver() driver.Driver { return r.driver }

// Connect implements driver.Connector.
func (r *readDriver) Connect(context.Context) (driver.Conn, error) {
	conn, err := r.driver.Open(r.dsn)
	if err != nil {
		return nil, unavailable(err)
	}
	full, ok := conn.(fullConn)
	if !ok {
		return nil, errors.Join(fmt.Errorf("connection of %T does less than is needed", r.driver), conn.Close())
	}
	return &readConn{full}, nil
}

// fullConn is what a connection must be able to do.
type fullConn interface {
	driver.Conn
	driver.QueryerContext
	driver.ConnBeginTx
	driver.SessionResetter
	driver.Validator
}

// readConn is a connection that reads.
type readConn struct{ fullConn }

// QueryContext implements driver.QueryerContext.
func (c *readConn) QueryContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	rows, err := c.fullConn.QueryContext(ctx, query, args)
	if err != nil {
		return nil, unavailable(err)
	}
	return readRows{rows}, nil
}

// BeginTx implements driver.ConnBeginTx.
func (c *readConn) BeginTx(ctx context.Context, o driver.TxOptions) (driver.Tx, error) {
	tx, err := c.fullConn.BeginTx(ctx, o)
	return tx, unavailable(err)
}

// readRows is an answer.
type readRows struct{ driver.Rows }

// Next implements driver.Rows.
func (r readRows) Next(into []driver.Value) error {
	err := r.Rows.Next(into)
	if errors.Is(err, io.EOF) {
		return err // database/sql compares it
	}
	return unavailable(err)
}

// unavailable marks the errors that are those of the moment or of the disk.
func unavailable(err error) error {
	if err == nil || (dialect{}).fault(err) == faultStatement {
		return err
	}
	return fmt.Errorf("%w: %w", flowengine.ErrUnavailable, err)
}
