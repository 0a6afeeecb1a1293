package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"path/filepath"
	"strings"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// dialect is what differs between databases. There is one today, SQLite; the
// statements elsewhere use nothing that another would not understand, with ?
// for parameters and the words in braces of schema.go.
type dialect struct{}

// fileName is the database inside the data directory.
const fileName = "ringflow.db"

// busyMillis is how long a connection waits for a lock that another program
// holds, such as one that copies the file.
const busyMillis = 1000

// ddl replaces the words in braces of a schema statement.
func (dialect) ddl(statement string) string {
	return strings.NewReplacer(
		"{key}", "INTEGER PRIMARY KEY", // an alias of the rowid
		"{int}", "INTEGER",
		"{bytes}", "BLOB",
		"{clustered}", "WITHOUT ROWID",
	).Replace(statement)
}

// dsn names the database in dir for a writer or a reader, and never makes a new
// one, which would stand in for one that was taken away. Readers cannot write;
// FULL makes a commit survive the loss of power.
func (dialect) dsn(dir string, pragmas ...string) string {
	q := url.Values{"mode": {"rw"}, "_pragma": {fmt.Sprintf("busy_timeout(%d)", busyMillis)}}
	for _, p := range pragmas {
		q.Add("_pragma", p)
	}
	return (&url.URL{Scheme: "file", Path: filepath.Join(dir, fileName), RawQuery: q.Encode()}).String()
}

// openWriter opens the connection that writes. The log of changes is folded into
// the database by folder; that SQLite does it too, at 20,000 pages, is for what
// one commit alone can bring. The cache holds the pages that every commit touches.
func (d dialect) openWriter(dir string) (*sql.DB, error) {
	db, err := sql.Open("sqlite", d.dsn(dir, "journal_mode(WAL)", "synchronous(FULL)", "wal_autocheckpoint(20000)", "journal_size_limit(67108864)", "cache_size(-16000)"))
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(1)
	return db, nil
}

func (d dialect) openReaders(dir string) (*sql.DB, error) {
	driver, err := newReadDriver("sqlite", d.dsn(dir, "query_only(1)"))
	if err != nil {
		return nil, err
	}
	db := sql.OpenDB(driver)
	db.SetMaxOpenConns(readers)
	db.SetMaxIdleConns(readers)
	return db, nil
}

// openFile opens any database file for looking at it, without changing a byte.
func (dialect) openFile(path string) (*sql.DB, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, err
	}
	q := url.Values{"mode": {"ro"}, "_pragma": {fmt.Sprintf("busy_timeout(%d)", busyMillis)}}
	return sql.Open("sqlite", (&url.URL{Scheme: "file", Path: path, RawQuery: q.Encode()}).String())
}

// inspect reads the schema version of the database in a file without changing a
// byte of it: 0 for an empty one. Only what a process had half written when it
// died is taken back first, since nobody can read the file before; that is so
// while a new one is not yet in WAL mode.
func (d dialect) inspect(ctx context.Context, path string, whole bool) (int, error) {
	version, err := d.look(ctx, path, whole)
	var e *sqlite.Error
	if !errors.As(err, &e) || e.Code() != sqlite3.SQLITE_READONLY_ROLLBACK {
		return version, err
	}
	if err := d.takeBack(ctx, path); err != nil {
		return 0, fmt.Errorf("take back what was half written: %w", err)
	}
	return d.look(ctx, path, whole)
}

// takeBack undoes a transaction that ended with its process.
func (d dialect) takeBack(ctx context.Context, path string) error {
	q := url.Values{"mode": {"rw"}, "_pragma": {fmt.Sprintf("busy_timeout(%d)", busyMillis)}}
	db, err := sql.Open("sqlite", (&url.URL{Scheme: "file", Path: path, RawQuery: q.Encode()}).String())
	if err != nil {
		return err
	}
	var tables int
	err = db.QueryRowContext(ctx, `SELECT count(*) FROM sqlite_master`).Scan(&tables)
	return errors.Join(err, db.Close())
}

func (d dialect) look(ctx context.Context, path string, whole bool) (version int, err error) {
	db, err := d.openFile(path)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	var tables int
	if err := db.QueryRowContext(ctx, `SELECT count(*) FROM sqlite_master WHERE name = 'schema_version'`).Scan(&tables); err != nil {
		return 0, err
	}
	if whole {
		var verdict string
		if err := db.QueryRowContext(ctx, `PRAGMA quick_check(1)`).Scan(&verdict); err != nil {
			return 0, err
		}
		if verdict != "ok" {
			return 0, errors.New(verdict)
		}
	}
	if tables == 0 {
		var others int
		if err := db.QueryRowContext(ctx, `SELECT count(*) FROM sqlite_master`).Scan(&others); err != nil {
			return 0, err
		}
		if others > 0 {
			return 0, errors.New("it holds tables of another program")
		}
		return 0, nil
	}
	err = db.QueryRowContext(ctx, `SELECT version FROM schema_version`).Scan(&version)
	return version, err
}

// copyTo writes a consistent copy of the whole database in dir to a new file,
// while others write, and marks it as one.
func (d dialect) copyTo(ctx context.Context, dir, path string) (err error) {
	db, err := sql.Open("sqlite", d.dsn(dir))
	if err != nil {
		return err
	}
	_, err = db.ExecContext(ctx, `VACUUM INTO ?`, path)
	if err := errors.Join(err, db.Close()); err != nil {
		return err
	}
	if path, err = filepath.Abs(path); err != nil {
		return err
	}
	q := url.Values{"mode": {"rw"}}
	if db, err = sql.Open("sqlite", (&url.URL{Scheme: "file", Path: path, RawQuery: q.Encode()}).String()); err != nil {
		return err
	}
	_, err = db.ExecContext(ctx, d.markCopy(true))
	return errors.Join(err, db.Close())
}

// markCopy is the statement that marks a database as a copy of another, or as
// none any more. The mark stands in the head of the file, so that databases of
// any schema can have it.
func (dialect) markCopy(copied bool) string {
	if copied {
		return `PRAGMA user_version = 1`
	}
	return `PRAGMA user_version = 0`
}

// isCopy reads that mark.
func (dialect) isCopy(ctx context.Context, q querier) (bool, error) {
	var mark int
	err := q.QueryRowContext(ctx, `PRAGMA user_version`).Scan(&mark)
	return mark == 1, err
}

// fold writes what is in the log of changes to the database, as far as nobody
// reads it; it is no error if somebody does.
func (dialect) fold(ctx context.Context, q querier) error {
	var busy, pages, folded int
	return q.QueryRowContext(ctx, `PRAGMA wal_checkpoint(PASSIVE)`).Scan(&busy, &pages, &folded)
}

// snapshot begins a read that sees one commit: here any transaction does.
func (dialect) snapshot() *sql.TxOptions { return &sql.TxOptions{ReadOnly: true} }

// begin is the statement that begins a write. It takes the lock at once, so
// that a lock held by another program shows here and not in the middle.
func (dialect) begin() string { return `BEGIN IMMEDIATE` }

// probe are statements of which at least one changes the database, and nothing
// that matters: what is set to the value that it has is not written at all.
func (dialect) probe() []string {
	return []string{`PRAGMA user_version = 1`, `PRAGMA user_version = 2`}
}

// fault says what an error of a statement means.
func (dialect) fault(err error) fault {
	var e *sqlite.Error
	if !errors.As(err, &e) {
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

// passing reports whether an error is of the disk or of the moment: the database
// itself may be whole.
func (d dialect) passing(err error) bool {
	var e *sqlite.Error
	if !errors.As(err, &e) || d.fault(err) == faultStatement {
		return false
	}
	code := e.Code() & 0xff
	return code != sqlite3.SQLITE_CORRUPT && code != sqlite3.SQLITE_NOTADB
}

// fault is the reach of an error.
type fault int

const (
	faultStatement  fault = iota // of one statement: the rest of the batch goes on
	faultBusy                    // of the moment: the same connection may work later
	faultConnection              // of the connection: a new one may work later
)
