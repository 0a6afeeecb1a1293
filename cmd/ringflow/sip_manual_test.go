package main_test

import (
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/netip"
	"os"
	"strings"
	"testing"
	"time"

	"ringflow/internal/call"
	"ringflow/media"
	"ringflow/media/sdp"
	"ringflow/sip"
)

// TestSIPManual holds docs/sip.md to what is answered and offered.
func TestSIPManual(t *testing.T) {
	besideOthers(t)
	b, err := os.ReadFile("../../docs/sip.md")
	if err != nil {
		t.Fatal(err)
	}
	page := string(b)
	says := func(what string) {
		t.Helper()
		if !strings.Contains(page, what) {
			t.Errorf("docs/sip.md does not say %q", what)
		}
	}
	conn, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	agent, err := sip.Listen(sip.Config{Conn: conn, AllowFrom: []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")}, UserAgent: "Ringflow", Log: slog.New(slog.NewTextHandler(io.Discard, nil))})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { agent.Close() })
	ask := func(method string) (status string, headers map[string]string) {
		t.Helper()
		return asked(t, conn.LocalAddr().(*net.UDPAddr), method)
	}

	status, headers := ask("OPTIONS")
	says("| OPTIONS | " + strings.TrimSuffix(status, " OK") + " with `Allow`, `Accept` and `Supported`")
	says("Methods taken | `" + headers["Allow"] + "`; any other is answered 405")
	says("Extensions | `Supported: " + headers["Supported"] + "`")
	if headers["Accept"] != "application/sdp" || headers["Supported"] != "100rel, timer" {
		t.Errorf("OPTIONS is answered with %v", headers)
	}
	status, _ = ask("INVITE")
	says("Calls from outside | " + strings.Fields(status)[0] + ",")
	for _, method := range []string{"REFER", "MESSAGE", "SUBSCRIBE", "NOTIFY", "REGISTER"} {
		if status, _ := ask(method); !strings.HasPrefix(status, "405") {
			t.Errorf("%s is answered %s", method, status)
		}
	}

	for _, mediaType := range call.InfoTypes() {
		says("`" + mediaType + "`")
	}

	offer := string(sdp.Offer(sdp.Local{Addr: netip.MustParseAddrPort("127.0.0.1:20000")}))
	for _, c := range sdp.DefaultCodecs() {
		says(fmt.Sprintf("%s/%d", c.Name, c.Rate))
		if c.IsEvent() {
			says(fmt.Sprintf("events 0-15, offered as payload type %d", c.PayloadType))
		}
	}
	wide, err := media.Formats([]string{"opus", "g722", "pcmu"})
	if err != nil {
		t.Fatal(err)
	}
	_, lines, _ := strings.Cut(string(sdp.Offer(sdp.Local{Addr: netip.MustParseAddrPort("192.0.2.1:20000"), Codecs: wide})), "t=0 0\r\n")
	says("```\n" + strings.ReplaceAll(lines, "\r\n", "\n") + "```")

	for _, line := range []string{"m=audio 20000 RTP/AVP 0 8 101\r\n", "a=fmtp:101 0-15\r\n", "a=ptime:20\r\n"} {
		if !strings.Contains(offer, line) {
			t.Errorf("the offer has no line %q:\n%s", line, offer)
		}
	}
}

// asked sends a request as a stranger does and returns the status and the headers
// of the final answer.
func asked(t *testing.T, to *net.UDPAddr, method string) (status string, headers map[string]string) {
	t.Helper()
	c, err := net.DialUDP("udp", nil, to)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	request := strings.NewReplacer("METHOD", method, "HERE", c.LocalAddr().String(), "\n", "\r\n").Replace(`METHOD sip:x@127.0.0.1 SIP/2.0
Via: SIP/2.0/UDP HERE;branch=z9hG4bK-METHOD;rport
From: <sip:y@HERE>;tag=1
To: <sip:x@127.0.0.1>
Call-ID: METHOD@HERE
CSeq: 1 METHOD
Contact: <sip:y@HERE>
Max-Forwards: 70
Content-Length: 0

`)
	if _, err := io.WriteString(c, request); err != nil {
		t.Fatal(err)
	}
	if err := c.SetReadDeadline(time.Now().Add(5 * time.Second)); err != nil {
		t.Fatal(err)
	}
	answer := make([]byte, 65536)
	for {
		n, err := c.Read(answer)
		if err != nil {
			t.Fatalf("%s: %v", method, err)
		}
		first, rest, _ := strings.Cut(string(answer[:n]), "\r\n")
		status = strings.TrimPrefix(first, "SIP/2.0 ")
		if strings.HasPrefix(status, "1") {
			continue
		}
		headers = map[string]string{}
		for line := range strings.SplitSeq(rest, "\r\n") {
			name, value, _ := strings.Cut(line, ": ")
			headers[name] = value
		}
		return status, headers
	}
}
