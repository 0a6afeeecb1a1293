package media_test

import (
	"encoding/binary"
	"errors"
	"flag"
	"net"
	"net/netip"
	"os"
	"testing"
	"time"

	"github.com/pion/rtp"
	"github.com/zaf/g711"
	"go.uber.org/goleak"

	"ringflow/media"
	"ringflow/media/sdp"
)

// sideBySide is how many tests that say t.Parallel run at once: they wait for packets more than
// they compute. What computes, measures a time, or counts what the process has, runs before
// them and alone.
const sideBySide = "8"

func TestMain(m *testing.M) {
	if err := flag.Set("test.parallel", sideBySide); err != nil { // unless the command line says another
		panic(err)
	}
	goleak.VerifyTestMain(m)
}

// testTimeout is how long a test waits for what must come.
const testTimeout = 10 * time.Second

var (
	loopback     = netip.MustParseAddr("127.0.0.1")
	loopbackPort = netip.AddrPortFrom(loopback, 20000)
)

func newPlane(t testing.TB, c media.PlaneConfig) *media.Plane {
	t.Helper()
	if !c.Bind.IsValid() && !c.Bind6.IsValid() {
		c.Bind = media.LoopbackOf(t)
	}
	if c.PortMin == 0 {
		c.PortMin, c.PortMax = 41000, 42998
	}
	p, err := media.NewPlane(c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := p.Close(); err != nil {
			t.Error(err)
		}
	})
	return p
}

func open(t testing.TB, p *media.Plane) *media.Port {
	t.Helper()
	port, err := p.Open()
	if err != nil {
		t.Fatal(err)
	}
	return port
}

// phone is a far end of its own: a plain socket, read with pion/rtp.
type phone struct {
	t    testing.TB
	conn *net.UDPConn
	out  rtp.Header // of the packet that it sends next

	sends, receives *srtpOracle // nil: plain RTP
}

func newPhone(t testing.TB) *phone {
	t.Helper()
	return newPhoneAt(t, media.LoopbackOf(t))
}

func newPhoneAt(t testing.TB, at netip.Addr) *phone {
	t.Helper()
	conn, err := net.ListenUDP("udp", net.UDPAddrFromAddrPort(netip.AddrPortFrom(at, 0)))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return &phone{t: t, conn: conn, out: newPhoneHeader()}
}

func newPhoneHeader() rtp.Header {
	return rtp.Header{Version: 2, SSRC: 0xF00, SequenceNumber: 100, Timestamp: 5000}
}

func (f *phone) addr() netip.AddrPort { return f.conn.LocalAddr().(*net.UDPAddr).AddrPort() }

// agreed is a usual outcome of offer and answer with the phone.
func (f *phone) agreed() sdp.Negotiated {
	return sdp.Negotiated{
		Remote: f.addr(), Codec: sdp.Codec{Name: sdp.PCMU, PayloadType: 0, Rate: 8000},
		EventPT: 101, HasEvents: true, LocalEvents: []sdp.Codec{sdp.Events(101, 8000)},
		PTime: 20 * time.Millisecond, Direction: sdp.SendRecv,
	}
}

// next is the next packet, waiting as long as that; nil if none comes.
func (f *phone) next(wait time.Duration) *rtp.Packet {
	f.t.Helper()
	_ = f.conn.SetReadDeadline(time.Now().Add(wait))
	b := make([]byte, 2048)
	n, err := f.conn.Read(b)
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return nil
	} else if err != nil {
		f.t.Fatal(err)
	}
	b = b[:n]
	if f.receives != nil {
		if b, err = f.receives.open(b, f.receives.count(binary.BigEndian.Uint16(b[2:]))); err != nil {
			f.t.Fatalf("a packet of %d bytes: %v", n, err)
		}
	}
	p := new(rtp.Packet)
	if err := p.Unmarshal(b); err != nil {
		f.t.Fatalf("packet % x: %v", b, err)
	}
	return p
}

// must is the next packet, which has to come.
func (f *phone) must() *rtp.Packet {
	f.t.Helper()
	p := f.next(testTimeout)
	if p == nil {
		f.t.Fatal("no packet came")
	}
	return p
}

// drain forgets what has arrived so far.
func (f *phone) drain() {
	for f.next(3*time.Millisecond) != nil {
	}
}

// until collects packets until done is closed and no more are there.
func (f *phone) until(done <-chan struct{}) (all []*rtp.Packet) {
	f.t.Helper()
	over := false
	for deadline := time.Now().Add(testTimeout); ; {
		if p := f.next(30 * time.Millisecond); p != nil {
			all = append(all, p)
			continue
		}
		if over {
			return all
		}
		select {
		case <-done:
			over = true // what was sent before that is read yet
		default:
		}
		if time.Now().After(deadline) {
			f.t.Fatal("it does not end")
		}
	}
}

// send sends one packet of sound, 20 ms after the one before.
func (f *phone) send(to *media.Port, payloadType uint8, payload []byte) {
	f.t.Helper()
	f.out.PayloadType = payloadType
	f.write(to, f.out, payload)
	f.out.SequenceNumber++
	f.out.Timestamp += 160
}

// event sends one telephone-event packet.
func (f *phone) event(to *media.Port, payloadType uint8, ts uint32, code byte, duration uint16, end bool) {
	f.t.Helper()
	payload := []byte{code, 10, 0, 0}
	if end {
		payload[1] |= 0x80
	}
	binary.BigEndian.PutUint16(payload[2:], duration)
	h := f.out
	h.PayloadType, h.Timestamp = payloadType, ts
	f.write(to, h, payload)
	f.out.SequenceNumber++
}

func (f *phone) write(to *media.Port, h rtp.Header, payload []byte) {
	f.t.Helper()
	b, err := (&rtp.Packet{Header: h, Payload: payload}).Marshal()
	if err != nil {
		f.t.Fatal(err)
	}
	if f.sends != nil {
		b = f.sends.protect(b, h.MarshalSize(), f.sends.count(h.SequenceNumber))
	}
	if _, err := f.conn.WriteToUDPAddrPort(b, to.LocalAddrFor(f.addr().Addr())); err != nil {
		f.t.Fatal(err)
	}
}

// press sends a whole key press.
func (f *phone) press(to *media.Port, payloadType uint8, code byte) {
	ts := f.out.Timestamp
	for i := range 4 {
		f.event(to, payloadType, ts, code, uint16(160*min(i+1, 2)), i > 0)
	}
	f.out.Timestamp += 800
}

// meet has the port and the phone know each other.
func (f *phone) meet(port *media.Port, n sdp.Negotiated) {
	f.t.Helper()
	negotiate(port, n, media.Sources{})
	f.send(port, n.Codec.PayloadType, silence(n.Codec))
	wait(f.t, port.FirstPacket(), "the port hears the phone")
}

func silence(c sdp.Codec) []byte { return encoded(c, make([]int16, 160)) }

func encoded(c sdp.Codec, pcm []int16) []byte {
	b := make([]byte, len(pcm))
	for i, s := range pcm {
		if c.Name == sdp.PCMA {
			b[i] = g711.EncodeAlawFrame(s)
		} else {
			b[i] = g711.EncodeUlawFrame(s)
		}
	}
	return b
}

// sound decodes packets, one after the other, by their payload type.
func decodedAudio(packets []*rtp.Packet) (pcm []int16) {
	for _, p := range packets {
		for _, v := range p.Payload {
			switch p.PayloadType {
			case 0:
				pcm = append(pcm, g711.DecodeUlawFrame(v))
			case 8:
				pcm = append(pcm, g711.DecodeAlawFrame(v))
			}
		}
	}
	return pcm
}

func wait(t testing.TB, done <-chan struct{}, what string) {
	t.Helper()
	select {
	case <-done:
	case <-time.After(testTimeout):
		t.Fatalf("waited in vain: %s", what)
	}
}

func nextDigit(t testing.TB, p *media.Port) media.Digit {
	t.Helper()
	select {
	case d := <-p.Digits():
		return d
	case <-time.After(testTimeout):
		t.Fatal("no key came")
	}
	return media.Digit{}
}

// eventually waits for a condition that nothing announces.
func eventually(t testing.TB, what string, holds func() bool) {
	t.Helper()
	for deadline := time.Now().Add(testTimeout); !holds(); {
		if time.Now().After(deadline) {
			t.Fatalf("waited in vain: %s", what)
		}
		<-time.After(time.Millisecond)
	}
}

// negotiate is Negotiate, complete when it returns.
func negotiate(p *media.Port, n sdp.Negotiated, s media.Sources) {
	p.Negotiate(n, s)
	p.Stats()
}
