package main_test

import (
	"fmt"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"ringflow.test/postgrestest"
	"ringflow/internal/sim"
)

// A server whose record lies in PostgreSQL does what one does whose record lies in a
// file: whole calls, over a kill and over the loss of the database amid them.
func TestRecordInPostgres(t *testing.T) {
	besideOthersFirst(t)
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
	t.Run("loss at the end", func(t *testing.T) { endWithoutPostgres(newWorldInPostgres(t, database), database) })
	t.Run("hang", func(t *testing.T) { hangWithPostgres(newWorldInPostgres(t, database), database) })
}

// endWithoutPostgres: what a call brought while the database was away is written in
// the drain, and an error if it cannot be.
func endWithoutPostgres(w *world, database *postgrestest.Server) {
	carrier, err := sim.Start(sim.Config{Addr: w.at(trunkPort), PortMin: 30000, PortMax: 30100,
		Phones: map[string]sim.Behaviour{customer: sim.Answers(), after: sim.Answers()}})
	if err != nil {
		w.t.Fatal(err)
	}
	defer carrier.Close()
	for _, back := range []bool{true, false} {
		drain := time.Second
		if back {
			drain = 30 * time.Second
		}
		server := w.serve(w.config(trunk{}, drain))
		id := server.mustStart("play", map[string]string{"contact_1": customer})
		within(w.t, 10*time.Second, "the customer talks", func() string {
			if g, err := server.gauges(); err != nil || g["ringflow_rtp_ports_open"] == 0 {
				return "not yet"
			}
			return ""
		})
		if err := database.Halt(); err != nil {
			w.t.Fatal(err)
		}
		if status, _, body := server.ask(server.token(), http.MethodPost, "/v1/calls/"+id+"/hangup", nil); status != http.StatusAccepted {
			w.t.Errorf("hang up: %d %s", status, body)
		}
		server.signal(syscall.SIGTERM)
		if back {
			<-time.After(2 * time.Second) // of the drain, without the database
		} else if err := server.ended(stopLimit); err == nil || !strings.Contains(server.tail(), "were lost") || !strings.Contains(server.tail(), id) {
			w.t.Errorf("without the database it ends with %v, and the log says %s", err, server.tail())
		}
		if err := database.Restart(); err != nil {
			w.t.Fatal(err)
		}
		want := "interrupted"
		if back {
			want = "finished"
			if err := server.ended(stopLimit); err != nil {
				w.t.Errorf("the server ended with %v", err)
			}
		}
		server = w.serve(w.config(trunk{}, time.Second))
		if x := server.outcome(id, 10*time.Second); x.Status != want {
			w.t.Errorf("back %v: the call is %s: %+v", back, x.Status, x.Steps)
		}
		server.stop()
	}
}

// hangWithPostgres: a database that is alive and does not answer holds up neither the
// ready probe nor the end of the process.
func hangWithPostgres(w *world, database *postgrestest.Server) {
	carrier, err := sim.Start(sim.Config{Addr: w.at(trunkPort), PortMin: 30000, PortMax: 30100, Phones: map[string]sim.Behaviour{customer: sim.Answers()}})
	if err != nil {
		w.t.Fatal(err)
	}
	defer carrier.Close()
	server := w.serve(w.config(trunk{}, time.Minute))
	id := server.mustStart("play", map[string]string{"contact_1": customer})
	within(w.t, 10*time.Second, "the customer talks", func() string {
		if g, err := server.gauges(); err != nil || g["ringflow_rtp_ports_open"] == 0 {
			return "not yet"
		}
		return ""
	})
	if err := database.Pause(); err != nil {
		w.t.Fatal(err)
	}
	defer func() {
		if err := database.Resume(); err != nil {
			w.t.Error(err)
		}
	}()
	began := time.Now()
	res, err := server.http.Get(server.base + "/readyz")
	if err != nil {
		w.t.Fatal(err)
	}
	res.Body.Close()
	if took := time.Since(began); res.StatusCode != http.StatusServiceUnavailable || took > time.Second+2*tolerance {
		w.t.Errorf("/readyz: %s after %s", res.Status, took)
	}
	server.signal(syscall.SIGTERM)
	<-time.After(500 * time.Millisecond)
	began = time.Now()
	server.signal(syscall.SIGTERM)
	if err := server.ended(stopLimit); err == nil || !strings.Contains(server.tail(), id) {
		w.t.Errorf("it ended with %v, and the log does not say what is missing", err)
	}
	if took := time.Since(began); took > 5*time.Second+2*tolerance {
		w.t.Errorf("the end took %s after the second signal", took)
	}
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
