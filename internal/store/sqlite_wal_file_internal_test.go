package store

import (
	"database/sql"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"modernc.org/libc"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// walTest is a database with a WAL whose writes are counted.
type walTest struct {
	t      *testing.T
	dir    string
	db     *sql.DB
	writes int
	fails  bool // the next writes find the disk full
	write  func(tls *libc.TLS, file, from uintptr, n int32, at int64) int32
}

func newWALTest(t *testing.T) *walTest {
	w := &walTest{t: t, dir: t.TempDir()}
	vfs := testVFS(t)
	w.db = w.open("db", "&vfs="+vfs.name)
	w.exec(`CREATE TABLE t (id INTEGER PRIMARY KEY, text TEXT)`)
	if len(vfs.wals) != 1 {
		t.Fatalf("%d kinds of WAL", len(vfs.wals))
	}
	system := *vfs.wals[0].system
	write := goFunction[func(*libc.TLS, uintptr, uintptr, int32, int64) int32](system.FxWrite)
	w.write = func(tls *libc.TLS, file, from uintptr, n int32, at int64) int32 {
		if w.writes++; w.fails {
			return sqlite3.SQLITE_FULL
		}
		return write(tls, file, from, n, at)
	}
	system.FxWrite = cFunction(w.write)
	vfs.wals[0].system = &system
	return w
}

// open opens a database in the test's folder with one connection.
func (w *walTest) open(name, parameters string) *sql.DB {
	db, err := sql.Open("sqlite", sqliteURI(filepath.Join(w.dir, name), "rwc", "journal_mode(WAL)", "synchronous(FULL)", "cache_size(10)")+parameters)
	if err != nil {
		w.t.Fatal(err)
	}
	db.SetMaxOpenConns(1)
	w.t.Cleanup(func() { _ = db.Close() })
	return db
}

func (w *walTest) exec(statement string) {
	w.t.Helper()
	if _, err := w.db.Exec(statement); err != nil {
		w.t.Fatalf("%s: %v", statement, err)
	}
}

// rows are those that another connection finds, in a file that is whole.
func (w *walTest) rows(db *sql.DB) (n int) {
	w.t.Helper()
	var whole string
	if err := db.QueryRow(`PRAGMA integrity_check`).Scan(&whole); err != nil || whole != "ok" {
		w.t.Errorf("%s, %v", whole, err)
	}
	if err := db.QueryRow(`SELECT count(*) FROM t`).Scan(&n); err != nil {
		w.t.Error(err)
	}
	return n
}

// insert writes rows of three thousand bytes.
const insert = `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20)
	INSERT INTO t (text) SELECT printf('%3000d', i) FROM n`

// A commit of many pages is one write. What another connection, or a machine that lost its power
// after the commit, finds is all of it.
func TestOneWriteACommit(t *testing.T) {
	t.Parallel()
	w := newWALTest(t)
	other := w.open("db", "")
	for n := 1; n <= 5; n++ {
		w.writes = 0
		if w.exec(insert); w.writes != 1 {
			t.Errorf("%d writes of a commit", w.writes)
		}
		if rows := w.rows(other); rows != 20*n {
			t.Errorf("another connection finds %d rows, want %d", rows, 20*n)
		}
		for _, name := range []string{"db", "db-wal"} {
			data, err := os.ReadFile(filepath.Join(w.dir, name))
			if err == nil {
				err = os.WriteFile(filepath.Join(w.dir, strings.Replace(name, "db", "copy", 1)), data, 0o600)
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		restored := w.open("copy", "")
		if rows := w.rows(restored); rows != 20*n {
			t.Errorf("after the loss of power there are %d rows, want %d", rows, 20*n)
		}
		if err := restored.Close(); err != nil {
			t.Error(err)
		}
	}
}

// A transaction that exceeds the cache reads its own pages again, from the WAL too, and may be
// taken back.
func TestTransactionLargerThanTheCache(t *testing.T) {
	t.Parallel()
	w := newWALTest(t)
	other := w.open("db", "")
	w.exec(insert)
	for _, end := range []string{"ROLLBACK", "COMMIT"} {
		w.exec("BEGIN")
		for range 20 {
			w.exec(insert)
			w.exec(`UPDATE t SET text = text || 'x' WHERE id % 7 = 0`)
		}
		if rows := w.rows(w.db); rows != 420 {
			t.Errorf("before %s there are %d rows, want 420", end, rows)
		}
		if rows := w.rows(other); rows != 20 {
			t.Errorf("before %s another connection finds %d rows, want 20", end, rows)
		}
		w.exec(end)
	}
	if rows := w.rows(other); rows != 420 {
		t.Errorf("there are %d rows, want 420", rows)
	}
	w.exec(`PRAGMA wal_checkpoint(TRUNCATE)`)
	w.exec(insert)
	if rows := w.rows(other); rows != 440 {
		t.Errorf("after a checkpoint there are %d rows, want 440", rows)
	}
}

// A commit whose write fails is refused, and leaves nothing.
func TestWriteOfACommitFails(t *testing.T) {
	t.Parallel()
	w := newWALTest(t)
	other := w.open("db", "")
	for n := 1; n <= 3; n++ {
		w.fails = true
		_, err := w.db.Exec(insert)
		if e, is := errors.AsType[*sqlite.Error](err); !is || e.Code() != sqlite3.SQLITE_FULL {
			t.Errorf("a commit on a full disk: %v", err)
		}
		w.fails = false
		if rows := w.rows(other); rows != 20*(n-1) {
			t.Errorf("another connection finds %d rows, want %d", rows, 20*(n-1))
		}
		if w.exec(insert); w.rows(other) != 20*n {
			t.Errorf("afterwards it finds %d rows, want %d", w.rows(other), 20*n)
		}
	}
}
