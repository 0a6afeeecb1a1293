package store_test

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"ringflow/flowengine/record"
	"ringflow/internal/store"
)

// A loss of power cuts the log of changes off anywhere behind what was synced,
// or leaves rubbish there: every commit reported before is there, and nothing stands
// half.
func TestLossOfPowerAtAnyByte(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := openIn(t, dir)
	database, log := filepath.Join(dir, "ringflow.db"), filepath.Join(dir, "ringflow.db-wal")
	written := func() int64 {
		info, err := os.Stat(log)
		must(t, err)
		return info.Size()
	}
	start := written()
	reported := map[record.ExecutionID]int64{} // how long the WAL was when it was reported
	leg := func(e *record.Event) { e.Leg = &record.LegEvent{ID: "1"} }
	for n := range 40 {
		x := execution(n)
		must(t, s.Accept(t.Context(), x))
		reported["accepted "+x.ID] = written()
		must(t, s.Begin(t.Context(), x.ID, moment(), event(1, record.ExecutionAccepted, nil), event(2, record.LegDialling, leg)))
		reported["begun "+x.ID] = written()
		if n%3 > 0 {
			s.Append(x.ID, event(3, record.LegEnded, leg))
			must(t, s.End(t.Context(), x.ID, ending(4, record.StatusFinished)))
			reported["ended "+x.ID] = written()
		}
	}
	base, err := os.ReadFile(database)
	must(t, err)
	whole, err := os.ReadFile(log)
	must(t, err)
	for range 16 {
		cut := start + rand.Int64N(int64(len(whole))-start+1)
		torn := bytes.Clone(whole[:cut])
		switch rand.IntN(3) {
		case 0:
			torn = append(torn, make([]byte, rand.IntN(9000))...)
		case 1:
			rubbish := make([]byte, rand.IntN(9000))
			for i := range rubbish {
				rubbish[i] = byte(rand.Uint32())
			}
			torn = append(torn, rubbish...)
		}
		t.Run(fmt.Sprintf("%d of %d bytes", cut, len(whole)), func(t *testing.T) { checkTorn(t, base, torn, cut, reported) })
	}
}

// checkTorn opens a database with a log that was cut off, and holds it to what
// was reported until then.
func checkTorn(t *testing.T, base, log []byte, cut int64, reported map[record.ExecutionID]int64) {
	dir := t.TempDir()
	must(t, os.WriteFile(filepath.Join(dir, "ringflow.db"), base, 0o600))
	must(t, os.WriteFile(filepath.Join(dir, "ringflow.db-wal"), log, 0o600))
	s := openIn(t, dir)
	_, err := s.Interrupt(t.Context())
	must(t, err)
	for key, at := range reported {
		word, id, _ := strings.Cut(string(key), " ")
		if at > cut {
			continue
		}
		h, err := s.History(t.Context(), "acme", record.ExecutionID(id))
		if err != nil {
			t.Fatalf("%s when the log had %d bytes, and it is lost: %v", key, at, err)
		}
		switch {
		case word == "ended" && h.Status != record.StatusFinished:
			t.Errorf("%s had ended and is %s", id, h.Status)
		case word == "begun" && h.Status == record.StatusAccepted:
			t.Errorf("%s had begun and would be dialled again", id)
		case h.Status == record.StatusRunning:
			t.Errorf("%s stays running", id)
		case h.Status != record.StatusAccepted:
			whole(t, h)
		}
	}
	must(t, s.Accept(t.Context(), execution(1000)))
}

// killedWhile starts this program in a role again and again and kills it at a
// moment of chance; the moments spread over the time that it takes when it is
// left alone, which was measured before.
func killedWhile(t *testing.T, role, dir string, takes time.Duration, times int, check func()) (killed int) {
	t.Helper()
	for range times {
		c := command(role, dir)
		must(t, c.Start())
		timer := time.AfterFunc(rand.N(takes), func() { _ = c.Process.Kill() })
		err := c.Wait()
		timer.Stop()
		if err != nil && strings.Contains(err.Error(), "killed") {
			killed++
		} else if err != nil {
			t.Fatal(err)
		}
		check()
	}
	return killed
}

// fillUp gives a database some megabytes.
func fillUp(t *testing.T, s *store.Store) {
	t.Helper()
	must(t, s.Run(t.Context(), `CREATE TABLE bulk (n INTEGER PRIMARY KEY, text TEXT)`))
	must(t, s.Run(t.Context(), `WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < 3000) INSERT INTO bulk SELECT n, hex(randomblob(150)) FROM c`))
}

// A backup that is killed leaves no file under its name that is not whole, and
// does not stand in the way of the next.
func TestKilledBackup(t *testing.T) {
	t.Parallel()
	dir, to := t.TempDir(), t.TempDir()
	s := openIn(t, dir)
	fillUp(t, s)
	for n := range 20 {
		must(t, s.Accept(t.Context(), execution(n)))
	}
	copied := filepath.Join(to, "copy.db")
	began := time.Now()
	out, err := command("backup", dir+" "+copied).CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	takes := time.Since(began)
	must(t, os.Remove(copied))
	n := 20
	killed := killedWhile(t, "backup", dir+" "+copied, takes, 5, func() {
		must(t, s.Accept(t.Context(), execution(n))) // the server goes on
		n++
		if _, err := os.Stat(copied); err != nil {
			return
		}
		moved := t.TempDir()
		must(t, os.Rename(copied, filepath.Join(moved, "ringflow.db")))
		if _, err := openIn(t, moved).History(t.Context(), "acme", execution(19).ID); err != nil {
			t.Errorf("the copy is not whole: %v", err)
		}
	})
	t.Logf("%d of 5 were killed", killed)
	if _, err := store.Backup(t.Context(), dir, copied); err != nil {
		t.Error(err)
	}
}

// A change of the schema that is killed has happened or has not, its backup is
// whole or not there, and the next start makes good.
func TestKilledChangeOfSchema(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := openIn(t, dir)
	fillUp(t, s)
	must(t, s.Accept(t.Context(), execution(1)))
	must(t, s.Close())
	database := files(t, dir)["ringflow.db"]
	began := time.Now()
	if out, err := command("migrate", dir).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	takes := time.Since(began)
	killed := killedWhile(t, "migrate", dir, takes, 5, func() {
		backups, err := filepath.Glob(filepath.Join(dir, "ringflow-schema*.db"))
		must(t, err)
		for _, b := range backups {
			moved := t.TempDir()
			must(t, os.Rename(b, filepath.Join(moved, "ringflow.db")))
			if _, err := openIn(t, moved).History(t.Context(), "acme", execution(1).ID); err != nil {
				t.Errorf("the backup is not whole: %v", err)
			}
		}
		s, err := store.OpenWith(dir, nil, novelty())
		must(t, err)
		must(t, s.Run(t.Context(), `INSERT INTO novelty SELECT max(n) + 1, 'more' FROM novelty`))
		if _, err := s.History(t.Context(), "acme", execution(1).ID); err != nil {
			t.Error(err)
		}
		must(t, s.Close())
		if left, _ := filepath.Glob(filepath.Join(dir, "*half*")); len(left) > 0 {
			t.Errorf("left behind: %v", left)
		}
		for _, name := range []string{"ringflow.db-wal", "ringflow.db-shm"} {
			_ = os.Remove(filepath.Join(dir, name))
		}
		must(t, os.WriteFile(filepath.Join(dir, "ringflow.db"), database, 0o600))
	})
	t.Logf("%d of 5 were killed", killed)
}

// novelty is a change of the schema that takes its time.
func novelty() []string {
	return []string{`CREATE TABLE novelty (n {int}, text TEXT)`, `INSERT INTO novelty SELECT n, text FROM bulk`, `CREATE INDEX novelties ON novelty (text)`}
}

// backUp and migrate are what a child process does.
func backUp(args string) {
	dir, to, _ := strings.Cut(args, " ")
	_, err := store.Backup(context.Background(), dir, to)
	check(err)
	os.Exit(0)
}

func migrate(dir string) {
	s, err := store.OpenWith(dir, nil, novelty())
	check(err)
	check(s.Close())
	os.Exit(0)
}
