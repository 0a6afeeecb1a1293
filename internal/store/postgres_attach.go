package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"golang.org/x/sys/unix"
)

// errTakenOver: what this process has accepted is another's now.
var errTakenOver = errors.New("another server has taken the database over while the connection was lost: this one writes nothing more, end it")

// migrationLimit is how long one statement that changes the schema may take.
const migrationLimit = 24 * time.Hour

// oldestPostgres is the oldest version of PostgreSQL that is tested.
const oldestPostgres = 15

// prepare opens the writer's connection, so that only one process at a time changes
// the schema.
func (d *postgresDialect) prepare(ctx context.Context) error {
	db, err := d.openWriter()
	if err != nil {
		return err
	}
	d.opened = db
	conn, err := db.Conn(ctx)
	if err != nil {
		return fmt.Errorf("open database: %w", err)
	}
	var version int
	if err = d.lockOut(ctx, conn); err == nil {
		version, err = d.inspect(ctx, conn)
	}
	if err = errors.Join(err, conn.Close()); err != nil || version == len(d.steps) {
		return err
	}
	defer d.answerLimit.Store(d.answerLimit.Swap(int64(migrationLimit)))
	return migrate(ctx, db, version, d.steps, postgresTypes)
}

// inspect refuses a database that cannot be used, and returns its schema version.
func (d *postgresDialect) inspect(ctx context.Context, conn *sql.Conn) (version int, err error) {
	var server, tables, own int
	var encoding, fsync string
	var schema sql.NullString
	err = conn.QueryRowContext(ctx, `SELECT current_setting('server_version_num')::int, current_setting('server_encoding'), current_setting('fsync'), current_schema(),
		count(*), count(*) FILTER (WHERE relname IN ('schema_version', 'writer', 'executions'))
		FROM pg_class WHERE relkind IN ('r', 'p') AND relnamespace = to_regnamespace(quote_ident(current_schema()))`).
		Scan(&server, &encoding, &fsync, &schema, &tables, &own)
	if err != nil {
		return 0, fmt.Errorf("open database: %w", err)
	}
	name := d.config.Database
	if err := checkServer(name, server); err != nil {
		return 0, err
	}
	switch {
	case encoding != "UTF8":
		return 0, fmt.Errorf("open database %s: its encoding is %s: create one with ENCODING 'UTF8'", name, encoding)
	case !schema.Valid:
		return 0, fmt.Errorf("open database %s: it has no schema of its search_path: create it, or name another in the URL (?search_path=NAME)", name)
	case tables > 0 && own < 3:
		return 0, fmt.Errorf("open database %s: its schema %s holds tables of another program, and was left as it is: use a database of its own", name, schema.String)
	case tables > 0:
		if err := conn.QueryRowContext(ctx, `SELECT version FROM schema_version`).Scan(&version); err != nil {
			return 0, fmt.Errorf("open database %s: %w", name, err)
		}
	}
	if fsync != "on" {
		d.log.Warn("fsync is off in PostgreSQL: what was accepted is lost with the power of its machine", "database", name)
	}
	return version, checkVersion(name, version, len(d.steps))
}

// checkServer refuses a server that is too old, by its server_version_num.
func checkServer(database string, version int) error {
	if version >= oldestPostgres*10_000 {
		return nil
	}
	return fmt.Errorf("open database %s: the server is PostgreSQL %d.%d, version %d or newer is needed", database, version/10_000, version%10_000, oldestPostgres)
}

// lockWait is how long the session of a process that has just ended may still hold
// the lock.
const lockWait = 2 * time.Second

// lockOut keeps other processes out while the session lives.
func (d *postgresDialect) lockOut(ctx context.Context, conn *sql.Conn) error {
	const key = `1380011590, hashtext(current_schema())` // "RING"
	if _, err := conn.ExecContext(ctx, fmt.Sprintf(`SET lock_timeout = %d`, lockWait.Milliseconds())); err != nil {
		return err
	}
	_, err := conn.ExecContext(ctx, `SELECT pg_advisory_lock(`+key+`)`)
	if refused, is := errors.AsType[*pgconn.PgError](err); is && refused.Code == "55P03" {
		return fmt.Errorf("open database %s: another server uses it%s, and one alone may: end that one, or use another database", d.config.Database, d.holder(ctx, conn))
	} else if err != nil {
		return fmt.Errorf("open database %s: %w", d.config.Database, err)
	}
	// A role's default that loses commits with the power is not taken.
	_, err = conn.ExecContext(ctx, `SET lock_timeout = 0; SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off'`)
	return err
}

// holder names the session that keeps this one out, as far as it is known.
func (d *postgresDialect) holder(ctx context.Context, conn *sql.Conn) string {
	var pid int
	var from string
	err := conn.QueryRowContext(ctx, `SELECT pid, coalesce(host(client_addr), 'this machine') FROM pg_locks JOIN pg_stat_activity USING (pid)
		WHERE locktype = 'advisory' AND granted AND classid = 1380011590 AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
		AND objid::bigint = hashtext(current_schema())::bigint & 4294967295`).Scan(&pid, &from)
	if err != nil {
		return ""
	}
	return fmt.Sprintf(" (from %s, process %d of PostgreSQL)", from, pid)
}

// attach ends a session of this process that the server still takes for alive, with
// its transaction, and learns what became of the last commit.
func (d *postgresDialect) attach(ctx context.Context, conn *sql.Conn) (committed bool, err error) {
	if d.owner == "" {
		_, err = conn.ExecContext(ctx, `UPDATE writer SET owner = $1, batch = 0`, d.name)
		if err == nil {
			d.owner = d.name
		}
		return false, err
	}
	if _, err := conn.ExecContext(ctx, `SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity
		WHERE application_name = $1 AND pid <> pg_backend_pid() AND datname = current_database()`, d.name); err != nil {
		return false, err
	}
	if err := d.lockOut(ctx, conn); err != nil {
		return false, err
	}
	var owner string
	var batch int64
	if err := conn.QueryRowContext(ctx, `SELECT owner, batch FROM writer`).Scan(&owner, &batch); err != nil {
		return false, err
	}
	if owner != d.owner {
		return false, errTakenOver
	}
	if batch < d.batch {
		d.log.Error("PostgreSQL has lost commits that it had confirmed, as after a fail-over to a standby that was behind", "lost", d.batch-batch)
	}
	committed = batch > d.batch
	d.batch = batch
	return committed, nil
}

// unacknowledged is how long the connection waits for the server to take what was
// sent, before it counts as lost.
const unacknowledged = 15 * time.Second

// dial connects so that a server which cannot be reached any more is noticed.
func dial(ctx context.Context, network, address string) (net.Conn, error) {
	d := net.Dialer{
		KeepAliveConfig: net.KeepAliveConfig{Enable: true, Idle: 5 * time.Second, Interval: 5 * time.Second, Count: 2},
		Control: func(network, _ string, c syscall.RawConn) (err error) {
			if network == "unix" {
				return nil
			}
			failed := c.Control(func(fd uintptr) {
				err = unix.SetsockoptInt(int(fd), unix.IPPROTO_TCP, unix.TCP_USER_TIMEOUT, int(unacknowledged.Milliseconds()))
			})
			return errors.Join(failed, err)
		},
	}
	return d.DialContext(ctx, network, address)
}
