//go:build interop

package main_test

import (
	"encoding/binary"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

// capture is a running tshark: what is really on a wire.
type capture struct {
	t    *testing.T
	cmd  *exec.Cmd
	file string
}

// captureLoopback begins to record the packets of all worlds on loopback addresses.
func captureLoopback(t *testing.T) *capture {
	t.Helper()
	return begin(t, func(do func()) { do() }, "lo", fmt.Sprintf("net 127.%d.0.0/16", ownNet()))
}

// capture begins to record the packets of this world, which has a network namespace.
func (w *world) capture() *capture { w.t.Helper(); return begin(w.t, w.enter, "any", "") }

func begin(t *testing.T, enter func(func()), device, filter string) *capture {
	t.Helper()
	c := &capture{t: t, file: filepath.Join(t.TempDir(), "wire.pcap")}
	c.cmd = exec.Command("tshark", "-i", device, "-f", filter, "-w", c.file)
	c.cmd.SysProcAttr = endsWithTest()
	stderr, err := c.cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	enter(func() { err = c.cmd.Start() })
	if err != nil {
		t.Fatalf("start tshark (run make interop): %v", err)
	}
	t.Cleanup(func() { c.cmd.Process.Kill(); c.cmd.Wait() }) // errors say that it has ended already
	go io.Copy(io.Discard, stderr)
	within(t, 20*time.Second, "tshark captures", func() string {
		if info, err := os.Stat(c.file); err != nil || info.Size() == 0 {
			return "no file yet"
		}
		return ""
	})
	return c
}

// end ends the capture.
func (c *capture) end() {
	c.t.Helper()
	if err := c.cmd.Process.Signal(syscall.SIGINT); err != nil {
		c.t.Errorf("stop tshark: %v", err)
	}
	c.cmd.Wait() // its status after an interrupt says nothing
}

// wellFormed ends the capture, and has tshark find nothing malformed in it.
func (c *capture) wellFormed() {
	c.t.Helper()
	c.end()
	isWellFormed(c.t, c.file)
}

// isWellFormed has tshark find nothing malformed in a capture.
func isWellFormed(t *testing.T, file string) {
	t.Helper()
	faults := tshark(t, file, "-Y", `_ws.malformed || (sip || sdp || rtp || tls) && _ws.expert.severity == "Error"`,
		"-T", "fields", "-e", "frame.number", "-e", "_ws.col.Info", "-e", "_ws.expert.message", "-e", "_ws.malformed")
	if faults != "" {
		t.Errorf("tshark finds faults in %s:\n%.2000s", filepath.Base(file), faults)
	}
}

// message is one SIP message of a trace.
type message struct {
	from, to uint16 // ports
	text     string
}

// ours says whether Ringflow sent it.
func (m message) ours() bool { return m.from == sipPort || m.from == sipPort+1 }

// serveTraced is serve with a trace of all messages, in which tshark finds nothing malformed
// when the test has ended.
func (w *world) serveTraced(config string) *Server {
	w.t.Helper()
	w.t.Cleanup(func() { isWellFormed(w.t, w.path("all.pcap")) })
	return w.serve(config, "--trace", w.path("all.pcap"))
}

// traced are the messages of the trace so far: datagrams over IPv4 without a link layer.
func (w *world) traced() (messages []message) {
	w.t.Helper()
	file, err := os.ReadFile(w.path("all.pcap"))
	if err != nil {
		w.t.Fatal(err)
	}
	const header, record, ip, udp = 24, 16, 20, 8
	for at := header; at+record <= len(file); {
		length := int(binary.LittleEndian.Uint32(file[at+8:]))
		packet := file[at+record : min(at+record+length, len(file))]
		at += record + length
		if len(packet) < length { // being written
			break
		}
		messages = append(messages, message{binary.BigEndian.Uint16(packet[ip:]), binary.BigEndian.Uint16(packet[ip+2:]), string(packet[ip+udp:])})
	}
	return messages
}

// sees expects so many messages of Ringflow's, or of the far end's, that begin so and have all
// of the texts; -1: one at least.
func (w *world) sees(want int, ours bool, begin string, texts ...string) {
	w.t.Helper()
	n := 0
	var all strings.Builder
	for _, m := range w.traced() {
		line, _, _ := strings.Cut(m.text, "\r\n")
		fmt.Fprintf(&all, "%d > %d %s\n", m.from, m.to, line)
		if m.ours() == ours && strings.HasPrefix(m.text, begin) && !slices.ContainsFunc(texts, func(text string) bool { return !strings.Contains(m.text, text) }) {
			n++
		}
	}
	if n != want && (want >= 0 || n == 0) {
		w.t.Errorf("%d messages are %s with %q, want %d:\n%s", n, begin, texts, want, &all)
	}
}

// tshark reads a capture. Ports that are not SIP's own are told to it.
func tshark(t *testing.T, file string, args ...string) string {
	t.Helper()
	cmd := exec.Command("tshark", append([]string{"-r", file, "-d", "udp.port==5070,sip", "-d", "udp.port==5071,sip", "-d", "tcp.port==5070,sip"}, args...)...)
	cmd.Env = append(os.Environ(), "TZ=UTC")
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil && !strings.Contains(stderr.String(), "cut short") { // by the interrupt that ended the capture
		t.Errorf("tshark: %v\n%s", err, stderr.String())
	}
	return string(out)
}
