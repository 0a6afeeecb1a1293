package main_test

import (
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"ringflow/internal/sim"
	"ringflow/internal/store/postgrestest"
)

// A server whose record lies in PostgreSQL does what one does whose record lies in a
// file: whole calls, over a kill and over the loss of the database amid them.
func TestRecordInPostgres(t *testing.T) {
	t.Parallel()
	database, err := postgrestest.Start()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := database.Stop(); err != nil {
			t.Error(err)
		}
	})
	t.Run("kill", func(t *testing.T) { killWithPostgres(newWorldInPostgres(t, database)) })
	t.Run("loss", func(t *testing.T) {
		w := newWorldInPostgres(t, database)
		lost := func(do func() error) func() {
			return func() {
				if err := do(); err != nil {
					t.Fatal(err)
				}
			}
		}
		w.outlives(failure{fail: lost(database.Halt), mend: lost(database.Restart), databaseOnly: true, gone: true})
		w.checkJournals()
	})
}

// newWorldInPostgres is a world whose record lies in a schema of its own.
func newWorldInPostgres(t *testing.T, database *postgrestest.Server) *world {
	t.Helper()
	w := newWorld(t)
	var err error
	if w.database, err = database.New(); err != nil {
		t.Fatal(err)
	}
	return w
}

// killWithPostgres: what ran at the kill is interrupted, what waited for its time
// waits on, and a second server on the database is refused meanwhile.
func killWithPostgres(w *world) {
	carrier, err := sim.Start(sim.Config{Addr: w.at(trunkPort), PortMin: 30000, PortMax: 30100,
		Phones: map[string]sim.Behaviour{customer: sim.Answers(), waiting: sim.Answers(), after: sim.Answers()}})
	if err != nil {
		w.t.Fatal(err)
	}
	defer carrier.Close()
	config := w.config(trunk{}, 5*time.Second)
	server := w.serve(config)
	finished := server.mustStart("hangup", map[string]string{"contact_1": after})
	if x := server.outcome(finished, 30*time.Second); x.Status != "finished" {
		w.t.Errorf("a call is %s: %+v", x.Status, x.Steps)
	}
	runs := server.mustStart("play", map[string]string{"contact_1": customer})
	within(w.t, 10*time.Second, "the customer is called", func() string {
		if len(carrier.Calls()) < 2 {
			return "not yet"
		}
		return ""
	})
	later := server.at(server.token(), time.Now().Add(3*time.Second), waiting)

	other, err := url.Parse(w.database)
	if err != nil {
		w.t.Fatal(err)
	}
	other.User = url.UserPassword("postgres", "hush")
	for at, want := range map[string]string{w.database: "another server uses it", other.String(): "holds a password"} {
		out, err := exec.Command(w.program, "serve", "--config", config, "--data", w.path("other"), "--database", at).CombinedOutput()
		if err == nil || !strings.Contains(string(out), want) || strings.Contains(string(out), "hush") {
			w.t.Errorf("a second server: %v, %s, want %s", err, out, want)
		}
	}

	server.crash()
	server = w.serve(config)
	if x := server.outcome(runs, 10*time.Second); x.Status != "interrupted" {
		w.t.Errorf("what ran is %s", x.Status)
	}
	if x := server.outcome(later, 30*time.Second); x.Status != "finished" {
		w.t.Errorf("what waited is %s", x.Status)
	}
	if n := len(carrier.Calls()); n != 3 {
		w.t.Errorf("%d calls were placed, want 3", n)
	}
	server.stop()
	w.ids = []string{finished, runs, later}
	w.checkJournals()
	if _, err := os.Stat(filepath.Join(w.data, "ringflow.db")); err == nil {
		w.t.Error("there is a database in the data folder")
	}
}

// inDatabase adds the database of the world's record to a configuration, unless the
// record lies in the data folder.
func (w *world) inDatabase(config string) string {
	if w.database == "" {
		return config
	}
	return config + fmt.Sprintf("database:\n  url: %q\n", w.database)
}
