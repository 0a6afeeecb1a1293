//go:build interop

package main_test

import (
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// TestInteropTraces has tshark and sngrep read what Ringflow says of a call: the capture of
// the call, that of the process, and the packets of HEP, of which sngrep makes a capture.
func TestInteropTraces(t *testing.T) {
	w := newWorld(t)
	homer := exec.Command("sngrep", "-N", "-q", "-L", "udp:"+w.at(homerPort).String(), "-O", w.path("homer.pcap"))
	w.enter(func() {
		if err := homer.Start(); err != nil {
			t.Fatalf("start sngrep (run make interop): %v", err)
		}
	})
	t.Cleanup(func() {
		_ = homer.Process.Kill()
		_ = homer.Wait()
	})
	within(t, 10*time.Second, "sngrep listens", func() string {
		out, err := exec.Command("ss", "-Hlun", "src", w.at(homerPort).String()).CombinedOutput()
		if err == nil && len(out) > 0 {
			return ""
		}
		return string(out)
	})
	server, id := w.tracedCall(w.path("all.pcap"))
	w.show(id + " --pcap " + w.path("call.pcap"))
	server.stop()

	const want = "INVITE 407 ACK INVITE 180 200 ACK BYE 200"
	read := func(name string) string {
		out, err := exec.Command("tshark", "-r", w.path(name), "-Y", "sip", "-T", "fields", "-e", "sip.Method", "-e", "sip.Status-Code").Output()
		if err != nil {
			t.Fatalf("tshark: %v", err)
		}
		return strings.Join(strings.Fields(string(out)), " ")
	}
	within(t, 10*time.Second, "sngrep has written what it got", func() string {
		if got := read("homer.pcap"); got != want {
			return got
		}
		return ""
	})
	for _, name := range []string{"call.pcap", "all.pcap", "homer.pcap"} {
		if got := read(name); got != want {
			t.Errorf("tshark reads of %s: %s, want %s", name, got, want)
		}
		faults, err := exec.Command("tshark", "-r", w.path(name), "-o", "ip.check_checksum:TRUE", "-o", "udp.check_checksum:TRUE",
			"-Y", "_ws.malformed || ip.checksum.status == Bad || udp.checksum.status == Bad").Output()
		if name != "homer.pcap" && (err != nil || len(faults) > 0) {
			t.Errorf("tshark finds in %s: %s %v", name, faults, err)
		}
	}
	// sngrep reads the capture, and finds one dialog in it.
	out, err := exec.Command("timeout", "20", "sngrep", "-N", "-q", "-I", w.path("call.pcap"), "-O", w.path("copy.pcap")).CombinedOutput()
	if err != nil {
		t.Errorf("sngrep: %v %s", err, out)
	}
	if got := read("copy.pcap"); got != want {
		t.Errorf("sngrep reads %s, want %s", got, want)
	}
	if info, err := os.Stat(w.path("all.pcap")); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the trace of all messages: %v, %v", info, err)
	}
}
