//go:build interop

package main_test

import (
	"io"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"
)

// Phones of testdata/interop/asterisk/extensions.conf.
const (
	busyPhone     = "+12025550144"
	ringingPhone  = "+12025550145"
	pressingPhone = "+12025550146"
	earlyPhone    = "+12025550147"
	congested     = "+12025550148"
	unassigned    = "+12025550199"
)

// TestInteropAsteriskSeedFlow runs the seed flow through Asterisk as a trunk that wants
// a login, with both parties behind it, in each codec.
func TestInteropAsteriskSeedFlow(t *testing.T) {
	for _, codec := range []string{"ulaw", "alaw"} {
		t.Run(codec, func(t *testing.T) {
			w := newWorld(t)
			a := w.startAsterisk(codec, digestPassword)
			server := w.serve(w.config(trunk{username: "ringflow", password: digestPassword}, 10*time.Second))
			before, err := server.gauges()
			if err != nil {
				t.Fatal(err)
			}
			capture := w.capture()
			x := server.outcome(server.mustStart("installation-help", map[string]string{"contact_1": customer, "contact_2": agent}), time.Minute)
			if x.Status != "finished" {
				t.Errorf("the execution is %s: %+v", x.Status, x.Steps)
			}
			for _, want := range []struct{ step, exit string }{{"call_customer", "answered"}, {"announce", "ok"}, {"agent", "ok"}} {
				if s := x.step(t, want.step); s.Exit != want.exit {
					t.Errorf("step %s left by %s, want %s (%s)", want.step, s.Exit, want.exit, s.Error)
				}
			}
			server.nothingLives(10*time.Second, before["go_goroutines"])
			if left := a.ask("core show channels count"); !strings.Contains(left, "0 active channels") {
				t.Errorf("Asterisk still has channels:\n%s", left)
			}
			checkRecordings(t, a)
			if !strings.Contains(a.log(), "agent rung by "+customer) {
				t.Errorf("the agent was not shown the contact's number, %s", customer)
			}
			capture.report()
			t.Logf("Asterisk saw:\n%s%s", a.ask("core show version"), steps(a.log()))
			server.stop()
			for _, h := range w.histories(x.ID) {
				checkJournal(t, h)
			}
		})
	}
}

// checkRecordings compares what Asterisk recorded at each phone.
func checkRecordings(t *testing.T, a *asterisk) {
	t.Helper()
	heard := a.recording("customer-heard.wav")
	share := receivedShare(heard, announcement(t))
	t.Logf("the customer heard %.0f %% of the message as it was, ringback for %s, the agent's tone for %s",
		100*share, tones(heard, 440), tones(heard, agentHz))
	if share < 0.95 {
		t.Errorf("the customer heard %.0f %% of the message as it was, want 95", 100*share)
	}
	if got := tones(heard, 440); got < time.Second {
		t.Errorf("the customer heard ringback for %s, want 1s at least", got)
	}
	if got := tones(heard, agentHz); got < 5*time.Second {
		t.Errorf("the customer heard the agent for %s, want 5s at least", got)
	}
	if got := tones(heard, customerHz); got > 200*time.Millisecond {
		t.Errorf("the customer heard itself for %s", got)
	}
	heard = a.recording("agent-heard.wav")
	t.Logf("the agent heard the customer's tone for %s of %.1f s", tones(heard, customerHz), float64(len(heard))/rate)
	if got := tones(heard, customerHz); got < 5*time.Second {
		t.Errorf("the agent heard the customer for %s, want 5s at least", got)
	}
	if got := tones(heard, agentHz); got > 200*time.Millisecond {
		t.Errorf("the agent heard itself for %s", got)
	}
}

// steps keeps of Asterisk's log which phone did what.
func steps(log string) string {
	var out []string
	for line := range strings.Lines(log) {
		if _, step, ok := strings.Cut(line, "Executing ["); ok {
			out = append(out, "  ["+step)
		}
	}
	return strings.Join(out, "")
}

// TestInteropAsteriskOutcomes has Asterisk's phones refuse, ring and press keys.
func TestInteropAsteriskOutcomes(t *testing.T) {
	w := newWorld(t)
	w.startAsterisk("ulaw,alaw", digestPassword)
	server := w.serve(w.config(trunk{username: "ringflow", password: digestPassword}, 10*time.Second))
	var tests []outsider
	for _, c := range []struct {
		name, to, flow, exit string
		code                 int
		digits               string
	}{
		{"busy", busyPhone, "hangup", "busy", 486, ""},
		{"nobody-has-the-number", unassigned, "hangup", "invalid_number", 404, ""},
		{"rings-until-cancelled", ringingPhone, "hangup", "no_answer", 487, ""},
		{"early-media-only", earlyPhone, "hangup", "no_answer", 487, ""},
		{"congested", congested, "hangup", "error", 503, ""},
		{"presses-keys", pressingPhone, "digits", "answered", 200, "1234"},
	} {
		tests = append(tests, outsider{c.name, func(t *testing.T) {
			x := server.outcome(server.mustStart(c.flow, map[string]string{"contact_1": c.to}), time.Minute)
			s := x.step(t, "call_contact")
			if s.Exit != c.exit || s.SIP == nil || s.SIP.Code != c.code {
				t.Errorf("the step left by %s with %+v, want %s with %d", s.Exit, s.SIP, c.exit, c.code)
			}
			if got := x.Variables["digits"]; got != c.digits {
				t.Errorf("digits is %q, want %q", got, c.digits)
			}
		}})
	}
	together(t, 3, tests)
	server.stop()
}

// TestInteropAsteriskWrongPassword: a login that Asterisk refuses is an error, and not
// the number's fault.
func TestInteropAsteriskWrongPassword(t *testing.T) {
	w := newWorld(t)
	w.startAsterisk("ulaw", digestPassword)
	server := w.serve(w.config(trunk{username: "ringflow", password: "guessed"}, 10*time.Second))
	x := server.outcome(server.mustStart("hangup", map[string]string{"contact_1": customer}), 30*time.Second)
	if s := x.step(t, "call_contact"); s.Exit != "error" || s.SIP == nil || s.SIP.Code != 401 {
		t.Errorf("the step left by %s with %+v, want error with 401", s.Exit, s.SIP)
	}
	server.stop()
}

// capture is a running tshark: what was really on the wire.
type capture struct {
	w    *world
	cmd  *exec.Cmd
	file string
}

// capture begins to record the packets of this world.
func (w *world) capture() *capture {
	w.t.Helper()
	c := &capture{w: w, file: w.path("wire.pcap")}
	c.cmd = exec.Command("tshark", "-i", "lo", "-f", "udp and host "+w.addr.String(), "-w", c.file)
	c.cmd.SysProcAttr = endsWithTest()
	stderr, err := c.cmd.StderrPipe()
	if err != nil {
		w.t.Fatal(err)
	}
	if err := c.cmd.Start(); err != nil {
		w.t.Fatalf("start tshark (run make interop): %v", err)
	}
	w.t.Cleanup(func() { c.cmd.Process.Kill(); c.cmd.Wait() }) // errors say that it has ended already
	go io.Copy(io.Discard, stderr)
	within(w.t, 20*time.Second, "tshark captures", func() string {
		if info, err := os.Stat(c.file); err != nil || info.Size() == 0 {
			return "no file yet"
		}
		return ""
	})
	return c
}

// report ends the capture and prints tshark's own figures.
func (c *capture) report() {
	c.w.t.Helper()
	if err := c.cmd.Process.Signal(syscall.SIGINT); err != nil {
		c.w.t.Errorf("stop tshark: %v", err)
	}
	c.cmd.Wait() // its status after an interrupt says nothing
	// Ports that are not SIP's own, and RTP that tshark cannot follow from SDP alone.
	out, err := exec.Command("tshark", "-r", c.file, "-q", "-d", "udp.port==5070,sip", "-o", "rtp.heuristic_rtp:TRUE",
		"-z", "sip,stat", "-z", "rtp,streams").CombinedOutput()
	if err != nil {
		c.w.t.Errorf("tshark: %v", err)
	}
	c.w.t.Logf("tshark saw:\n%s", out)
}
