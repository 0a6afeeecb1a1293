package doctor_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"os/exec"
	"strings"
	"testing"
)

// besideServer are settings beside a running server, which is this process: it has the ports of
// the API and of SIP, and one of RTP.
func besideServer(t *testing.T, s settings, metrics ...string) settings {
	t.Helper()
	hold(t, "127.0.0.1:"+rtpPort(s, 0))
	conn := hold(t, "127.0.0.1:0")
	api := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprintln(w, "ringflow_build_info{version=\"x\"} 1\n"+strings.Join(metrics, "\n"))
	}))
	t.Cleanup(api.Close)
	s.sip = fmt.Sprintf("{listen: %q}", conn.LocalAddr())
	s.http = fmt.Sprintf("{listen: %q}", strings.TrimPrefix(api.URL, "http://"))
	return s
}

func hold(t *testing.T, at string) net.PacketConn {
	t.Helper()
	conn, err := net.ListenPacket("udp", at)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return conn
}

// rtpPort is the port of a leg in the settings.
func rtpPort(s settings, leg int) string {
	var lo int
	_, _ = fmt.Sscanf(s.rtp, "{bind: 127.0.0.1, ports: %d-", &lo)
	return fmt.Sprint(lo + 2*leg)
}

const heldPort = "DOCTOR_TEST_HOLDS"

// TestHoldsAPort is the other program of holdInChild.
func TestHoldsAPort(t *testing.T) {
	at := os.Getenv(heldPort)
	if at == "" {
		return
	}
	fmt.Printf("holds %s\n", hold(t, at).LocalAddr())
	_, _ = io.Copy(io.Discard, os.Stdin) // until the test ends
}

// holdInChild has another program hold a UDP port, and returns its address.
func holdInChild(t *testing.T, at string) string {
	t.Helper()
	cmd := exec.Command(os.Args[0], "-test.run=^TestHoldsAPort$")
	cmd.Env = append(os.Environ(), heldPort+"="+at)
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { in.Close(); _ = cmd.Wait() })
	line, err := bufio.NewReader(out).ReadString('\n')
	held, is := strings.CutPrefix(strings.TrimSpace(line), "holds ")
	if !is {
		t.Fatalf("the other program says %q, %v", line, err)
	}
	return held
}

// Beside a running server no line warns of the ports that this server holds, and one says what
// is not tried.
func TestBesideARunningServer(t *testing.T) {
	s := besideServer(t, good(plain(t)))
	lines, faults := run(t, s, quick)
	text := strings.Join(lines, "\n")
	me := fmt.Sprintf("doctor.test (process %d)", os.Getpid())
	for _, want := range []string{
		"ok http.listen: a Ringflow server runs at 127.0.0.1:", ": " + me,
		"ok rtp.ports: 9 ports are free, for as many legs; the running server holds the other 1 for its calls",
		"ok sip.listen: the running server holds 127.0.0.1:", "trunks are tried from port ", "it is not seen whether firewalls", "answers 200 OK",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("there is no %q", want)
		}
	}
	if faults != 0 || strings.Contains(text, "warning sip.listen") || strings.Contains(text, "taken") || t.Failed() {
		t.Errorf("%d faults\n%s", faults, text)
	}
}

// Ports of another program are named with that program, whether a server runs or not.
func TestPortsOfAnotherProgram(t *testing.T) {
	t.Run("of RTP", func(t *testing.T) {
		t.Parallel()
		s := besideServer(t, good(plain(t)))
		holdInChild(t, "0.0.0.0:"+rtpPort(s, 3))
		lines, faults := run(t, s, quick)
		if text := strings.Join(lines, "\n"); faults != 0 || !strings.Contains(text, "warning rtp.ports: 1 of 10 ports are taken: 1 from port "+rtpPort(s, 3)+" on by doctor.test (process ") {
			t.Errorf("%d faults\n%s", faults, text)
		}
	})
	t.Run("of SIP", func(t *testing.T) {
		t.Parallel()
		s := good(plain(t))
		s.sip = fmt.Sprintf("{listen: %q}", holdInChild(t, "127.0.0.1:0"))
		lines, faults := run(t, s, quick)
		if text := strings.Join(lines, "\n"); faults != 1 || !strings.Contains(text, "FAULT sip.listen: 127.0.0.1:") || !strings.Contains(text, "is in use by doctor.test (process ") || !strings.Contains(text, "answers 200 OK") {
			t.Errorf("%d faults\n%s", faults, text)
		}
	})
	t.Run("of SIP beside a server", func(t *testing.T) {
		t.Parallel()
		s := besideServer(t, good(plain(t)))
		other := netip.MustParseAddrPort(holdInChild(t, "127.0.0.1:0"))
		s.sip = fmt.Sprintf("{listen: %q}", other)
		lines, faults := run(t, s, quick)
		if text := strings.Join(lines, "\n"); faults != 0 || !strings.Contains(text, "warning sip.listen: "+other.String()+" is in use by doctor.test (process ") || !strings.Contains(text, "not by the server at http.listen") {
			t.Errorf("%d faults\n%s", faults, text)
		}
	})
}
