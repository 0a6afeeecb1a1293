package store

import (
	"context"
	"crypto/rand"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"
)

// postgresDialect is a database of a PostgreSQL server, in the schema that is first
// in the connection's search_path.
//
// One process at a time writes it. While its connection lives, an advisory lock of
// its session keeps others out; where the lock was lost with the connection, the row
// of the table writer tells whether another has taken the database since. That row
// also counts commits, so that the outcome of one is known after the connection was
// lost in the middle of it.
type postgresDialect struct {
	config *pgx.ConnConfig
	log    *slog.Logger
	steps  [][]string
	reads  *sql.DB
	opened *sql.DB // by prepare, for the writer
	// answerLimit is how long the writer waits for an answer, a time.Duration. A reader
	// waits for a third of it, because the pool may try three connections.
	answerLimit atomic.Int64

	// The fields below belong to the writer.

	owner string // of the row of writer, once attached
	name  string // application_name of the connection that writes
	batch int64  // the last commit whose outcome is known
}

// openPostgres reads a URL, which may hold a password: no error and no log has it.
func openPostgres(url string, log *slog.Logger, steps [][]string) (dialect, error) {
	config, err := pgx.ParseConfig(url)
	if err != nil {
		return nil, errors.New("open store: the URL of the database cannot be read: write postgres://USER@HOST:5432/DATABASE")
	}
	if config.ValidateConnect == nil { // of several hosts, the one that is no standby
		config.ValidateConnect = pgconn.ValidateConnectTargetSessionAttrsPrimary
	}
	if config.ConnectTimeout == 0 {
		config.ConnectTimeout = 5 * time.Second
	}
	maps.Copy(config.RuntimeParams, map[string]string{
		"client_encoding": "UTF8", "statement_timeout": "0", "idle_in_transaction_session_timeout": "0",
		// A server that lost its machine is noticed in half a minute, not in two hours.
		"tcp_keepalives_idle": "10", "tcp_keepalives_interval": "5", "tcp_keepalives_count": "3",
	})
	d := &postgresDialect{config: config, log: log, steps: steps, name: "ringflow " + rand.Text()}
	d.answerLimit.Store(int64(unanswered))
	return d, nil
}

// connector opens connections that have a name in pg_stat_activity.
func (d *postgresDialect) connector(name string, readOnly bool) driver.Connector {
	c := d.config.Copy()
	c.RuntimeParams["application_name"] = name
	share := int64(1)
	if readOnly {
		c.RuntimeParams["default_transaction_read_only"], share = "on", 3
	}
	limit := func() time.Duration { return time.Duration(d.answerLimit.Load() / share) }
	c.DialFunc = func(ctx context.Context, network, address string) (net.Conn, error) {
		conn, err := dial(ctx, network, address)
		if err != nil {
			return nil, err
		}
		return &answerConn{Conn: conn, limit: limit}, nil
	}
	return postgresConnector{stdlib.GetConnector(*c)}
}

// postgresConnector has the errors of connecting tell first what the server says. It is
// asked for TLS first, unless the URL says otherwise, and of one that has none pgconn
// tells that before the cause.
type postgresConnector struct{ driver.Connector }

func (c postgresConnector) Connect(ctx context.Context) (driver.Conn, error) {
	conn, err := c.Connector.Connect(ctx)
	if err == nil {
		return conn, nil
	}
	lines := strings.Split(err.Error(), "\n\t") // one for each attempt, below that of the user and the database
	slices.SortStableFunc(lines[1:], func(a, b string) int {
		return strings.Count(a, refusedTLS) - strings.Count(b, refusedTLS)
	})
	return nil, connectError{strings.Join(lines, "\n\t"), err}
}

const refusedTLS = "server refused TLS connection"

// connectError is an error of connecting in other words.
type connectError struct {
	text string
	error
}

func (e connectError) Error() string { return e.text }

func (e connectError) Unwrap() error { return e.error }

func (d *postgresDialect) openWriter() (*sql.DB, error) {
	if db := d.opened; db != nil {
		d.opened = nil
		return db, nil
	}
	db := sql.OpenDB(d.connector(d.name, false))
	db.SetMaxOpenConns(1)
	return db, nil
}

func (d *postgresDialect) openReaders() (*sql.DB, error) {
	d.reads = sql.OpenDB(d.connector("ringflow reads", true))
	return d.reads, nil
}

func (*postgresDialect) writable() error { return nil }

// begin counts the commit in the row of writer, which no other process can have
// taken or counted meanwhile.
func (d *postgresDialect) begin(t *transaction) error {
	return errors.Join(t.exec(`BEGIN ISOLATION LEVEL READ COMMITTED`),
		t.require(errTakenOver, `UPDATE writer SET batch = batch + 1 WHERE owner = ? AND batch = ?`, d.owner, d.batch))
}

func (*postgresDialect) pipelined() bool { return true }

func (d *postgresDialect) send(conn *sql.Conn, statements []statement) error {
	batch := &pgx.Batch{}
	for _, s := range statements {
		batch.Queue(d.rebind(s.text), s.args...)
	}
	return onConn(conn, func(c *pgx.Conn) (err error) {
		results := c.SendBatch(context.Background(), batch)
		defer func() { err = errors.Join(err, results.Close()) }()
		for _, s := range statements {
			tag, err := results.Exec()
			if err != nil {
				return err
			}
			if s.none != nil && tag.RowsAffected() == 0 {
				return undone{s.none}
			}
		}
		return nil
	})
}

// undone is the error of an op, which undoes the transaction.
type undone struct{ error }

func (u undone) Unwrap() error { return u.error }

// commit: an error that is not the server's refusal leaves the outcome open. Whether
// COMMIT was sent, pgconn.SafeToRetry does not tell: of a connection that is lost
// before the answer it says that nothing was.
func (d *postgresDialect) commit(t *transaction) error {
	var tag pgconn.CommandTag
	err := onConn(t.w.conn, func(c *pgx.Conn) (err error) {
		tag, err = c.Exec(context.Background(), `COMMIT`)
		return err
	})
	refused, is := errors.AsType[*pgconn.PgError](err)
	switch {
	case err == nil && tag.String() == "COMMIT":
		d.batch++
		return nil
	case err == nil:
		return errors.New("the transaction was undone")
	case is && refused.Severity == "ERROR":
		return err
	}
	return fmt.Errorf("%w: %w", errInDoubt, err)
}

func (*postgresDialect) committed(*sql.Conn) {}

// probe: each commit changes the row of writer.
func (*postgresDialect) probe(*transaction) error { return nil }

// rebind numbers the parameters. No statement has a question mark elsewhere.
func (*postgresDialect) rebind(statement string) string {
	var b strings.Builder
	for i, part := range strings.Split(statement, "?") {
		if i > 0 {
			b.WriteString("$" + strconv.Itoa(i))
		}
		b.WriteString(part)
	}
	return b.String()
}

// text: PostgreSQL takes neither NUL nor what is not UTF-8.
func (*postgresDialect) text(s string) string {
	return strings.ReplaceAll(strings.ToValidUTF8(s, "\uFFFD"), "\x00", "\uFFFD")
}

// fault: https://www.postgresql.org/docs/current/errcodes-appendix.html
func (*postgresDialect) fault(err error) fault {
	var refused *pgconn.PgError
	var connecting *pgconn.ConnectError
	var network net.Error
	switch {
	case errors.Is(err, errTakenOver):
		return faultConnection
	case errors.As(err, &undone{}):
		return faultBatch
	case errors.Is(err, context.Canceled):
		return faultStatement
	case errors.As(err, &connecting):
		return faultConnection
	case errors.As(err, &refused):
		switch class := refused.Code[:min(2, len(refused.Code))]; {
		case refused.Code == "57014": // canceled
			return faultBusy
		case class == "08", class == "57", class == "58", refused.Code == "25006": // of a standby
			return faultConnection
		case class == "40", class == "53", class == "55":
			return faultBusy
		}
		return faultBatch
	case errors.Is(err, context.DeadlineExceeded):
		return faultStatement
	case pgconn.SafeToRetry(err), errors.As(err, &network), errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF),
		errors.Is(err, driver.ErrBadConn), errors.Is(err, sql.ErrConnDone):
		return faultConnection
	}
	return faultStatement
}

// journalJoin finds the execution of each row by itself: the planner would read all
// of an account's where it guesses that the condition of the account holds for few.
func (*postgresDialect) journalJoin() string {
	return `journal j CROSS JOIN LATERAL (SELECT account, id, flow_id FROM executions WHERE no = j.execution OFFSET 0) e`
}

// identity is what differs between a database and one that was restored from its
// dump: the server, or the database's number in it.
const identity = `(SELECT concat((SELECT system_identifier FROM pg_control_system()), '/', oid) FROM pg_database WHERE datname = current_database())`

func (*postgresDialect) isCopy(ctx context.Context, q queries) (bool, error) {
	return one(ctx, q, column[bool], `SELECT origin <> `+identity+` FROM writer`)
}

func (*postgresDialect) adopt() string { return `UPDATE writer SET origin = ` + identity }

func (d *postgresDialect) close() error {
	var err error
	for _, db := range []*sql.DB{d.opened, d.reads} {
		if db != nil {
			err = errors.Join(err, db.Close())
		}
	}
	return err
}

// onConn has use work with the connection of pgx.
func onConn(conn *sql.Conn, use func(*pgx.Conn) error) (err error) {
	closed := conn.Raw(func(c any) error {
		err = use(c.(*stdlib.Conn).Conn())
		return nil
	})
	return errors.Join(closed, err)
}
