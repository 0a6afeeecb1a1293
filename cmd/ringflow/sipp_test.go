package main_test

import (
	"fmt"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// sippLimit ends a SIPp that waits for something that never comes.
const sippLimit = 100 * time.Second

// farEnd is a running SIPp: the carrier and the phones behind it.
type farEnd struct {
	t    *testing.T
	name string
	cmd  *exec.Cmd
	done chan error
	dir  string
}

// performance is how a scenario is played.
type performance struct {
	port   uint16         // of SIPp; 0: trunkPort
	at     netip.AddrPort // of SIPp; not valid: port of the world's address
	audio  uint16         // where its phone listens; 0: audioPort
	inside func(func())   // runs do in the network namespace of SIPp; nil: it is this process's own
	calls  int            // 0: 1
	code   int            // fills in @code@
	reason string         // fills in @reason@
	args   []string       // further arguments of SIPp
	peer   netip.AddrPort // whom SIPp calls, for scenarios that begin by themselves
	tcp    bool           // SIPp listens for TCP in place of UDP
}

// play starts SIPp with a scenario of testdata/sipp. When play returns SIPp
// listens. The test's end kills it if it still runs.
func (w *world) play(name string, p performance) *farEnd {
	w.t.Helper()
	scenario, err := os.ReadFile(scenarioFile(name))
	if err != nil {
		w.t.Fatal(err)
	}
	text := strings.NewReplacer("@code@", strconv.Itoa(p.code), "@reason@", p.reason).Replace(string(scenario))
	p.port, p.calls = max(p.port, 1), max(p.calls, 1)
	if p.port == 1 {
		p.port = trunkPort
	}
	if !p.at.IsValid() {
		p.at = w.at(p.port)
	}
	p.port = p.at.Port()
	audio := uint16(audioPort)
	if p.audio != 0 {
		audio = p.audio
	}
	f := &farEnd{t: w.t, name: name, done: make(chan error, 1), dir: w.path("sipp-" + strconv.Itoa(int(p.port)))}
	file := w.write(filepath.Join(filepath.Base(f.dir), "scenario.xml"), []byte(text))
	args := []string{"-sf", file, "-i", p.at.Addr().String(), "-p", strconv.Itoa(int(p.port)), "-mi", p.at.Addr().String(),
		"-m", strconv.Itoa(p.calls), "-nostdin",
		"-timeout", strconv.Itoa(int(sippLimit/time.Second)) + "s", "-timeout_error",
		"-key", "rtp_port", strconv.Itoa(int(audio)), "-key", "rtp_port_2", strconv.Itoa(audioPort2),
		"-key", "agent_rtp_port", strconv.Itoa(agentAudioPort),
		"-trace_err", "-error_file", f.file("errors"), "-trace_msg", "-message_file", f.file("messages"),
		"-trace_logs", "-log_file", f.file("log")}
	args = append(args, p.args...)
	protocol := "udp"
	if p.tcp {
		protocol = "tcp"
		args = append(args, "-t", "t1")
	}
	if p.peer.IsValid() {
		args = append(args, p.peer.String())
	}
	f.cmd = exec.Command("sipp", args...)
	screen, err := os.Create(f.file("screen"))
	if err != nil {
		w.t.Fatal(err)
	}
	defer screen.Close()
	f.cmd.Dir, f.cmd.Stdout, f.cmd.Stderr = f.dir, screen, screen
	f.cmd.Env = append(os.Environ(), "TERM=dumb")
	if p.inside == nil {
		p.inside = func(do func()) { do() }
	}
	if p.inside(func() { err = f.cmd.Start() }); err != nil {
		w.t.Fatalf("start SIPp (run make setup): %v", err)
	}
	go func() { f.done <- f.cmd.Wait() }()
	w.t.Cleanup(f.remove)
	if !p.peer.IsValid() {
		f.awaitSocket(protocol, p.at)
	}
	return f
}

// awaitSocket waits until SIPp listens, as the kernel's own table tells.
func (f *farEnd) awaitSocket(protocol string, at netip.AddrPort) {
	f.t.Helper()
	line := ""
	for word := range slices.Chunk(at.Addr().AsSlice(), 4) { // each with its bytes in reverse
		slices.Reverse(word)
		line += fmt.Sprintf("%X", word)
	}
	line += fmt.Sprintf(":%04X", at.Port())
	if protocol == "tcp" { // the connections of the SIPp before it may still be there
		const listening = "0A"
		line += " " + strings.Repeat("0", 2*len(at.Addr().AsSlice())) + ":0000 " + listening
	}
	if at.Addr().Is6() {
		protocol += "6"
	}
	within(f.t, startLimit, "SIPp listens at "+at.String(), func() string {
		select {
		case err := <-f.done:
			f.done <- err
			f.t.Fatalf("SIPp ended: %v\n%s%s", err, tail(f.file("screen"), 2000), tail(f.file("errors"), 2000))
		default:
		}
		table, err := os.ReadFile(fmt.Sprintf("/proc/%d/net/%s", f.cmd.Process.Pid, protocol))
		if err != nil {
			return err.Error()
		}
		if !strings.Contains(string(table), line) {
			return "no socket"
		}
		return ""
	})
}

func (f *farEnd) file(kind string) string { return filepath.Join(f.dir, kind+".txt") }

// satisfied waits for SIPp's end and expects its verdict to be good.
func (f *farEnd) satisfied(limit time.Duration) {
	f.t.Helper()
	select {
	case err := <-f.done:
		f.done <- err
		if err != nil {
			f.t.Errorf("%s: %v\n%s\nmessages:\n%s", f.name, err, tail(f.file("errors"), 3000), tail(f.file("messages"), 12000))
		}
	case <-time.After(limit):
		f.t.Errorf("%s: SIPp still waits after %s\nmessages:\n%s", f.name, limit, tail(f.file("messages"), 12000))
	}
}

// log returns the lines that the scenario logged.
func (f *farEnd) log() []string {
	b, err := os.ReadFile(f.file("log"))
	if err != nil && !os.IsNotExist(err) {
		f.t.Error(err)
	}
	return strings.FieldsFunc(string(b), func(r rune) bool { return r == '\n' })
}

func (f *farEnd) remove() {
	f.cmd.Process.Kill() // an error says that it has ended already
	<-f.done
}

func scenarioFile(name string) string { return filepath.Join("../../testdata/sipp", name+".xml") }
