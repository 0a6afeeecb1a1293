package main_test

import (
	"crypto/sha256"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// TestStartThatCannotSucceed: what keeps a server from starting is told in words
// and by its status, and the data stays as it is until it can start.
func TestStartThatCannotSucceed(t *testing.T) {
	besideOthers(t)
	together(t, 3, []outsider{
		{"a new record on a full disk", func(t *testing.T) {
			w := newWorld(t)
			d := w.disk("24m")
			config := w.config(trunk{}, time.Second)
			d.fill()
			w.refusesToStart(config, d.sum, "is full")
			d.free()
			w.serve(config).stop()
		}},
		{"a record on a full disk", func(t *testing.T) {
			w := newWorld(t)
			d := w.disk("24m")
			w.startsOnlyWhenMended(d.sum, d.fill, d.free, "is full")
		}},
		{"a record on a read-only disk", func(t *testing.T) {
			w := newWorld(t)
			d := w.disk("24m")
			w.startsOnlyWhenMended(d.sum, d.readOnly, d.writable, "read-only file system")
		}},
		{"a locked record", func(t *testing.T) {
			w := newWorld(t)
			var give func()
			lock := func() {
				var take func()
				take, give = w.lock()
				take()
			}
			w.startsOnlyWhenMended(w.sum, lock, func() { give() }, "database is locked")
		}},
		{"a record that another server has", func(t *testing.T) {
			w := newWorld(t)
			config := w.config(trunk{}, time.Second)
			first := w.serve(config)
			w.refusesToStart(config, nil, "another process uses")
			if status, _, body := first.ask(first.token(), "GET", "/readyz", nil); status != 200 {
				t.Errorf("the first: %d %s", status, body)
			}
			first.stop()
		}},
		{"a file where the folder should be", func(t *testing.T) {
			w := newWorld(t)
			config := w.config(trunk{}, time.Second)
			w.data = config
			w.refusesToStart(config, func() string { return w.hash(config) }, "not a directory")
		}},
	})
}

// startsOnlyWhenMended has a server leave a record, and another that takes it up
// only once what is wrong has been mended.
func (w *world) startsOnlyWhenMended(sum func() string, fail, mend func(), why string) {
	w.t.Helper()
	config := w.config(trunk{}, time.Second)
	server := w.serve(config)
	later := server.at(server.token(), time.Now().Add(time.Hour), customer)
	server.crash() // leaves what is not yet in its place
	fail()
	w.refusesToStart(config, sum, why)
	mend()
	server = w.serve(config)
	if x, err := server.execution(later); err != nil || x.Status != "accepted" {
		w.t.Errorf("what was accepted is %q, %v", x.Status, err)
	}
	server.stop()
}

// refusesToStart expects serve to give up, to say why, and to leave the sum of
// the database as it is.
func (w *world) refusesToStart(config string, sum func() string, why string) {
	w.t.Helper()
	before := ""
	if sum != nil {
		before = sum()
	}
	began := time.Now()
	out, err := exec.Command(w.program, "serve", "--config", config, "--data", w.data).CombinedOutput()
	exit, ended := err.(*exec.ExitError)
	if !ended || exit.ExitCode() != 1 || !strings.Contains(string(out), why) || strings.Contains(string(out), "damaged") {
		w.t.Errorf("it ended with %v, want status 1 and %q: %s", err, why, out)
	}
	if took := time.Since(began); took > startLimit {
		w.t.Errorf("it took %s to say so", took)
	}
	if sum != nil && sum() != before {
		w.t.Error("the database was changed")
	}
}

// sum is that of the database and what belongs to it.
func (w *world) sum() string {
	w.t.Helper()
	return w.hash(w.data+"/ringflow.db") + w.hash(w.data+"/ringflow.db-wal")
}

func (w *world) hash(path string) string {
	w.t.Helper()
	data, err := os.ReadFile(path)
	if err != nil && !os.IsNotExist(err) {
		w.t.Fatal(err)
	}
	sum := sha256.Sum256(data)
	return string(sum[:])
}
