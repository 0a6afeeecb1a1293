package call_test

import (
	"fmt"
	"net"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/pion/rtp"

	"ringflow/media/sdp"
	"ringflow/sip"
)

// farEnd is a phone whose SDP says what a test wants, behind a trunk of its own. It
// sends RTP from wherever the test lets it.
type farEnd struct {
	t       *testing.T
	agent   *sip.Agent
	calls   chan *sip.Session
	results chan int    // the codes of the final answers to its re-INVITEs
	answers chan []byte // their bodies
	rtp     *net.UDPConn
	out     rtp.Header
}

// newFarEnd points the trunk of the world at a far end that gives every call to answer.
func newFarEnd(w *world, answer func(f *farEnd, s *sip.Session)) *farEnd {
	w.t.Helper()
	return newFarEndAt(w, "127.0.0.1", "127.0.0.88", answer)
}

// newFarEndAt is newFarEnd with its addresses of SIP and RTP.
func newFarEndAt(w *world, signalling, audio string, answer func(f *farEnd, s *sip.Session)) *farEnd {
	w.t.Helper()
	f := &farEnd{t: w.t, rtp: listenAt(w.t, audio), calls: make(chan *sip.Session, 8), results: make(chan int, 8), answers: make(chan []byte, 8), out: rtp.Header{Version: 2, SSRC: 0xBEEF, SequenceNumber: 100}}
	conn := listenAt(w.t, signalling)
	var err error
	if f.agent, err = sip.Listen(sip.Config{Conn: conn, AllowFrom: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("::1/128")}, Inbound: func(s *sip.Session) {
		s.Notify(func(e sip.Event) {
			switch e := e.(type) {
			case sip.Answered:
				f.calls <- s
			case sip.ReofferResult:
				f.results <- e.Code
				f.answers <- e.Body
			}
		})
		answer(f, s)
	}}); err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() { _ = f.agent.Close() })
	w.trunk.Targets = []string{conn.LocalAddr().String()}
	return f
}

// states is an answer that states host and port, whatever they are.
func states(host string, port uint16) []byte {
	kind := "IP4"
	if strings.Contains(host, ":") {
		kind = "IP6"
	}
	return fmt.Appendf(nil, "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN %s %s\r\nt=0 0\r\nm=audio %d RTP/AVP 0 101\r\na=rtpmap:101 telephone-event/8000\r\n", kind, host, port)
}

// target is where our side wants its audio.
func target(t *testing.T, offer []byte) netip.AddrPort {
	t.Helper()
	d, err := sdp.Parse(offer)
	if err != nil {
		t.Fatal(err)
	}
	return netip.AddrPortFrom(d[0].Addr, d[0].Port)
}

// talk sends so many packets of silence, in real time.
func (f *farEnd) talk(to netip.AddrPort, packets int) {
	f.t.Helper()
	for range packets {
		f.send(to, 0, f.out.Timestamp, make([]byte, 160))
		f.out.Timestamp += 160
		<-time.After(20 * time.Millisecond)
	}
}

// press sends one key press at once.
func (f *farEnd) press(to netip.AddrPort, code byte) {
	f.t.Helper()
	for i := range byte(5) {
		end := byte(0)
		if i > 1 {
			end = 0x80
		}
		f.send(to, 101, f.out.Timestamp, []byte{code, end | 10, 1 + min(i, 2), 0})
	}
	f.out.Timestamp += 1600
}

func (f *farEnd) send(to netip.AddrPort, payloadType uint8, ts uint32, payload []byte) {
	f.t.Helper()
	h := f.out
	h.PayloadType, h.Timestamp = payloadType, ts
	b, err := (&rtp.Packet{Header: h, Payload: payload}).Marshal()
	if err != nil {
		f.t.Fatal(err)
	}
	if _, err := f.rtp.WriteToUDPAddrPort(b, to); err != nil {
		f.t.Fatal(err)
	}
	f.out.SequenceNumber++
}

func listenAt(t *testing.T, ip string) *net.UDPConn {
	t.Helper()
	conn, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.ParseIP(ip)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return conn
}

func (f *farEnd) port() uint16 { return f.rtp.LocalAddr().(*net.UDPAddr).AddrPort().Port() }
