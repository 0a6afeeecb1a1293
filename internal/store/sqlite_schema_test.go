package store_test

import (
	"bytes"
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"ringflow/flowengine/record"
	"ringflow/internal/store"
)

// files returns the content of every database file in dir.
func files(t testing.TB, dir string) map[string][]byte {
	t.Helper()
	out := map[string][]byte{}
	names, err := filepath.Glob(filepath.Join(dir, "*.db*"))
	must(t, err)
	for _, name := range names {
		if strings.HasSuffix(name, "-shm") {
			continue // an index that readers rebuild
		}
		data, err := os.ReadFile(name)
		must(t, err)
		out[filepath.Base(name)] = data
	}
	return out
}

func unchanged(t testing.TB, dir string, before map[string][]byte) {
	t.Helper()
	after := files(t, dir)
	for name, data := range after {
		if !bytes.Equal(data, before[name]) && len(data)+len(before[name]) > 0 {
			t.Errorf("%s has changed: %d bytes, then %d", name, len(before[name]), len(data))
		}
	}
	for name := range before {
		if _, there := after[name]; !there && len(before[name]) > 0 {
			t.Errorf("%s is gone", name)
		}
	}
}

func TestOlderSchemaIsBackedUpAndBroughtUpToDate(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := openIn(t, dir)
	must(t, s.Accept(t.Context(), execution(1)))
	must(t, s.Close())
	s, err := store.OpenWith(dir, nil, []string{`CREATE TABLE novelty (n {int})`})
	must(t, err)
	must(t, s.Run(t.Context(), `INSERT INTO novelty VALUES (1)`))
	if _, err := s.History(t.Context(), "acme", execution(1).ID); err != nil {
		t.Errorf("after the change: %v", err)
	}
	must(t, s.Close())

	backups, err := filepath.Glob(filepath.Join(dir, "ringflow-schema*.db"))
	must(t, err)
	if len(backups) != 1 {
		t.Fatalf("backups: %v", backups)
	}
	old := t.TempDir()
	must(t, os.Rename(backups[0], filepath.Join(old, "ringflow.db")))
	if _, err := openIn(t, old).History(t.Context(), "acme", execution(1).ID); err != nil {
		t.Errorf("the backup: %v", err)
	}

	before := files(t, dir)
	_, err = store.Open(dir, nil)
	if err == nil || !strings.Contains(err.Error(), "newer program") {
		t.Errorf("the older program says %v", err)
	}
	unchanged(t, dir, before)
}

// A change of schema that fails leaves the old one.
func TestFailedChangeOfSchema(t *testing.T) {
	dir := t.TempDir()
	must(t, openIn(t, dir).Close())
	_, err := store.OpenWith(dir, nil, []string{`CREATE TABLE novelty (n {int})`, `CREATE TABLE versions (n {int})`})
	if err == nil || !strings.Contains(err.Error(), "change schema") {
		t.Fatalf("got %v", err)
	}
	s := openIn(t, dir)
	if err := s.Run(t.Context(), `SELECT * FROM novelty`); err == nil {
		t.Error("half of the change is there")
	}
}

func TestBrokenDatabaseIsLeftAsItIs(t *testing.T) {
	t.Parallel()
	whole := t.TempDir()
	s := openIn(t, whole)
	for n := range 200 {
		must(t, s.Accept(t.Context(), execution(n)))
	}
	must(t, s.Close())
	good := files(t, whole)["ringflow.db"]
	for name, data := range map[string][]byte{
		"no database": []byte("this is a shopping list, not a database, and it is long enough to be read as one: milk, bread, eggs"),
		"cut off":     good[:len(good)/2],
		"overwritten": append(append(bytes.Clone(good[:8192]), bytes.Repeat([]byte{0xa5}, 8192)...), good[16384:]...),
		"zeroes":      make([]byte, 8192),
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			must(t, os.WriteFile(filepath.Join(dir, "ringflow.db"), data, 0o600))
			before := files(t, dir)
			s, err := store.Open(dir, nil)
			if err == nil {
				_ = s.Close()
				t.Fatal("it is opened")
			}
			if !strings.Contains(err.Error(), "left as it is") {
				t.Errorf("it says %v", err)
			}
			unchanged(t, dir, before)
		})
	}
}

// A process that dies in the first write of a new database leaves a file that can be read
// only once the write is taken back: the next start does that.
func TestStartAfterADeathInTheFirstWrite(t *testing.T) {
	busy, dir := filepath.Join(t.TempDir(), "ringflow.db"), t.TempDir()
	db, err := sql.Open("sqlite", busy)
	must(t, err)
	db.SetMaxOpenConns(1)
	for _, statement := range []string{
		`PRAGMA cache_size = 1`, `BEGIN`, `CREATE TABLE half (written BLOB)`,
		`WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100) INSERT INTO half SELECT zeroblob(5000) FROM n`,
	} {
		_, err := db.ExecContext(t.Context(), statement)
		must(t, err)
	}
	for _, end := range []string{"", "-journal"} {
		data, err := os.ReadFile(busy + end)
		must(t, err)
		if len(data) == 0 {
			t.Fatalf("ringflow.db%s is empty: the case is not made", end)
		}
		must(t, os.WriteFile(filepath.Join(dir, "ringflow.db"+end), data, 0o600))
	}
	must(t, db.Close())
	s := openIn(t, dir)
	must(t, s.Accept(t.Context(), execution(1)))
	if err := s.Run(t.Context(), `SELECT * FROM half`); err == nil {
		t.Error("half of a write is there")
	}
}

// A file that was emptied must not pass for a new one. A start that was killed
// before its schema was written leaves an empty file and nothing of worth.
func TestEmptiedDatabaseIsNoNewOne(t *testing.T) {
	t.Parallel()
	for beside, refused := range map[string]bool{
		"secrets.key": true, "prompts/acme/hello.wav": true, "ringflow-schema3-20260101T000000.000.db": true, "ringflow.db-wal": true,
		"speech/of/words.wav": false, "lock": false,
	} {
		dir := t.TempDir()
		must(t, os.WriteFile(filepath.Join(dir, "ringflow.db"), nil, 0o600))
		must(t, os.MkdirAll(filepath.Dir(filepath.Join(dir, beside)), 0o700))
		must(t, os.WriteFile(filepath.Join(dir, beside), []byte("x"), 0o600))
		before := files(t, dir)
		s, err := store.Open(dir, nil)
		if err == nil {
			must(t, s.Close())
		}
		if !refused {
			must(t, err)
			continue
		}
		if err == nil || !strings.Contains(err.Error(), "left as it is") || !strings.Contains(err.Error(), beside) {
			t.Errorf("beside %s: %v", beside, err)
		}
		unchanged(t, dir, before)
		must(t, os.Remove(filepath.Join(dir, "ringflow.db")))
	}
}

func TestDatabaseOfAnotherProgram(t *testing.T) {
	dir := t.TempDir()
	db, err := sql.Open("sqlite", filepath.Join(dir, "ringflow.db"))
	must(t, err)
	_, err = db.ExecContext(t.Context(), `CREATE TABLE recipes (name TEXT)`)
	must(t, err)
	must(t, db.Close())
	before := files(t, dir)
	if _, err := store.Open(dir, nil); err == nil || !strings.Contains(err.Error(), "another program") {
		t.Errorf("it says %v", err)
	}
	unchanged(t, dir, before)
}

func TestAnyDirectory(t *testing.T) {
	t.Chdir(t.TempDir())
	for _, dir := range []string{"data", "./a/b", "with space", "50%", "what?", "#1", "ü"} {
		s := openIn(t, dir)
		must(t, s.Accept(t.Context(), execution(1)))
		must(t, second(store.Backup(t.Context(), dir, filepath.Join(dir, "copy.db"))))
		must(t, s.Close())
		for _, name := range []string{"ringflow.db", "copy.db"} {
			info, err := os.Stat(filepath.Join(dir, name))
			if err != nil || info.Mode().Perm() != 0o600 {
				t.Errorf("%s: %v, %v", dir, info, err)
			}
		}
	}
}

func TestOneProcessAtATime(t *testing.T) {
	dir := t.TempDir()
	s := openIn(t, dir)
	if _, err := store.Open(dir, nil); err == nil || !strings.Contains(err.Error(), "another process") {
		t.Errorf("a second Open says %v", err)
	}
	must(t, s.Close())
	openIn(t, dir)
}

func TestBackupWhileOthersWrite(t *testing.T) {
	t.Parallel()
	dir, copied := t.TempDir(), t.TempDir()
	s := openIn(t, dir)
	must(t, s.Accept(t.Context(), execution(0)))
	stop, done := make(chan struct{}), make(chan error)
	go func() {
		var err error
		for n := 1; err == nil; n++ {
			select {
			case <-stop:
				done <- nil
				return
			default:
				err = s.Accept(t.Context(), execution(n))
			}
		}
		done <- err
	}()
	must(t, second(store.Backup(t.Context(), dir, filepath.Join(copied, "ringflow.db"))))
	close(stop)
	must(t, <-done)
	if _, err := openIn(t, copied).History(t.Context(), "acme", execution(0).ID); err != nil {
		t.Errorf("the copy: %v", err)
	}
	if _, err := store.Backup(t.Context(), dir, filepath.Join(copied, "ringflow.db")); err == nil {
		t.Error("a backup overwrites a file")
	}
}

// A journal of the schema that clustered it by execution and kept the order of
// writing in a feed is whole afterwards, and the feed goes on in it.
func TestJournalIsBroughtIntoTheOrderOfWriting(t *testing.T) {
	dir := t.TempDir()
	row := func(no, seq, events int) string {
		var text []string
		for i := range events {
			text = append(text, fmt.Sprintf(`{"seq":%d,"at":%q,"kind":"key_pressed"}`, seq+i, moment().Format(time.RFC3339Nano)))
		}
		return fmt.Sprintf(`INSERT INTO journal (execution, seq, events) VALUES (%d, %d, '[%s]')`, no, seq, strings.Join(text, ","))
	}
	const clustered = 10 // the schema
	var statements []string
	for no := 1; no <= 3; no++ {
		statements = append(statements, fmt.Sprintf(`INSERT INTO executions (no, id, interaction_id, account, flow_id, version_id, arguments, accepted_at, status)
			VALUES (%d, '%s', 'i', 'acme', 'play', 'v', '{}', %d, 'accepted')`, no, execution(no).ID, moment().UnixMicro()))
	}
	statements = append(statements, row(1, 1, 2), row(2, 1, 1), row(2, 2, 2), row(3, 1, 1), row(1, 3, 1), row(3, 2, 1),
		`INSERT INTO feed (no, at, parts) VALUES (7, 0, '[[3,1],[1,3]]'), (8, 0, '[[2,2]]'), (10, 0, '[[3,2]]')`)
	must(t, store.Older(t.Context(), dir, clustered, statements...))
	s := openIn(t, dir)
	name := func(no, seq int) string { return fmt.Sprintf("%s.%d", execution(no).ID, seq) }
	order := []string{name(1, 1), name(1, 2), name(2, 1), name(3, 1), name(1, 3), name(2, 2), name(2, 3), name(3, 2)}
	if got := eventsAfter(t, s, "", record.Cursor{}); !slices.Equal(got, order) {
		t.Errorf("they come in the order %v", got)
	}
	for i, id := range order {
		m, err := s.CursorAfter(t.Context(), "acme", id)
		must(t, err)
		if got := eventsAfter(t, s, "", m); !slices.Equal(got, order[i+1:]) {
			t.Errorf("after %s come %v", id, got)
		}
	}
	s.Append(execution(1).ID, event(4, record.KeyPressed, nil))
	must(t, s.End(t.Context(), execution(1).ID, ending(5, record.StatusFinished)))
	h, err := s.History(t.Context(), "acme", execution(1).ID)
	must(t, err)
	whole(t, h)
}
