package main_test

import (
	"context"
	"database/sql"
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	_ "modernc.org/sqlite"

	"ringflow/internal/sim"
)

// Numbers that these tests call.
const (
	waiting = "+12125550144" // is called at a time that comes amid the failure
	refused = "+12125550145" // must never be called
	after   = "+12125550146"
	ended   = "+12125550147" // whose call is cancelled amid the failure
	hungUp  = "+12125550148" // whose legs are hung up
)

// failure is a disk that fails and is mended.
type failure struct {
	fail, mend func()
	// databaseOnly: other files can still be written. gone: what was not open
	// cannot be read either.
	databaseOnly, gone bool
}

func TestFailingDisk(t *testing.T) {
	besideOthersFirst(t)
	together(t, 3, []outsider{
		{"deleted", dataIsDeleted},
		{"full", func(t *testing.T) {
			w := newWorld(t)
			d := w.disk("24m")
			w.outlives(failure{fail: d.fill, mend: d.free})
			d.keep()
			w.checkJournals()
		}},
		{"taken away and brought back", func(t *testing.T) {
			w := newWorld(t)
			d := w.disk("24m")
			w.outlives(failure{fail: d.unmount, mend: d.mount, gone: true})
			d.keep()
			w.checkJournals()
		}},
		{"read-only", func(t *testing.T) {
			w := newWorld(t)
			g := w.gate()
			w.outlives(failure{fail: func() { g.shut(syscall.EROFS) }, mend: g.open})
			w.checkJournals()
			if g.refused.Load() == 0 {
				t.Error("nothing was refused")
			}
		}},
		{"broken", func(t *testing.T) {
			w := newWorld(t)
			g := w.gate()
			w.outlives(failure{fail: func() { g.shut(syscall.EIO) }, mend: g.open})
			w.checkJournals()
		}},
		{"taking everything and keeping nothing", func(t *testing.T) {
			w := newWorld(t)
			g := w.gate()
			g.syncs.Store(true)
			w.outlives(failure{fail: func() { g.shut(syscall.EIO) }, mend: g.open})
			w.checkJournals()
		}},
		{"locked", func(t *testing.T) {
			w := newWorld(t)
			fail, mend := w.lock()
			w.outlives(failure{fail: fail, mend: mend, databaseOnly: true})
			w.checkJournals()
		}},
	})
}

// dataIsDeleted: what could no longer be found is not promised.
func dataIsDeleted(t *testing.T) {
	w := newWorld(t)
	carrier, err := sim.Start(sim.Config{Addr: w.at(trunkPort), PortMin: 30000, PortMax: 30100,
		Phones: map[string]sim.Behaviour{customer: sim.Answers(), refused: sim.Answers()}})
	if err != nil {
		t.Fatal(err)
	}
	defer carrier.Close()
	config := w.resourceful(w.config(trunk{}, time.Second))
	server := w.serve(config)
	token := server.token()
	server.mustStart("chirp", map[string]string{"contact_1": customer})
	within(t, 10*time.Second, "the customer talks", func() string {
		if g, err := server.gauges(); err != nil || g["ringflow_rtp_ports_open"] == 0 {
			return "not yet"
		}
		return ""
	})
	if err := os.RemoveAll(w.data); err != nil {
		t.Fatal(err)
	}
	server.refuses(token, failure{gone: true})
	if status, _, body := server.ask(server.token(), http.MethodGet, "/v1/account", nil); status != http.StatusOK {
		t.Errorf("the account: %d %s", status, body)
	}
	within(t, 15*time.Second, "the call ends", func() string {
		if g, err := server.gauges(); err != nil || g["ringflow_legs"] != 0 {
			return "it goes on"
		}
		return ""
	})
	if len(carrier.Calls()) != 1 {
		t.Errorf("%d calls were made", len(carrier.Calls()))
	}
	server.signal(syscall.SIGTERM)
	if err := server.ended(stopLimit); err == nil {
		t.Error("it ended well, and what was lost is no error")
	}
	if log := server.tail(); !strings.Contains(log, "the database is gone") || !strings.Contains(log, "were lost") {
		t.Error("the log does not say what was lost and why")
	}
	w.serve(config).stop() // begins anew
}

// lock holds the database's lock as another program may.
func (w *world) lock() (take, give func()) {
	other, err := sql.Open("sqlite", filepath.Join(w.data, "ringflow.db"))
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() { other.Close() })
	other.SetMaxOpenConns(1)
	do := func(statement string) func() {
		return func() {
			w.t.Helper()
			within(w.t, 10*time.Second, statement, func() string {
				if _, err := other.ExecContext(context.Background(), statement); err != nil {
					return err.Error()
				}
				return ""
			})
		}
	}
	return do(`BEGIN EXCLUSIVE`), do(`ROLLBACK`)
}

// outlives takes a server through a failure: what is new is refused, what runs
// goes on and ends, what waits goes on waiting, and once the disk is mended
// everything is as if nothing had been.
func (w *world) outlives(f failure) {
	w.t.Helper()
	carrier, err := sim.Start(sim.Config{Addr: w.at(trunkPort), PortMin: 30000, PortMax: 30100,
		Phones: map[string]sim.Behaviour{customer: sim.Answers(), waiting: sim.Answers(), refused: sim.Answers(), after: sim.Answers(),
			ended: sim.Answers(), hungUp: sim.Answers()}})
	if err != nil {
		w.t.Fatal(err)
	}
	defer carrier.Close()
	called := func(number string) bool {
		return slices.ContainsFunc(carrier.Calls(), func(c sim.Call) bool { return c.Number == number })
	}
	server := w.serve(w.resourceful(w.config(trunk{}, 5*time.Second)))
	token := server.token()
	before, err := server.gauges()
	if err != nil {
		w.t.Fatal(err)
	}
	talks := server.mustStart("chirp", map[string]string{"contact_1": customer})
	cancelled := server.mustStart("play", map[string]string{"contact_1": ended}) // for longer than the failure
	listens := server.mustStart("play", map[string]string{"contact_1": hungUp})
	within(w.t, 10*time.Second, "the customers are called", func() string {
		if !called(customer) || !called(ended) || !called(hungUp) {
			return "not yet"
		}
		return ""
	})
	later := server.at(token, time.Now().Add(2*time.Second), waiting)

	f.fail()
	server.refuses(token, f, attempt{http.MethodPost, "/v1/executions/" + later + "/cancel", nil})
	if !f.gone {
		server.stillReads(token, talks)
	}
	fresh := server.token() // the one from before may have run out
	server.stillEnds(fresh, cancelled, listens)
	within(w.t, 15*time.Second, "the call ends amid the failure", func() string {
		if g, err := server.gauges(); err != nil || g["ringflow_legs"] != 0 {
			return "it goes on"
		}
		return ""
	})
	if called(waiting) {
		w.t.Error("somebody was called whose call could not be recorded")
	}
	f.mend()

	within(w.t, 15*time.Second, "the server is ready again", func() string {
		if status, _, body := server.ask(token, http.MethodGet, "/readyz", nil); status != http.StatusOK {
			return body
		}
		return ""
	})
	ids := []string{talks, later, server.mustStart("hangup", map[string]string{"contact_1": after}), listens, cancelled}
	for _, id := range ids {
		want := "finished"
		if id == cancelled {
			want = "cancelled"
		}
		if x := server.outcome(id, 30*time.Second); x.Status != want {
			w.t.Errorf("%s is %s, want %s: %+v", id, x.Status, want, x.Steps)
		}
	}
	if status, _, body := server.ask(fresh, http.MethodGet, "/v1/account", nil); status != http.StatusOK {
		w.t.Errorf("the token of the failure afterwards: %d %s", status, body)
	}
	if status, _, body := server.ask(token, http.MethodPost, "/v1/prompts?name=fresh", wav(chirp())); status != http.StatusCreated {
		w.t.Errorf("a prompt after the failure: %d %s", status, body)
	}
	if called(refused) {
		w.t.Error("somebody was called although the request was refused")
	}
	server.reports(token, ids)
	server.nothingLives(20*time.Second, before["go_goroutines"])
	server.stop()
	w.ids = ids
}

// resourceful lets the client of a configuration write resources too.
func (w *world) resourceful(config string) string {
	w.t.Helper()
	text, err := os.ReadFile(config)
	if err != nil {
		w.t.Fatal(err)
	}
	return w.write(filepath.Base(config), []byte(strings.Replace(string(text), "flows:write]", "flows:write, flow-resources:write]", 1)))
}

// checkJournals checks the journals of what the server did.
func (w *world) checkJournals() {
	w.t.Helper()
	for _, h := range w.histories(w.ids...) {
		checkJournal(w.t, h)
	}
}

// attempt is a request that something would have to be written for.
type attempt struct {
	method, path string
	body         []byte
}

// refuses expects that whatever would have to be written is refused with 503, in
// words, and leaves nothing half done.
func (s *Server) refuses(token string, f failure, attempts ...attempt) {
	s.w.t.Helper()
	flow, err := os.ReadFile(s.w.path("flows/hangup.yaml"))
	if err != nil {
		s.w.t.Fatal(err)
	}
	attempts = append(attempts,
		attempt{http.MethodPost, "/flows/hangup/interactions", []byte(`{"contact_1":"` + refused + `"}`)},
		attempt{http.MethodPut, "/v1/flows/fresh/draft", flow},
		attempt{http.MethodPut, "/v1/secrets/fresh", []byte(`{"value":"hush"}`)},
		attempt{http.MethodGet, "/readyz", nil})
	if !f.databaseOnly {
		attempts = append(attempts, attempt{http.MethodPost, "/v1/prompts?name=fresh", wav(chirp())})
	}
	for _, a := range attempts {
		status, header, body := s.ask(token, a.method, a.path, a.body)
		var problem struct{ Code, Message, Description string }
		if err := json.Unmarshal([]byte(body), &problem); err != nil || status != http.StatusServiceUnavailable || problem.Code != "0200033" || problem.Description == "" || header.Get("Retry-After") == "" {
			s.w.t.Errorf("%s %s: %d %s, Retry-After %q", a.method, a.path, status, body, header.Get("Retry-After"))
		}
	}
	for _, path := range []string{"/v1/prompts/fresh", "/v1/secrets/fresh", "/v1/flows/fresh/draft"} {
		if status, _, body := s.ask(token, http.MethodGet, path, nil); status != http.StatusNotFound && !(f.gone && status == http.StatusServiceUnavailable) {
			s.w.t.Errorf("%s, which was refused: %d %s", path, status, body)
		}
	}
}

// stillEnds expects that a client that has just got its token can look, cancel and
// hang up: neither needs the disk.
func (s *Server) stillEnds(token, cancelled, hungUp string) {
	s.w.t.Helper()
	if status, _, body := s.ask(token, http.MethodGet, "/v1/account", nil); status != http.StatusOK {
		s.w.t.Errorf("the account: %d %s", status, body)
	}
	for path, want := range map[string]int{"/v1/executions/" + cancelled + "/cancel": http.StatusAccepted, "/v1/calls/" + hungUp + "/hangup": http.StatusAccepted} {
		if status, _, body := s.ask(token, http.MethodPost, path, nil); status != want {
			s.w.t.Errorf("POST %s: %d %s", path, status, body)
		}
	}
}

// stillReads expects that what is known can be read.
func (s *Server) stillReads(token, id string) {
	s.w.t.Helper()
	for _, path := range []string{"/healthz", "/metrics", "/v1/executions/" + id, "/v1/executions", "/v1/reports/studio_flow_execution", "/v1/flows/hangup", "/v1/calls?live=true"} {
		if status, _, body := s.ask(token, http.MethodGet, path, nil); status != http.StatusOK {
			s.w.t.Errorf("GET %s: %d %s", path, status, body)
		}
	}
}

// reports expects that the report has a row of every step of the executions.
func (s *Server) reports(token string, ids []string) {
	s.w.t.Helper()
	_, _, body := s.ask(token, http.MethodGet, "/v1/reports/studio_flow_execution?format=csv", nil)
	for _, id := range ids {
		x, err := s.execution(id)
		if err != nil {
			s.w.t.Fatal(err)
		}
		if rows := strings.Count(body, id+","+""); rows < len(x.Steps) || len(x.Steps) < 3 {
			s.w.t.Errorf("%s has %d steps and %d rows in the report:\n%s", id, len(x.Steps), rows, body)
		}
	}
}
