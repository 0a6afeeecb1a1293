package main_test

import (
	"bytes"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"ringflow/internal/sim"
)

// homerPort is where a test takes packets of HEP.
const homerPort = 9060

// tracedCall places a call over a trunk that wants credentials, with everything on that shows
// messages, and returns the server and the execution.
func (w *world) tracedCall(traceFile string) (*Server, string) {
	w.t.Helper()
	carrier, err := sim.Start(challenging("ringflow", "change-me-too", sim.Config{Addr: w.at(trunkPort), PortMin: 30000, PortMax: 30100,
		Phones: map[string]sim.Behaviour{customer: sim.Answers(sim.Pause(300*time.Millisecond), sim.HangUp())}}))
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() { carrier.Close() })
	path := w.config(trunk{username: "ringflow", password: "change-me-too"}, time.Second)
	text, err := os.ReadFile(path)
	if err != nil {
		w.t.Fatal(err)
	}
	w.write("ringflow.yaml", bytes.Replace(text, []byte("\nrtp:"), []byte("\n  hep: {server: \""+w.at(homerPort).String()+"\", id: 7}\nrtp:"), 1))
	server := w.serve(path, "--trace", traceFile)
	id := server.mustStart("play", map[string]string{"contact_1": customer})
	if x := server.outcome(id, 20*time.Second); x.Status != "finished" {
		w.t.Errorf("the execution is %s", x.Status)
	}
	return server, id
}

// show runs call show.
func (w *world) show(arguments string) string {
	w.t.Helper()
	return w.shell("export XDG_CONFIG_HOME=$PWD RINGFLOW_CLIENT_ID=acceptance RINGFLOW_CLIENT_SECRET=acceptance-secret\n" +
		w.program + " call show --server http://" + w.at(httpPort).String() + " " + arguments)
}

// TestCallIsSeen holds that a call can be seen by each way there is, also after a restart,
// and that none shows its credentials.
func TestCallIsSeen(t *testing.T) {
	besideOthers(t)
	w := newWorld(t)
	homer, err := net.ListenUDP("udp", net.UDPAddrFromAddrPort(w.at(homerPort)))
	if err != nil {
		t.Fatal(err)
	}
	var mu sync.Mutex
	var packets [][]byte
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			buf := make([]byte, 65535)
			n, err := homer.Read(buf)
			if err != nil {
				return
			}
			mu.Lock()
			packets = append(packets, buf[:n])
			mu.Unlock()
		}
	}()
	t.Cleanup(func() { homer.Close(); <-done })

	server, id := w.tracedCall(w.path("all.txt"))
	shown := w.show(id + " --messages --pcap " + w.path("call.pcap") + " 2>pcap.txt")
	for _, want := range []string{"│ INVITE +SDP ──", "◀─ 407 Proxy Authenticat", "◀─ 200 OK +SDP ──", "◀─ BYE ──", "contact " + customer + " over ", "; the contact hung up", "audio: ", "response=\"****"} {
		if !strings.Contains(shown, want) {
			t.Errorf("call show has no %q", want)
		}
	}
	if n := strings.Count(shown, "│ INVITE +SDP ──"); n != 2 {
		t.Errorf("call show has %d INVITEs, and two were sent", n)
	}
	stderr, err := os.ReadFile(w.path("pcap.txt"))
	arrows := regexp.MustCompile(`(?m)^\d\d:\d\d:\d\d\.\d{6} .*│`).FindAllString(shown, -1)
	if want := fmt.Sprintf("%s: written, %d messages\n", w.path("call.pcap"), len(arrows)); err != nil || string(stderr) != want {
		t.Errorf("call show says %q, want %q, %v", stderr, want, err)
	}
	_, leg, _ := strings.Cut(shown, "\n  leg ")
	leg, rest, _ := strings.Cut(leg, ", Call-ID ")
	callID, _, _ := strings.Cut(rest, "\n")
	if t.Failed() {
		t.Fatal(shown)
	}
	server.stop()

	all, err := os.ReadFile(w.path("all.txt"))
	if err != nil || bytes.Count(all, []byte("\nINVITE sip:")) != 2 || !bytes.Contains(all, []byte("\nSIP/2.0 407 ")) {
		t.Errorf("the trace of all messages has %d INVITEs, %v", bytes.Count(all, []byte("\nINVITE sip:")), err)
	}
	log, err := os.ReadFile(server.log)
	for _, want := range []string{`msg="leg ended" account=acme execution=` + id, "call_id=" + callID, "exit=answered code=200", "ended_by=contact", `msg="SIP message sent"`} {
		if !bytes.Contains(log, []byte(want)) {
			t.Errorf("the log has no %s, %v", want, err)
		}
	}
	mu.Lock()
	invites := 0
	for _, p := range packets {
		if bytes.HasPrefix(p, []byte("HEP3")) && bytes.Contains(p, []byte("INVITE sip:")) {
			invites++
		}
	}
	mu.Unlock()
	if invites != 2 {
		t.Errorf("the capture server got %d INVITEs", invites)
	}

	w.serve(w.path("ringflow.yaml"))
	for _, name := range []string{id, leg, callID} {
		if again := w.show(name + " --messages --pcap " + w.path("again.pcap") + " 2>pcap.txt"); again != shown {
			t.Errorf("after a restart, call show %s has\n%s\nand had\n%s", name, again, shown)
		}
	}
	before, err := os.ReadFile(w.path("call.pcap"))
	after, err2 := os.ReadFile(w.path("again.pcap"))
	if err != nil || err2 != nil || !bytes.Equal(before, after) || bytes.Count(before, []byte("INVITE sip:")) != 2 {
		t.Errorf("the capture after a restart is another: %d and %d bytes, %v, %v", len(before), len(after), err, err2)
	}
	stored, err := filepath.Glob(filepath.Join(w.data, "traces", "*.trace"))
	if err != nil || len(stored) == 0 {
		t.Errorf("no trace is stored: %v", err)
	}
	w.keepsSecret("change-me-too")
	if out, err := exec.Command("grep", "-rEa", `response="[0-9a-f]{32}"`, w.dir).Output(); err == nil {
		t.Errorf("a digest response is stored: %.200s", out)
	}
}

// TestACallSaysWhatEndedIt: a call that its account cancels or that the server's end ends is not
// said to have been ended by its flow.
func TestACallSaysWhatEndedIt(t *testing.T) {
	besideOthers(t)
	w := newWorld(t)
	carrier, err := sim.Start(sim.Config{Addr: w.at(trunkPort), PortMin: 30000, PortMax: 30100,
		Phones: map[string]sim.Behaviour{customer: sim.Answers(), agent: sim.Answers().After(time.Minute)}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { carrier.Close() })
	config := w.config(trunk{}, 100*time.Millisecond)
	server := w.serve(config)
	cancel := func(id string) { w.ringflow("cancel " + id) }
	stop := func(string) { server.stop() }
	var ids, wants []string
	for _, c := range []struct {
		number, state string
		end           func(id string)
		by, detail    string
		want          string
	}{
		{agent, "ringing", cancel, "api", "the execution was cancelled over the API", ": the execution was cancelled over the API while the phone rang"},
		{customer, "answered", cancel, "api", "the execution was cancelled over the API", " s; the execution was cancelled over the API\n"},
		{customer, "answered", stop, "shutdown", "the server was shut down", " s; the server was shut down\n"},
	} {
		id := server.mustStart("play", map[string]string{"contact_1": c.number})
		within(t, 10*time.Second, c.number+" is "+c.state, func() string {
			call, err := server.api.Call(t.Context(), id)
			if err != nil || len(call.Legs) != 1 || string(call.Legs[0].State) != c.state {
				return fmt.Sprint(call.Legs, err)
			}
			return ""
		})
		c.end(id)
		within(t, 10*time.Second, "the leg's end is logged", func() string {
			log, err := os.ReadFile(server.log)
			for line := range strings.Lines(string(log)) {
				if strings.Contains(line, `msg="leg ended"`) && strings.Contains(line, id) {
					if want := fmt.Sprintf("ended_by=%s detail=%q", c.by, c.detail); !strings.Contains(line, want) {
						t.Errorf("no %s in %s", want, line)
					}
					return ""
				}
			}
			return fmt.Sprint("it is not, ", err)
		})
		ids, wants = append(ids, id), append(wants, c.want)
	}
	w.serve(config)
	for i, id := range ids {
		if shown := w.show(id); !strings.Contains(shown, wants[i]) || strings.Contains(shown, "the flow") {
			t.Errorf("call show has no %q: %s", wants[i], shown)
		}
	}
}

// ringflow runs a command against the server that runs.
func (w *world) ringflow(command string) string {
	w.t.Helper()
	return w.shell("export XDG_CONFIG_HOME=$PWD RINGFLOW_CLIENT_ID=acceptance RINGFLOW_CLIENT_SECRET=acceptance-secret RINGFLOW_SERVER=http://" + w.at(httpPort).String() + "\n" +
		w.program + " " + command)
}
