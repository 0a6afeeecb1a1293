package main_test

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"ringflow/flowengine/record"
)

// scenario is one behaviour of the far end and what Ringflow makes of it.
type scenario struct {
	file string // in testdata/sipp, without .xml
	is   string // tells it from others of the same file, code and cause; "": those do
	performance
	trunk trunk
	ipv6  bool   // SIPp and its phone are at ::1
	flow  string // "": SIPp calls Ringflow, and no flow runs
	// What the step must say: its name ("" is call_contact), exit, final SIP code
	// (0: whatever) and Q.850 cause.
	step, exit string
	sip, cause int
	detail     string        // what the step's detail has to say; "": whatever
	status     string        // "": finished
	at         time.Duration // when the step ends, ± tolerance; 0: whenever
	limit      time.Duration // for the execution's end; 0: 30 s
	endsWithin time.Duration // until nothing of the call is left; 0: 5 s
	// How the contact's leg ended, as the journal tells: by whom ("": whoever) and
	// with which Q.850 cause (0: whatever).
	ended    record.EndedBy
	endCause int
	then     func(t *testing.T, x execution, f *farEnd)
}

// name tells the scenario and, where a file is used by several, which it is.
func (s scenario) name() string {
	n := s.file
	if s.code != 0 {
		n += fmt.Sprintf("/%d", s.code)
	}
	if s.cause != 0 {
		n += fmt.Sprintf("-cause-%d", s.cause)
	}
	if s.is != "" {
		n += " " + s.is
	}
	return n
}

// tolerance is how far from its time a timed step may end, on a machine that
// runs a dozen other tests.
const tolerance = 1500 * time.Millisecond

// run runs the scenario on a server that no other uses meanwhile.
func (s scenario) run(t *testing.T, servers *scenarioServers) {
	if s.ipv6 {
		s.trunk.targets = []netip.AddrPort{freePort6(t)}
	}
	shared := servers.take(s.trunk)
	defer servers.giveBack(t, shared, s)
	server := shared.of(t)
	w := server.w
	s.performance.tcp = s.trunk.transport == "tcp"
	if s.ipv6 {
		s.performance.at, s.performance.audio = s.trunk.targets[0], w.phoneAt(netip.MustParseAddrPort("[::1]:0")).at().Port()
	}
	before, err := server.gauges()
	if err != nil {
		t.Fatal(err)
	}
	// The phones' sockets: audio must find somebody, or ICMP would tell of it.
	w.phone(audioPort)
	w.phone(audioPort2)
	w.phone(agentAudioPort)

	if s.flow == "" {
		s.performance.port, s.performance.peer = 5090, w.at(sipPort)
		w.play(s.file, s.performance).satisfied(max(s.limit, 30*time.Second))
		server.nothingLives(max(s.endsWithin, 5*time.Second), before["go_goroutines"])
		return
	}
	far := w.play(s.file, s.performance)
	id := server.mustStart(s.flow, map[string]string{"contact_1": customer, "contact_2": agent})
	x := server.outcome(id, max(s.limit, 30*time.Second))
	far.satisfied(max(s.limit, 30*time.Second))
	s.check(t, x)
	if s.then != nil {
		s.then(t, x, far)
	}
	server.nothingLives(max(s.endsWithin, 5*time.Second), before["go_goroutines"])
	shared.journals[id] = func(t *testing.T, h record.History) {
		checkJournal(t, h)
		s.checkEnd(t, h)
	}
}

// checkEnd checks what the journal says of the end of the contact's leg.
func (s scenario) checkEnd(t *testing.T, h record.History) {
	t.Helper()
	for _, e := range h.Events {
		if e.Kind != record.LegEnded || e.Leg.Party != "contact" {
			continue
		}
		if s.ended != "" && e.Leg.EndedBy != s.ended {
			t.Errorf("the journal of %s says that the leg was ended by %s, want %s", s.name(), e.Leg.EndedBy, s.ended)
		}
		if s.endCause != 0 && (e.SIP == nil || e.SIP.Cause != s.endCause) {
			t.Errorf("the leg of %s ended with %+v, want cause %d", s.name(), e.SIP, s.endCause)
		}
	}
}

// check compares the execution with what the scenario leads to.
func (s scenario) check(t *testing.T, x execution) {
	t.Helper()
	if want := orElse(s.status, "finished"); x.Status != want {
		t.Errorf("the execution is %s, want %s: %+v", x.Status, want, x.Steps)
	}
	step := x.step(t, orElse(s.step, "call_contact"))
	if step.Exit != s.exit {
		t.Errorf("step %s left by %s, want %s (error %q)", step.Name, step.Exit, s.exit, step.Error)
	}
	if !strings.Contains(step.Detail, s.detail) {
		t.Errorf("step %s has the detail %q, want %q", step.Name, step.Detail, s.detail)
	}
	if step.SIP == nil && (s.sip != 0 || s.cause != 0) {
		t.Errorf("step %s has no SIP answer, want %d", step.Name, s.sip)
	}
	if step.SIP != nil {
		if s.sip != 0 && step.SIP.Code != s.sip {
			t.Errorf("step %s has SIP code %d, want %d", step.Name, step.SIP.Code, s.sip)
		}
		if step.SIP.Cause != s.cause {
			t.Errorf("step %s has cause %d, want %d", step.Name, step.SIP.Cause, s.cause)
		}
		if s.reason != "" && step.SIP.Reason != s.reason {
			t.Errorf("step %s has reason %q, want %q", step.Name, step.SIP.Reason, s.reason)
		}
		if s.sip != 0 && step.SIP.Trunk != "carrier" {
			t.Errorf("step %s has trunk %q, want carrier", step.Name, step.SIP.Trunk)
		}
	}
	took := time.Duration(step.DurationMS) * time.Millisecond
	if s.at != 0 && (took < s.at-100*time.Millisecond || took > s.at+tolerance) {
		t.Errorf("step %s ended after %s, want %s", step.Name, took, s.at)
	}
}

func orElse(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
}
