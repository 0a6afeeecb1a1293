package cli

import (
	"bytes"
	"fmt"
	"net/http"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"ringflow/internal/pcap"
)

// What call show writes to a file is stderr on standard error, and standard output is as without it.
func TestCallShowSaysWhatItWrote(t *testing.T) {
	at := netip.MustParseAddrPort("192.0.2.7:5060")
	one := pcap.Packet{At: time.Unix(1, 0), From: at, To: at, Payload: []byte("OPTIONS")}.AppendTo(nil)
	capture := pcap.Header()
	asShop(t, played(t, map[string]http.HandlerFunc{
		"GET /v1/calls/x/trace":      func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, `{"flow_execution_id":"x","legs":[]}`) },
		"GET /v1/calls/x/trace.pcap": func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(capture) },
	}))
	file := filepath.Join(t.TempDir(), "call.pcap")
	run := func(arguments ...string) (status int, out, complaints string) {
		var o, e bytes.Buffer
		status = Run(t.Context(), append([]string{"call", "show", "x", "--json"}, arguments...), &o, &e)
		return status, o.String(), e.String()
	}
	_, without, stderr := run()
	if stderr != "" {
		t.Errorf("without a file it says %s", stderr)
	}
	for packets, want := range []string{"0 messages", "1 message", "2 messages"} {
		status, out, stderr := run("--pcap", file)
		if status != 0 || out != without || stderr != file+": written, "+want+"\n" {
			t.Errorf("%d packets: status %d, it says %q and prints %s", packets, status, stderr, out)
		}
		if written, err := os.ReadFile(file); err != nil || !bytes.Equal(written, capture) {
			t.Errorf("%d packets: written is %x, %v", packets, written, err)
		}
		capture = append(capture, one...)
	}
	capture = capture[:len(capture)-1]
	if status, _, stderr := run("--pcap", file); status != 1 || !strings.Contains(stderr, file+" is not whole: ") || strings.Contains(stderr, "written") {
		t.Errorf("a capture that breaks off: status %d, it says %q", status, stderr)
	}
	if status, _, stderr := run("--pcap", filepath.Join(file, "none")); status != 1 || strings.Contains(stderr, "written") {
		t.Errorf("no such folder: status %d, it says %q", status, stderr)
	}
}

// A leg that had not ended when its server did is not shown as one whose messages the
// configuration leaves out.
func TestCallShowInterrupted(t *testing.T) {
	const leg = `{"party":"contact","to":"+12025550143","leg_id":"7","ended_by":%q,"error":%q,"cause":"c","sip":{"code":180,"reason":"Ringing"},"state":"ended"}`
	for name, c := range map[string]struct{ by, why, messages, list string }{
		"killed":        {"fault", "restart", "lost with a server that ends without notice\n", "180 Ringing; the server ended without notice\n"},
		"backup":        {"fault", "restored", "a backup leaves them out\n", "180 Ringing; it had not ended when the backup was made\n"},
		"another fault": {"fault", "the codec is gone", "see traces in the server's configuration\n", "180 Ringing; the codec is gone\n"},
		"another end":   {"trunk", "restart", "see traces in the server's configuration\n", "180 Ringing; restart\n"},
	} {
		t.Run(name, func(t *testing.T) {
			legs := fmt.Sprintf(`"flow_execution_id":"x","legs":[`+leg+`]`, c.by, c.why)
			asShop(t, played(t, map[string]http.HandlerFunc{
				"GET /v1/calls/x/trace": func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "{"+legs+"}") },
				"GET /v1/calls":         func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, `{"calls":[{`+legs+`}],"next":null}`) },
			}))
			for verb, want := range map[string]string{"call show x": c.messages, "calls": c.list} {
				var out, complaints bytes.Buffer
				if status := Run(t.Context(), strings.Fields(verb), &out, &complaints); status != 0 || !strings.HasSuffix(out.String(), want) {
					t.Errorf("%s: status %d, printed %s%s, want %s", verb, status, &out, &complaints, want)
				}
			}
		})
	}
}

// Of an execution that dialled nobody call show says so, and why.
func TestCallShowNotDialled(t *testing.T) {
	const execution = `{"flow_execution_id":"x","status":%q,"error":%q,"steps":[%s]}`
	const call = `{"name":"call","exit":"invalid_number","detail":"not a valid telephone number","undialled":{"to":"1"}}`
	for name, c := range map[string]struct{ answer, want string }{
		"failed step":      {fmt.Sprintf(execution, "failed", "", call+`,{"name":"tell","exit":"failed","detail":"404"}`), "execution x (failed) dialled nobody: step call: not a valid telephone number\n`ringflow execution x` shows its steps"},
		"failed execution": {fmt.Sprintf(execution, "failed", "the flow is gone", ""), "execution x (failed) dialled nobody: the flow is gone\n"},
		"no reason":        {fmt.Sprintf(execution, "finished", "", ""), "execution x (finished) dialled nobody\n"},
		"waits":            {fmt.Sprintf(execution, "accepted", "", ""), "execution x is accepted and has dialled nobody yet: `ringflow watch x` shows"},
		"no execution":     {"", "call not found"},
	} {
		t.Run(name, func(t *testing.T) {
			notFound := func(w http.ResponseWriter, what string) {
				w.WriteHeader(http.StatusNotFound)
				fmt.Fprintf(w, `{"code":"0200016","message":"%s not found"}`, what)
			}
			asShop(t, played(t, map[string]http.HandlerFunc{
				"GET /v1/calls/x/trace": func(w http.ResponseWriter, _ *http.Request) { notFound(w, "call") },
				"GET /v1/executions/x": func(w http.ResponseWriter, _ *http.Request) {
					if c.answer == "" {
						notFound(w, "execution")
					}
					fmt.Fprint(w, c.answer)
				},
			}))
			var out, complaints bytes.Buffer
			if status := Run(t.Context(), []string{"call", "show", "x"}, &out, &complaints); status != 1 || !strings.Contains(complaints.String(), c.want) {
				t.Errorf("status %d, printed %s%s, want %s", status, &out, &complaints, c.want)
			}
		})
	}
}
