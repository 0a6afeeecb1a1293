package main_test

import (
	"bytes"
	"cmp"
	"context"
	"io"
	"log/slog"
	"net/http"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"ringflow/flowengine/record"
	"ringflow/internal/store"
)

const (
	startLimit = 30 * time.Second // a race-detecting binary on a busy machine
	stopLimit  = 20 * time.Second
)

// starting are the servers that start. A start computes, so that many at once end no
// sooner, and each takes as long as all.
var starting = make(chan struct{}, 4)

// Server is a running `ringflow serve`.
type Server struct {
	*client
	w         *world
	cmd       *exec.Cmd
	done      chan error // receives how the process ended, once
	log       string     // file
	startTook time.Duration
}

// serve starts Ringflow in the world and waits until it is ready. The test's
// end kills what is left of it and shows its log if the test failed.
func (w *world) serve(config string, flags ...string) *Server {
	w.t.Helper()
	log, err := os.CreateTemp(w.dir, "ringflow-*.log")
	if err != nil {
		w.t.Fatal(err)
	}
	defer log.Close()
	s := &Server{client: newClient(w.t, w.at(httpPort), w.dial), w: w, done: make(chan error, 1), log: log.Name()}
	s.cmd = exec.Command(w.program, append([]string{"serve", "--config", config, "--data", w.data, "--log", "debug"}, flags...)...)
	s.cmd.Stdout, s.cmd.Stderr, s.cmd.SysProcAttr = log, log, w.attributes
	s.cmd.Env = append(os.Environ(), "GOTRACEBACK=all")
	starting <- struct{}{}
	defer func() { <-starting }()
	w.seedSpeech()
	began := time.Now()
	w.enter(func() { err = s.cmd.Start() })
	if err != nil {
		w.t.Fatal(err)
	}
	go func() { s.done <- s.cmd.Wait() }()
	w.t.Cleanup(s.remove)
	within(w.t, startLimit, "ringflow serve is ready", func() string {
		select {
		case err := <-s.done:
			s.done <- err
			w.t.Fatalf("ringflow serve ended: %v\n%s", err, s.tail())
		default:
		}
		res, err := s.http.Get(s.base + "/readyz")
		if err != nil {
			return err.Error()
		}
		defer res.Body.Close()
		if res.StatusCode != http.StatusOK {
			return res.Status
		}
		return ""
	})
	s.startTook = time.Since(began)
	w.keepSpeech()
	return s
}

// signal sends a signal to the process.
func (s *Server) signal(sig syscall.Signal) {
	s.w.t.Helper()
	if err := s.cmd.Process.Signal(sig); err != nil {
		s.w.t.Fatalf("signal %v: %v", sig, err)
	}
}

// ended waits until the process has ended by itself.
func (s *Server) ended(limit time.Duration) error {
	s.w.t.Helper()
	select {
	case err := <-s.done:
		s.done <- err
		return err
	case <-time.After(limit):
		s.signal(syscall.SIGQUIT) // the log then tells what it waits for
		s.done <- <-s.done
		s.w.t.Fatalf("ringflow serve still runs after %s\n%s", limit, tail(s.log, 40000))
		return nil
	}
}

// stop drains the server and expects it to end well.
func (s *Server) stop() {
	s.w.t.Helper()
	s.signal(syscall.SIGTERM)
	if err := s.ended(stopLimit); err != nil {
		s.w.t.Errorf("ringflow serve ended with %v after SIGTERM", err)
	}
}

// crash kills the process as a power cut would.
func (s *Server) crash() {
	s.w.t.Helper()
	s.signal(syscall.SIGKILL)
	if err := s.ended(stopLimit); err == nil {
		s.w.t.Error("a killed process ended well")
	}
}

// remove ends the process whatever its state, and checks its log.
func (s *Server) remove() {
	s.cmd.Process.Kill() // an error says that it has ended already
	<-s.done
	log, err := os.ReadFile(s.log)
	if err != nil {
		s.w.t.Error(err)
	}
	for _, bad := range []string{"DATA RACE", "panic"} {
		if bytes.Contains(log, []byte(bad)) {
			s.w.t.Errorf("the log has a %s", bad)
		}
	}
	if s.w.t.Failed() && !s.w.silent {
		s.w.t.Logf("ringflow's log:\n%s", s.tail())
	}
}

// tail is the end of the log.
func (s *Server) tail() string { return tail(s.log, 8000) }

func tail(path string, most int) string {
	b, err := os.ReadFile(path)
	if err != nil {
		return err.Error()
	}
	return string(b[max(0, len(b)-most):])
}

// gauges reads /metrics: each sample without labels by its name.
func (s *Server) gauges() (map[string]float64, error) {
	r, err := http.NewRequest(http.MethodGet, s.base+"/metrics", nil)
	if err != nil {
		return nil, err
	}
	r.Header.Set("Accept-Encoding", "identity") // to compress them takes a third of the answer's time
	res, err := s.http.Do(r)
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		return nil, err
	}
	out := map[string]float64{}
	for line := range strings.Lines(string(body)) {
		name, value, ok := strings.Cut(strings.TrimSpace(line), " ")
		if v, err := strconv.ParseFloat(value, 64); ok && err == nil {
			out[name] = v
		}
	}
	return out, nil
}

// goroutineSlack allows for what the runtime and the HTTP server start of
// their own between two looks.
const goroutineSlack = 4

// nothingLives waits until no call has left anything behind.
func (s *Server) nothingLives(limit time.Duration, goroutinesBefore float64) {
	s.w.t.Helper()
	within(s.w.t, limit, "nothing of the call is left", func() string {
		g, err := s.gauges()
		if err != nil {
			return err.Error()
		}
		var left []string
		for _, name := range []string{"ringflow_executions_running", "ringflow_legs", "ringflow_sip_sessions", "ringflow_rtp_ports_open"} {
			v, ok := g[name]
			if !ok || v != 0 {
				left = append(left, name+" is "+strconv.FormatFloat(v, 'g', -1, 64))
			}
		}
		if now := g["go_goroutines"]; now > goroutinesBefore+goroutineSlack {
			left = append(left, strconv.FormatFloat(now-goroutinesBefore, 'g', -1, 64)+" goroutines more than before")
		}
		return strings.Join(left, ", ")
	})
}

// histories reads executions from the record of a server that has ended.
func (w *world) histories(ids ...string) []record.History {
	w.t.Helper()
	recorded, err := store.Open(cmp.Or(w.database, w.data), slog.New(slog.DiscardHandler))
	if err != nil {
		w.t.Fatal(err)
	}
	defer func() {
		if err := recorded.Close(); err != nil {
			w.t.Error(err)
		}
	}()
	var out []record.History
	for _, id := range ids {
		h, err := recorded.History(context.Background(), "acme", record.ExecutionID(id))
		if err != nil {
			w.t.Errorf("history of %s: %v", id, err)
			continue
		}
		out = append(out, h)
	}
	return out
}

// checkJournal checks what holds for every journal of an execution that ended:
// events that are what their kind says, numbered without gaps, one end, which is
// the last, and one end for each leg.
func checkJournal(t *testing.T, h record.History) {
	t.Helper()
	ends, dialled, ended := 0, map[string]int{}, map[string]int{}
	for i, e := range h.Events {
		if e.Seq != i+1 {
			t.Errorf("%s: event %d has number %d", h.ID, i+1, e.Seq)
		}
		if err := e.Conforms(); err != nil {
			t.Errorf("%s: %v", h.ID, err)
		}
		switch e.Kind {
		case record.ExecutionEnded:
			ends++
			if i != len(h.Events)-1 {
				t.Errorf("%s: the journal goes on after execution_ended", h.ID)
			}
		case record.LegDialling:
			dialled[e.Leg.ID]++
		case record.LegEnded:
			ended[e.Leg.ID]++
		}
	}
	if ends != 1 {
		t.Errorf("%s: %d execution_ended, want 1", h.ID, ends)
	}
	for leg, n := range dialled {
		if n != 1 || ended[leg] != 1 {
			t.Errorf("%s: leg %s has %d leg_dialling and %d leg_ended, want one each", h.ID, leg, n, ended[leg])
		}
	}
	if len(ended) > len(dialled) {
		t.Errorf("%s: a leg ended that was never dialled", h.ID)
	}
}

// reaches waits until an execution is in a step.
func (s *Server) reaches(id, step string, limit time.Duration) {
	s.w.t.Helper()
	within(s.w.t, limit, "the execution reaches "+step, func() string {
		x, err := s.execution(id)
		if err != nil {
			return err.Error()
		}
		if slices.ContainsFunc(x.Steps, func(e executionStep) bool { return e.Name == step }) {
			return ""
		}
		if x.Status != "accepted" && x.Status != "running" {
			s.w.t.Fatalf("the execution is %s and never reached %s: %+v", x.Status, step, x.Steps)
		}
		return x.Status
	})
}
