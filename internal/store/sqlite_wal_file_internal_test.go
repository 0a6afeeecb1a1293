package store

import (
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"modernc.org/libc"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// walTest is a database with a WAL of which the test sees writes and syncs.
type walTest struct {
	t     *testing.T
	dir   string
	db    *sql.DB
	done  []string // "write" and "sync", in their order
	fails bool     // the next writes find the disk full
	write func(tls *libc.TLS, file, from uintptr, n int32, at int64) int32
}

func newWALTest(t *testing.T) *walTest {
	w := &walTest{t: t, dir: t.TempDir()}
	vfs := testVFS(t)
	w.db = w.open("db", "&vfs="+vfs.name)
	w.exec(`CREATE TABLE t (id INTEGER PRIMARY KEY, text TEXT CHECK (length(text) > 1))`) // an UPDATE may fail amid its rows
	if len(vfs.wals) != 1 {
		t.Fatalf("%d kinds of WAL", len(vfs.wals))
	}
	files := vfs.wals[0]
	system, sync := *files.system, files.syncFile
	write := goFunction[func(*libc.TLS, uintptr, uintptr, int32, int64) int32](system.FxWrite)
	w.write = func(tls *libc.TLS, file, from uintptr, n int32, at int64) int32 {
		if w.done = append(w.done, "write"); w.fails {
			return sqlite3.SQLITE_FULL
		}
		return write(tls, file, from, n, at)
	}
	system.FxWrite = cFunction(w.write)
	files.system = &system
	files.syncFile = func(tls *libc.TLS, file uintptr, flags int32) int32 {
		w.done = append(w.done, "sync")
		return sync(tls, file, flags)
	}
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

// insert is a statement that writes rows of three thousand bytes.
func insert(rows int) string { return insertMarked(rows, "") }

// insertMarked is insert of rows that begin with a mark.
func insertMarked(rows int, mark string) string {
	return fmt.Sprintf(`WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < %d)
		INSERT INTO t (text) SELECT printf('%s%%3000d', i) FROM n`, rows, mark)
}

// A commit of many pages is one write, and then a sync. What another connection finds, or a
// process that begins anew, is all of it.
func TestOneWriteACommit(t *testing.T) {
	t.Parallel()
	w := newWALTest(t)
	other := w.open("db", "")
	for n := 1; n <= 5; n++ {
		w.done = nil
		if w.exec(insert(20)); !slices.Equal(w.done, []string{"write", "sync"}) {
			t.Errorf("a commit is %q", w.done)
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
			t.Errorf("in files of then there are %d rows, want %d", rows, 20*n)
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
	w.exec(insert(20))
	for _, end := range []string{"ROLLBACK", "COMMIT"} {
		w.exec("BEGIN")
		for range 20 {
			w.exec(insert(20))
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
	w.exec(insert(20))
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
		_, err := w.db.Exec(insert(20))
		if e, is := errors.AsType[*sqlite.Error](err); !is || e.Code() != sqlite3.SQLITE_FULL {
			t.Errorf("a commit on a full disk: %v", err)
		}
		w.fails = false
		if rows := w.rows(other); rows != 20*(n-1) {
			t.Errorf("another connection finds %d rows, want %d", rows, 20*(n-1))
		}
		if w.exec(insert(20)); w.rows(other) != 20*n {
			t.Errorf("afterwards it finds %d rows, want %d", w.rows(other), 20*n)
		}
	}
}

// What a transaction that was rolled back has written to no file is never written: another
// program may have committed there since.
func TestRollbackLeavesTheWALToOthers(t *testing.T) {
	t.Parallel()
	for _, rolledBack := range []int{20, 40, 60} {
		w := newWALTest(t)
		other := w.open("db", "") // as the sqlite3 shell does
		w.exec(insert(20))
		w.exec(`PRAGMA wal_checkpoint(PASSIVE)`)
		w.exec("BEGIN IMMEDIATE")
		w.exec(insert(rolledBack))
		w.exec("ROLLBACK")
		if _, err := other.Exec(insertMarked(100, "other")); err != nil {
			t.Fatal(err)
		}
		for _, db := range []*sql.DB{w.db, other, w.open("db", "")} {
			var rows int
			if err := db.QueryRow(`SELECT count(*) FROM t WHERE text LIKE 'other%'`).Scan(&rows); err != nil || rows != 100 {
				t.Errorf("after %d rows that were rolled back there are %d of the other program, want 100: %v", rolledBack, rows, err)
			}
		}
		w.exec(insert(20))
		if rows := w.rows(other); rows != 140 {
			t.Errorf("another one finds %d rows, want 140", rows)
		}
	}
}

// A read before which its own transaction cannot be written ends the transaction: it may not be
// committed without a part.
func TestReadOfATransactionOnAFullDisk(t *testing.T) {
	t.Parallel()
	refused := 0
	for n := 10; n < 30; n++ { // so that some of what the UPDATE reads is not written yet
		w := newWALTest(t)
		other := w.open("db", "")
		w.exec("BEGIN")
		w.exec(insert(n))
		w.fails = true
		_, update := w.db.Exec(`UPDATE t SET text = text || 'y' WHERE id % 2`)
		w.fails = false
		_, commit := w.db.Exec("COMMIT")
		want := n
		if update != nil {
			refused++
			want = 0
		}
		if (update == nil) != (commit == nil) {
			t.Errorf("%d rows: UPDATE %v, COMMIT %v", n, update, commit)
		}
		if rows := w.rows(other); rows != want {
			t.Errorf("UPDATE %v: another connection finds %d rows, want %d", update, rows, want)
		}
	}
	if refused == 0 {
		t.Error("no UPDATE had to read what could not be written")
	}
}
