package main_test

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"ringflow/flowengine/record"
)

// scenarioServers are the servers that scenarios run on, one after the other: most of
// the time of a scenario would be the start of its server.
type scenarioServers struct {
	t *testing.T // of all scenarios

	mu   sync.Mutex
	free map[string][]*scenarioServer // by what they say about their trunk
}

// scenarioServer is one of them, with what its scenarios left to be checked.
type scenarioServer struct {
	*Server
	trunk    string                                      // what it says about its trunk
	journals map[string]func(*testing.T, record.History) // by execution
}

func newScenarioServers(t *testing.T) *scenarioServers {
	return &scenarioServers{t: t, free: map[string][]*scenarioServer{}}
}

// lend is the world of a server that no other test uses until this one has ended and
// nothing of its calls is left.
func (all *scenarioServers) lend(t *testing.T, tr trunk) *world {
	t.Helper()
	shared := all.take(tr)
	server := shared.of(t)
	before, err := server.gauges()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		defer all.giveBack(t, shared, scenario{})
		server.nothingLives(5*time.Second, before["go_goroutines"])
	})
	server.w.lent = server
	return server.w
}

// take returns a server that no other scenario uses.
func (all *scenarioServers) take(tr trunk) *scenarioServer {
	key := fmt.Sprintf("%+v", tr)
	all.mu.Lock()
	if free := all.free[key]; len(free) > 0 {
		defer all.mu.Unlock()
		all.free[key] = free[1:]
		return free[0]
	}
	all.mu.Unlock()
	w := newWorld(all.t)
	w.silent = true
	config := w.config(tr, 10*time.Second)
	if len(tr.targets) > 0 && tr.targets[0].Addr().Is6() {
		w.addIPv6(config)
	}
	return &scenarioServer{w.serve(config), key, map[string]func(*testing.T, record.History){}}
}

// of is the server for one test, which has a folder of its own.
func (s *scenarioServer) of(t *testing.T) *Server {
	w := *s.w
	w.t, w.dir = t, t.TempDir()
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("ringflow's log:\n%s", s.tail())
		}
	})
	return &Server{client: newClient(t, w.at(httpPort), w.dial), w: &w, cmd: s.cmd, done: s.done, log: s.log}
}

// giveBack lets the next scenario use the server, or ends it if the far end of this one
// may still do something, or did what takes a target out of service (docs/trunks.md).
func (all *scenarioServers) giveBack(t *testing.T, s *scenarioServer, after scenario) {
	if t.Failed() || after.limit != 0 || after.endsWithin != 0 || after.sip == 503 {
		s.end(t)
		return
	}
	all.mu.Lock()
	defer all.mu.Unlock()
	all.free[s.trunk] = append(all.free[s.trunk], s)
}

// end stops the server and checks its journals.
func (s *scenarioServer) end(t *testing.T) {
	server := s.of(t)
	server.stop()
	var ids []string
	for id := range s.journals {
		ids = append(ids, id)
	}
	for _, h := range server.w.histories(ids...) {
		s.journals[string(h.ID)](t, h)
	}
}

// endAll ends the servers that are free.
func (all *scenarioServers) endAll(t *testing.T) {
	var ends []outsider
	for _, free := range all.free {
		for i, s := range free {
			ends = append(ends, outsider{fmt.Sprintf("journals %d", i+1), s.end})
		}
	}
	together(t, 4, ends)
}
