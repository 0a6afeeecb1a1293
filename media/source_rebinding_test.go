package media_test

import (
	"net"
	"net/netip"
	"testing"
	"time"

	"ringflow/media"
)

// moveTo gives the phone another socket: an address translator has a new binding.
func (f *phone) moveTo(ip string) {
	f.t.Helper()
	conn, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.ParseIP(ip)})
	if err != nil {
		f.t.Fatal(err)
	}
	f.t.Cleanup(func() { _ = conn.Close() })
	f.conn = conn
}

// lossyPress sends a key press whose second packet is lost, in real time.
func (f *phone) lossyPress(port *media.Port, code byte) {
	ts := f.out.Timestamp
	for i := range 7 {
		if i == 1 {
			f.out.SequenceNumber++
		} else {
			f.event(port, 101, ts, code, uint16(160*min(i+1, 5)), i >= 4)
		}
		<-time.After(20 * time.Millisecond)
	}
	f.out.Timestamp += 1600
}

// A far end that sends keys alone, from another port than it said, is heard from
// the first key on, although a packet of it is lost.
func TestDigitsAloneFromAnotherPort(t *testing.T) {
	t.Parallel()
	port, stated, real := open(t, newPlane(t, media.PlaneConfig{})), newPhone(t), newPhone(t)
	negotiate(port, stated.agreed(), media.Sources{})
	real.lossyPress(port, 7)
	if d := nextDigit(t, port); d.Symbol != '7' {
		t.Errorf("digit %c, want 7", d.Symbol)
	}
}

// The same in mid-call, when the port has let the kernel drop the sound: the far end
// falls silent, and its keys come from another port and another address.
func TestDigitsAloneFromANewBinding(t *testing.T) {
	t.Parallel()
	for _, ip := range []string{media.LoopbackOf(t).String(), "127.0.0.77"} {
		port, f := open(t, newPlane(t, media.PlaneConfig{})), newPhone(t)
		f.meet(port, f.agreed())
		for range 150 {
			f.send(port, 0, make([]byte, 160))
		}
		f.moveTo(ip)
		f.lossyPress(port, 7)
		if d := nextDigit(t, port); d.Symbol != '7' {
			t.Errorf("digit %c, want 7", d.Symbol)
		}
		if s := port.Stats(); s.Remote != f.addr() {
			t.Errorf("sends to %v, want %v", s.Remote, f.addr())
		}
	}
}

// Sound that goes on from a new binding is followed, both ways and through the
// kernel's filter; while the old one sends, nobody else is.
func TestAudioFromANewBinding(t *testing.T) {
	t.Parallel()
	port, f, other := open(t, newPlane(t, media.PlaneConfig{})), newPhone(t), newPhone(t)
	f.meet(port, f.agreed())
	for range 200 { // a copy of the stream, beside it
		f.send(port, 0, make([]byte, 160))
		other.out = f.out
		other.send(port, 0, make([]byte, 160))
	}
	if s := port.Stats(); s.Remote != f.addr() {
		t.Fatalf("sends to %v while %v goes on", s.Remote, f.addr())
	}
	f.moveTo("127.0.0.77")
	for range 80 {
		f.send(port, 0, make([]byte, 160))
		<-time.After(5 * time.Millisecond)
	}
	port.Play(tonePrompt(100 * time.Millisecond))
	f.must()
	if s := port.Stats(); s.Remote != f.addr() {
		t.Errorf("sends to %v, want %v", s.Remote, f.addr())
	}
}

// Sound from another private address than the SDP's is heard, both ways, after its
// trial; with rtp_from sdp it is not, and the statistics tell from where it came.
func TestAudioFromAnotherPrivateAddress(t *testing.T) {
	t.Parallel()
	for _, policy := range media.SourcePolicies() {
		port, f := open(t, newPlane(t, media.PlaneConfig{})), newPhone(t)
		n := f.agreed()
		n.Remote = netip.MustParseAddrPort("192.168.77.20:4000")
		negotiate(port, n, media.Sources{Policy: policy, Signalling: netip.MustParseAddr("192.168.77.1")})
		for range 35 {
			f.send(port, 0, make([]byte, 160))
			<-time.After(20 * time.Millisecond)
		}
		s := port.Stats()
		if policy == media.SourceSDP {
			if s.Received != 0 || s.Refused != 35 || s.RefusedFrom != f.addr() || s.Stated != n.Remote || s.Remote != n.Remote {
				t.Errorf("%s: %+v", policy, s)
			}
			continue
		}
		f.press(port, 101, 5)
		if d := nextDigit(t, port); d.Symbol != '5' || s.Remote != f.addr() {
			t.Errorf("%s: key %c, sends to %v", policy, d.Symbol, s.Remote)
		}
		f.drain()
		port.Play(tonePrompt(100 * time.Millisecond))
		f.must()
	}
}

// While a less trusted source is taken, the kernel drops most sound that nobody listens
// to; the far end that the SIP address names wins the stream back all the same, whether
// the other one goes on sending or not.
func TestTheSignallingAddressWinsThroughTheFilter(t *testing.T) {
	t.Parallel()
	for _, both := range []bool{false, true} {
		port, f, other := open(t, newPlane(t, media.PlaneConfig{})), newPhone(t), newPhone(t)
		other.moveTo("127.0.0.66")
		other.out.SSRC++
		n := f.agreed()
		n.Remote = netip.MustParseAddrPort("192.168.77.20:4000")
		negotiate(port, n, media.Sources{Signalling: f.addr().Addr()})
		for range 35 {
			other.send(port, 0, make([]byte, 160))
			<-time.After(20 * time.Millisecond)
		}
		if s := port.Stats(); s.Remote != other.addr() {
			t.Fatalf("sends to %v, want %v", s.Remote, other.addr())
		}
		for range 100 {
			f.send(port, 0, make([]byte, 160))
			if both {
				other.send(port, 0, make([]byte, 160))
			}
			<-time.After(2 * time.Millisecond)
		}
		if s := port.Stats(); s.Remote != f.addr() {
			t.Errorf("the other goes on %v: sends to %v, want %v", both, s.Remote, f.addr())
		}
	}
}

// A packet longer than the port reads is dropped whole: its end is not known, and so
// neither its sound nor its padding.
func TestPacketsThatAreCutAreDropped(t *testing.T) {
	_, a, _, x, y := joinedPhones(t, 1)
	before := a.Stats()
	for _, size := range []int{2036, 2037, 4000} {
		x.send(a, 0, make([]byte, size))
	}
	x.send(a, 0, make([]byte, 160))
	got := y.until(closedAfter(300 * time.Millisecond))
	if len(got) != 2 || len(got[0].Payload) != 2036 || len(got[1].Payload) != 160 {
		t.Errorf("%d packets are relayed", len(got))
	}
	if s := a.Stats(); s.Discarded != before.Discarded+2 || s.Received != before.Received+2 {
		t.Errorf("%d strays, %d received", s.Discarded-before.Discarded, s.Received-before.Received)
	}
}

// Two far ends that send back what they hear do not keep a bridge busy: what goes
// round is bounded by the time that passes, and counted.
func TestAnRTPLoopIsBounded(t *testing.T) {
	_, a, b, x, y := joinedPhones(t, 1)
	stop := make(chan struct{})
	done := make(chan struct{}, 2)
	for _, f := range []*phone{x, y} {
		to := a
		if f == y {
			to = b
		}
		go func() {
			defer func() { done <- struct{}{} }()
			buffer := make([]byte, 2048)
			for {
				_ = f.conn.SetReadDeadline(time.Now().Add(50 * time.Millisecond))
				n, err := f.conn.Read(buffer)
				select {
				case <-stop:
					return
				default:
				}
				if err == nil {
					_, _ = f.conn.WriteToUDPAddrPort(buffer[:n], to.LocalAddr())
				}
			}
		}()
	}
	for range 60 {
		x.send(a, 0, make([]byte, 160))
	}
	<-time.After(time.Second)
	before, began := a.Stats(), time.Now()
	<-time.After(2 * time.Second)
	after := a.Stats()
	took := time.Since(began)
	close(stop)
	<-done
	<-done
	if a := after.Received - before.Received; float64(a) > 75*took.Seconds() {
		t.Errorf("%d packets went round in %v", a, took)
	}
	if after.Excess == 0 {
		t.Error("nothing is counted as too much")
	}
}
