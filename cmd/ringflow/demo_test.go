package main_test

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"ringflow/internal/cli"
	"ringflow/internal/demo"
	"ringflow/internal/sim"
	"ringflow/media"
)

// TestDemo runs every demo that has an end of its own, whole: real server, real
// SIP and RTP. The demo's own verdict is the check; the test looks after what it
// leaves and prints.
func TestDemo(t *testing.T) {
	besideFew(t)
	both := []string{"customer.wav", "agent.wav"}
	var tests []outsider
	for _, test := range []struct {
		options    string
		recordings []string
		prints     []string // among what it prints, in this order
	}{
		{"", both, []string{"INVITE", "200 OK", "ACK", "step left announce → ok", "INVITE", "200 OK", "legs joined", "BYE", "execution ended finished", "✓ the customer hears the agent: “Installation"}},
		{"--agent silent", both[:1], []string{"200 OK", "CANCEL", "→ no_answer", "BYE"}},
		{"--agent invalid", both[:1], []string{"200 OK", "404 Not Found", "→ invalid_number", "BYE"}},
		{"--customer silent", nil, []string{"180 Ringing", "CANCEL", "487", "→ no_answer"}},
		{"--agent busy", both[:1], []string{"200 OK", "486 Busy Here", "→ busy", "BYE"}},
		{"--customer busy", nil, []string{"INVITE", "486 Busy Here", "→ busy"}},
		{"--customer declines", nil, []string{"603 Decline", "→ busy"}},
		{"--customer blocked", nil, []string{"603 Network Blocked", "by network", "(Reason: v=analytics1;url=", "→ busy", "the network blocked the call"}},
		{"--customer invalid", nil, []string{"404 Not Found", "→ invalid_number"}},
		{"--customer hangs-up", both[:1], []string{"200 OK", "◀", "BYE", "✓ agent does not run"}},
	} {
		tests = append(tests, outsider{test.options, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "demo")
			var out, complaints bytes.Buffer
			status := cli.Run(t.Context(), append([]string{"demo", "--out", dir}, strings.Fields(test.options)...), &out, &complaints)
			if status != 0 || complaints.Len() > 0 {
				log, _ := os.ReadFile(filepath.Join(dir, "ringflow.log"))
				t.Fatalf("it ended with status %d: %s\n%s\n%s", status, &complaints, &out, log)
			}
			rest := out.String()
			for _, print := range test.prints {
				_, after, found := strings.Cut(rest, print)
				if !found {
					t.Errorf("it does not print %q where it should:\n%s", print, &out)
					break
				}
				rest = after
			}
			for _, name := range both {
				if _, err := os.Stat(filepath.Join(dir, name)); (err == nil) != slices.Contains(test.recordings, name) {
					t.Errorf("%s: %v; want %v and no other", name, err, test.recordings)
				}
			}
		}})
	}
	together(t, 5, tests)
}

// TestDemoLeavesNothingRunning: server and carrier are taken down with all they
// started.
func TestDemoLeavesNothingRunning(t *testing.T) {
	defer goleak.VerifyNone(t)
	var out, complaints bytes.Buffer
	if status := cli.Run(t.Context(), []string{"demo", "--customer", "hangs-up", "--out", t.TempDir()}, &out, &complaints); status != 0 {
		t.Fatalf("it ended with status %d: %s\n%s", status, &complaints, &out)
	}
}

// TestDemoRecording listens to the file that people will listen to.
func TestDemoRecording(t *testing.T) {
	besideOthers(t)
	dir := filepath.Join(t.TempDir(), "demo")
	var out, complaints bytes.Buffer
	if status := cli.Run(t.Context(), []string{"demo", "--json", "--agent", "busy", "--out", dir}, &out, &complaints); status != 0 {
		t.Fatalf("it ended with status %d: %s\n%s", status, &complaints, &out)
	}
	wav, err := os.ReadFile(filepath.Join(dir, "customer.wav"))
	if err != nil {
		t.Fatal(err)
	}
	heard, err := media.DecodePCM(wav)
	if err != nil {
		t.Fatal(err)
	}
	if !sim.HasTone(heard, 400*time.Millisecond, 440, 480) {
		t.Error("there is no ringback in customer.wav")
	}
	var last struct {
		Good   bool
		Checks []demo.Check
	}
	for line := range strings.Lines(out.String()) {
		last.Checks = nil
		if err := json.Unmarshal([]byte(line), &last); err != nil {
			t.Fatalf("%q is no JSON: %v", line, err)
		}
	}
	if !last.Good || len(last.Checks) < 6 {
		t.Errorf("the last line holds no good verdict: %+v", last)
	}
}

// TestDemoTellsWhenItFails: whatever keeps the call from happening ends the demo
// with status 1 and a reason.
func TestDemoTellsWhenItFails(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "thesis.txt"), []byte("mine"), 0o600); err != nil {
		t.Fatal(err)
	}
	var out, complaints bytes.Buffer
	if status := cli.Run(t.Context(), []string{"demo", "--out", dir}, &out, &complaints); status != 1 || !strings.Contains(complaints.String(), "--out") {
		t.Errorf("in a folder of somebody else's it ended with status %d and said %q", status, &complaints)
	}
	complaints.Reset()
	if status := cli.Run(t.Context(), []string{"demo", "--customer", "sings"}, &out, &complaints); status != 2 || !strings.Contains(complaints.String(), "hangs-up") {
		t.Errorf("with a wrong option it ended with status %d and said %q", status, &complaints)
	}
	t.Setenv("PATH", t.TempDir())
	complaints.Reset()
	if status := cli.Run(t.Context(), []string{"demo"}, &out, &complaints); status != 1 || !strings.Contains(complaints.String(), "espeak-ng") {
		t.Errorf("without a speech engine it ended with status %d and said %q", status, &complaints)
	}
}
