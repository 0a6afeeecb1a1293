package main_test

import (
	"net"
	"os"
	"slices"
	"testing"
	"time"
)

func TestFailover(t *testing.T) {
	besideOthers(t)
	servers := newScenarioServers(t)
	together(t, 6, slices.Concat(nextTargetIsTried(), refusalOfAHumanIsFinal(servers)))
	servers.endAll(t)
}

func nextTargetIsTried() (tests []outsider) {
	for _, c := range []struct {
		name string
		file string // what the first target does; "": nobody is there
		p    performance
	}{
		{"when-the-first-is-silent", "silent-expects-no-cancel", performance{args: []string{"-d", "15000"}}},
		{"after-503", "refuses", performance{code: 503, reason: "Service Unavailable"}},
		{"after-500", "refuses", performance{code: 500, reason: "Server Internal Error"}},
		{"when-nobody-is-there", "", performance{}},
	} {
		tests = append(tests, outsider{"next-target-is-tried-" + c.name, func(t *testing.T) {
			w := newWorld(t)
			server := w.serve(w.config(trunk{standby: true}, 10*time.Second))
			w.phone(audioPort)
			var first *farEnd
			if c.file != "" {
				first = w.play(c.file, c.p)
			}
			second := w.play("answers-expects-bye", performance{port: secondPort})
			id := server.mustStart("hangup", map[string]string{"contact_1": customer})
			x := server.outcome(id, 45*time.Second)
			second.satisfied(10 * time.Second)
			if first != nil {
				first.satisfied(30 * time.Second)
			}
			if s := x.step(t, "call_contact"); s.Exit != "answered" || x.Status != "finished" {
				t.Errorf("the step left by %s, the execution is %s", s.Exit, x.Status)
			}
			server.stop()
			for _, h := range w.histories(id) {
				checkJournal(t, h)
			}
		}})
	}
	return tests
}

// refusalOfAHumanIsFinal: nobody who declined is rung again through another
// target.
func refusalOfAHumanIsFinal(servers *scenarioServers) (tests []outsider) {
	for _, c := range []struct {
		code int
		exit string
	}{{486, "busy"}, {600, "busy"}, {603, "busy"}, {607, "busy"}, {608, "busy"}, {404, "invalid_number"}, {484, "invalid_number"}, {604, "invalid_number"}} {
		s := scenario{file: "refuses", performance: performance{code: c.code, reason: "No"}, exit: c.exit, sip: c.code}
		tests = append(tests, outsider{"refusal-is-final-" + s.name(), func(t *testing.T) {
			w := servers.lend(t, trunk{standby: true})
			second, err := net.ListenUDP("udp", net.UDPAddrFromAddrPort(w.at(secondPort)))
			if err != nil {
				t.Fatal(err)
			}
			defer second.Close()
			far := w.play(s.file, s.performance)
			x := w.lent.outcome(w.lent.mustStart("hangup", map[string]string{"contact_1": customer}), 30*time.Second)
			far.satisfied(10 * time.Second)
			s.check(t, x)
			if err := second.SetReadDeadline(time.Now().Add(time.Second)); err != nil {
				t.Fatal(err)
			}
			buf := make([]byte, 4096)
			if n, _, err := second.ReadFrom(buf); err == nil {
				t.Errorf("the second target was tried:\n%s", buf[:n])
			} else if !os.IsTimeout(err) {
				t.Error(err)
			}
		}})
	}
	return tests
}
