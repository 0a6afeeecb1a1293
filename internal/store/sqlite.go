package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"slices"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// fileName is the database inside the data directory.
const fileName = "ringflow.db"

// busyMillis is how long a connection waits for a lock that another program
// holds, such as one that copies the file.
const busyMillis = 1000

// sqliteDialect is a database in one file.
type sqliteDialect struct {
	dir         string
	log         *slog.Logger
	steps       [][]string
	lock        *os.File
	file        os.FileInfo // the database as it was opened first
	reads       *sql.DB
	checkpoints *checkpoints
	memory      retainedMemory
	vfs         *sqliteVFS
}

// openSQLite locks the directory, which it makes if there is none.
func openSQLite(dir string, log *slog.Logger, steps [][]string) (dialect, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, unusable(dir, err)
	}
	d := &sqliteDialect{dir: dir, log: log, steps: steps}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, unusable(dir, err)
	}
	if d.lock, err = lockDir(dir); err != nil {
		return nil, err
	}
	if err := checkFreeSpace(dir); err != nil {
		return nil, errors.Join(fmt.Errorf("open store: %w", err), d.close())
	}
	if d.vfs, err = registeredVFS(); err != nil {
		return nil, errors.Join(fmt.Errorf("open store: %w", err), d.close())
	}
	d.memory = retainMemory()
	return d, nil
}

// sqliteURI names the database in a file. mode is ro or rw: none makes a new file,
// which would stand in for one that was taken away.
func sqliteURI(path, mode string, pragmas ...string) string {
	q := url.Values{"mode": {mode}, "_pragma": {fmt.Sprintf("busy_timeout(%d)", busyMillis)}}
	for _, p := range pragmas {
		q.Add("_pragma", p)
	}
	return (&url.URL{Scheme: "file", Path: path, RawQuery: q.Encode()}).String()
}

// uri names the record to a connection that is to last.
func (d *sqliteDialect) uri(pragmas ...string) string {
	return sqliteURI(d.path(), "rw", pragmas...) + "&vfs=" + d.vfs.name
}

func (d *sqliteDialect) path() string { return filepath.Join(d.dir, fileName) }

// openWriter: FULL makes a commit survive the loss of power, and walFiles need it. SQLite
// checkpoints the WAL itself only at 20,000 pages, for what one commit alone can bring. The
// cache holds the pages that every commit touches.
func (d *sqliteDialect) openWriter() (*sql.DB, error) {
	db, err := sql.Open("sqlite", d.uri("journal_mode(WAL)", "synchronous(FULL)", "wal_autocheckpoint(20000)", "journal_size_limit(67108864)", "cache_size(-16000)"))
	if err == nil {
		db.SetMaxOpenConns(1)
	}
	return db, err
}

func (d *sqliteDialect) openReaders() (*sql.DB, error) {
	db, err := sql.Open("sqlite", d.uri("query_only(1)"))
	if err == nil {
		d.reads, d.checkpoints = db, newCheckpoints(db, d.log)
	}
	return db, err
}

func (d *sqliteDialect) attach(context.Context, *sql.Conn) (bool, error) { return false, nil }

// begin takes the write lock at once, so that a lock held by another program shows
// here and not in the middle.
func (*sqliteDialect) begin(t *transaction) error { return t.exec(`BEGIN IMMEDIATE`) }

func (*sqliteDialect) commit(t *transaction) error { return t.exec(`COMMIT`) }

func (*sqliteDialect) pipelined() bool                   { return false }
func (*sqliteDialect) send(*sql.Conn, []statement) error { return nil }

func (d *sqliteDialect) committed(conn *sql.Conn) { d.checkpoints.committed(conn) }

// probe changes the database by one of two statements: a value that is set to
// itself is not written at all.
func (d *sqliteDialect) probe(t *transaction) error {
	if err := checkFreeSpace(d.dir); err != nil {
		return err
	}
	return errors.Join(t.exec(`PRAGMA user_version = 1`), t.exec(`PRAGMA user_version = 2`))
}

func (*sqliteDialect) rebind(statement string) string { return statement }
func (*sqliteDialect) text(s string) string           { return s }

func (*sqliteDialect) fault(err error) fault {
	e, is := errors.AsType[*sqlite.Error](err)
	if !is {
		return faultStatement
	}
	switch e.Code() & 0xff {
	case sqlite3.SQLITE_FULL, sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_NOMEM:
		return faultBusy
	case sqlite3.SQLITE_IOERR, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM,
		sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_PROTOCOL, sqlite3.SQLITE_NOLFS:
		return faultConnection
	}
	return faultStatement
}

// transient reports whether an error is of the disk or of the moment: the database
// itself may be whole.
func (d *sqliteDialect) transient(err error) bool {
	e, is := errors.AsType[*sqlite.Error](err)
	return is && d.fault(err) != faultStatement && !slices.Contains([]int{sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}, e.Code()&0xff)
}

func (*sqliteDialect) journalJoin() string {
	return `journal j JOIN executions e ON e.no = j.execution`
}

// isCopy reads the mark that adopt takes away. It stands in the head of the file, so
// that databases of any schema can have it.
func (*sqliteDialect) isCopy(ctx context.Context, q queries) (bool, error) {
	mark, err := one(ctx, q, column[int], `PRAGMA user_version`)
	return mark == 1, err
}

func (*sqliteDialect) adopt() string { return `PRAGMA user_version = 0` }

func (d *sqliteDialect) close() error {
	var err error
	if d.checkpoints != nil {
		d.checkpoints.stop()
		err = d.reads.Close()
	}
	d.memory.release()
	return errors.Join(err, unlockDir(d.lock))
}
