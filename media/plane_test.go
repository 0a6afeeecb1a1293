package media_test

import (
	"errors"
	"net"
	"net/netip"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"ringflow/media"
	"ringflow/media/sdp"
)

func TestNewPlaneRefuses(t *testing.T) {
	good := media.PlaneConfig{Bind: loopback, PortMin: 41000, PortMax: 42000}
	for field, change := range map[string]func(*media.PlaneConfig){
		"Bind":      func(c *media.PlaneConfig) { c.Bind = netip.Addr{} },
		"Advertise": func(c *media.PlaneConfig) { c.Bind = netip.IPv4Unspecified() },
		"PortMin":   func(c *media.PlaneConfig) { c.PortMin = 80 },
		"PortMax":   func(c *media.PlaneConfig) { c.PortMin, c.PortMax = 41001, 41001 },
		"Workers":   func(c *media.PlaneConfig) { c.Workers = -1 },
	} {
		c := good
		change(&c)
		p, err := media.NewPlane(c)
		if err == nil {
			_ = p.Close()
		}
		if err == nil || !strings.Contains(err.Error(), field) {
			t.Errorf("bad %s: error %v, want one that names it", field, err)
		}
	}
}

func TestRangeUsedUp(t *testing.T) {
	p := newPlane(t, media.PlaneConfig{PortMin: 42500, PortMax: 42509})
	seen := map[uint16]bool{}
	for range 5 {
		port := open(t, p)
		if a := port.LocalAddr(); a.Port()%2 != 0 || seen[a.Port()] || a.Addr() != media.LoopbackOf(t) {
			t.Errorf("port %v", a)
		}
		seen[port.LocalAddr().Port()] = true
		defer port.Close()
	}
	if _, err := p.Open(); !errors.Is(err, media.ErrNoPort) {
		t.Errorf("sixth port of five: %v, want ErrNoPort", err)
	}
	if s := p.Stats(); s.Open != 5 || s.Free != 0 {
		t.Errorf("%d open, %d free", s.Open, s.Free)
	}
}

// A closed port rests before it is handed out again, and comes back by itself.
func TestClosedPortRests(t *testing.T) {
	t.Parallel()
	p := newPlane(t, media.PlaneConfig{PortMin: 42510, PortMax: 42511})
	port := open(t, p)
	port.Close()
	if _, err := p.Open(); !errors.Is(err, media.ErrNoPort) || err.Error() != "no RTP port is free among 42510-42511: calls use them all, or used them just now" {
		t.Errorf("open while it rests: %v, want ErrNoPort", err)
	}
	if s := p.Stats(); s.Lingering != 1 || s.Open != 0 {
		t.Errorf("%+v", s)
	}
	if conn, err := net.ListenUDP("udp4", net.UDPAddrFromAddrPort(port.LocalAddr())); err == nil {
		_ = conn.Close()
		t.Error("another program gets a port that rests")
	}
	eventually(t, "the port has rested", func() bool { return p.Stats().Free == 1 })
	open(t, p).Close()
}

func TestForeignProgramOnAPort(t *testing.T) {
	foreign, err := net.ListenUDP("udp4", &net.UDPAddr{IP: media.LoopbackOf(t).AsSlice(), Port: 42512})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = foreign.Close() }()
	p := newPlane(t, media.PlaneConfig{PortMin: 42512, PortMax: 42515})
	if a := open(t, p).LocalAddr(); a.Port() != 42514 {
		t.Errorf("port %d, want 42514", a.Port())
	}
	if _, err := p.Open(); !errors.Is(err, media.ErrNoPort) || err.Error() != "no RTP port is free among 42512-42515: other programs hold 1 of them" {
		t.Errorf("error %v, want ErrNoPort", err)
	}
}

// Everything may be called after Close, and at the same time as it.
func TestCloseAtAnyMoment(t *testing.T) {
	p := newPlane(t, media.PlaneConfig{Workers: 2})
	var all sync.WaitGroup
	for range 20 {
		port, other, f := open(t, p), open(t, p), newPhone(t)
		b := port.Play(longPrompt())
		for _, act := range []func(){
			port.Close, port.Close, other.Close, b.Stop,
			func() { negotiate(port, f.agreed(), media.Sources{}) },
			func() { port.Play(tonePrompt(time.Second)) },
			func() { port.SendDigits("1") },
			func() { port.Record().Stop() },
			func() { media.Join(port, other).Close() },
			func() { media.Join(other, port).Close() },
			func() { port.Stats() },
			func() { p.Stats() },
		} {
			all.Add(1)
			go func() { defer all.Done(); act() }()
		}
		defer wait(t, b.Done(), "the playback of a closed port ends")
	}
	all.Wait()
	if s := p.Stats(); s.Open != 0 {
		t.Errorf("%d ports are open", s.Open)
	}
	port := open(t, p)
	if err := p.Close(); err != nil {
		t.Error(err)
	}
	if _, err := p.Open(); !errors.Is(err, media.ErrClosed) {
		t.Errorf("open a closed plane: %v, want ErrClosed", err)
	}
	wait(t, port.Play(tonePrompt(time.Second)).Done(), "nothing plays on a closed port")
	if _, more := <-port.Digits(); more {
		t.Error("a closed port still has keys")
	}
	if s := p.Stats(); s.Open != 0 || s.Lingering != 0 {
		t.Errorf("after Close: %+v", s)
	}
}

func TestNoDescriptorIsLeftOpen(t *testing.T) {
	count := func() int {
		entries, err := os.ReadDir("/proc/self/fd")
		if err != nil {
			t.Fatal(err)
		}
		return len(entries)
	}
	before := count()
	p := newPlane(t, media.PlaneConfig{Workers: 2})
	for range 200 {
		port, other := open(t, p), open(t, p)
		media.Join(port, other)
		port.Close()
		other.Close()
	}
	open(t, p)
	if err := p.Close(); err != nil {
		t.Error(err)
	}
	if after := count(); after > before {
		t.Errorf("%d descriptors, %d before", after, before)
	}
}

// Packets sprayed at a port from another address, before, during and after the
// far end's own, are never heard, and nothing is ever sent there.
func TestInjection(t *testing.T) {
	t.Parallel()
	port, f, attacker := open(t, newPlane(t, media.PlaneConfig{})), newPhone(t), otherPhone(t)
	loud := encoded(sdp.Codec{Name: sdp.PCMU}, media.Tone(-3, 20*time.Millisecond, 2000))
	sprayed := uint64(0)
	spray := func() {
		for range 5 {
			attacker.send(port, 0, loud)
			attacker.event(port, 101, attacker.out.Timestamp, 9, 160, true)
			sprayed += 2
		}
		eventually(t, "all strays are counted", func() bool { return port.Stats().Discarded == sprayed })
	}
	spray()
	negotiate(port, f.agreed(), media.Sources{})
	r := port.Record()
	spray()
	quiet := encoded(sdp.Codec{Name: sdp.PCMU}, media.Tone(-20, 20*time.Millisecond, 1000))
	for range 10 {
		f.send(port, 0, quiet)
		spray()
	}
	port.Play(tonePrompt(40 * time.Millisecond))
	pcm := r.Stop()
	if level := media.Goertzel(pcm, 2000); level > -60 {
		t.Errorf("the attacker is heard at %.1f dBFS", level)
	}
	if level := media.Goertzel(pcm, 1000); level < -60 {
		t.Errorf("the far end is heard at %.1f dBFS", level)
	}
	select {
	case d := <-port.Digits():
		t.Errorf("the attacker pressed %c", d.Symbol)
	default:
	}
	if p := attacker.next(50 * time.Millisecond); p != nil {
		t.Errorf("the attacker was sent %+v", p.Header)
	}
	if s := port.Stats(); s.Received != 10 || s.Remote != f.addr() {
		t.Errorf("%d received, sends to %v", s.Received, s.Remote)
	}
}

// otherPhone is a phone at another address.
func otherPhone(t *testing.T) *phone {
	t.Helper()
	return newPhoneAt(t, netip.MustParseAddr("127.0.0.66"))
}

// A far end that sends from another port than it said is answered there.
func TestSymmetricRTP(t *testing.T) {
	port, stated, real := open(t, newPlane(t, media.PlaneConfig{})), newPhone(t), newPhone(t)
	negotiate(port, stated.agreed(), media.Sources{})
	for range 3 {
		real.send(port, 0, make([]byte, 160))
	}
	wait(t, port.FirstPacket(), "the port hears the other port")
	port.Play(tonePrompt(time.Second))
	real.must()
	stated.drain()
	if p := stated.next(50 * time.Millisecond); p != nil {
		t.Errorf("still sent to the address negotiated: %+v", p.Header)
	}
}

// While a prompt plays nobody needs the far end's sound: the kernel drops it, and
// keys come through all the same.
func TestAudioIsDroppedInTheKernel(t *testing.T) {
	port, f := open(t, newPlane(t, media.PlaneConfig{})), newPhone(t)
	f.out.SequenceNumber = 1
	f.meet(port, f.agreed())
	for range 640 {
		f.send(port, 0, make([]byte, 160))
	}
	f.press(port, 101, 5)
	if d := nextDigit(t, port); d.Symbol != '5' {
		t.Errorf("key %c, want 5", d.Symbol)
	}
	if s := port.Stats(); s.Received > 1+10+4+1 || s.Received < 10 || s.Lost != 0 {
		t.Errorf("%d of 645 packets received, %d lost; want every 64th, and nothing called lost", s.Received, s.Lost)
	}
}

func TestRecordingHearsArrivalTimes(t *testing.T) {
	t.Parallel()
	for _, codec := range sdp.DefaultCodecs()[:2] {
		port, f := open(t, newPlane(t, media.PlaneConfig{})), newPhone(t)
		n := f.agreed()
		n.Codec = codec
		f.meet(port, n)
		before := time.Now()
		r := port.Record()
		after := time.Now()
		pcm := media.Tone(-10, 200*time.Millisecond, 1000)
		talk := func() {
			for i := 0; i < len(pcm); i += 160 {
				f.send(port, codec.PayloadType, encoded(codec, pcm[i:i+160]))
			}
		}
		talk()
		<-closedAfter(500 * time.Millisecond) // a pause
		f.out.Timestamp += 160 * 100          // far from the time that has passed, however busy the machine is
		second := time.Since(after)
		talk()
		eventually(t, "all has arrived", func() bool { return port.Stats().Received == 21 })
		arrived := time.Since(before)
		<-closedAfter(220 * time.Millisecond) // the sound has to pass
		got := r.Stop()
		if again := r.Stop(); len(again) != len(got) {
			t.Errorf("%d samples at first, then %d", len(got), len(again))
		}
		loud := func(v int16) bool { return v > 1000 || v < -1000 }
		at := 3800 + slices.IndexFunc(got[3800:], loud)
		if from, to := int(second*8000/time.Second), int(arrived*8000/time.Second); at < from || at > to {
			t.Fatalf("the second talk begins at sample %d, and came between %d and %d", at, from, to)
		}
		if level := media.Goertzel(got[200:1500], 1000); level < -11 {
			t.Errorf("first talk at %.1f dBFS", level)
		}
		if level := media.Goertzel(got[2400:3800], 1000); level > -60 {
			t.Errorf("the pause sounds at %.1f dBFS", level)
		}
		if level := media.Goertzel(got[at:at+1500], 1000); level < -12 {
			t.Errorf("second talk at %.1f dBFS", level)
		}
	}
}

func TestRecordingEndsWithThePort(t *testing.T) {
	port, f := open(t, newPlane(t, media.PlaneConfig{})), newPhone(t)
	f.meet(port, f.agreed())
	begun := time.Now()
	r := port.Record()
	other := port.Record() // takes over
	takenOver := time.Since(begun)
	f.send(port, 0, make([]byte, 160))
	eventually(t, "it has arrived", func() bool { return port.Stats().Received == 2 })
	port.Close()
	if n, most := len(r.Stop()), int(takenOver*8000/time.Second); n > most {
		t.Errorf("the recording that was taken over within %v has %d samples, want at most %d", takenOver, n, most)
	}
	if n, most := len(other.Stop()), int(time.Since(begun)*8000/time.Second); n > most {
		t.Errorf("the recording that ended with the port has %d samples, want at most %d", n, most)
	}
	if n := len(port.Record().Stop()); n != 0 {
		t.Errorf("%d samples recorded by a closed port", n)
	}
}

func TestStats(t *testing.T) {
	t.Parallel()
	p := newPlane(t, media.PlaneConfig{})
	port, f := open(t, p), newPhone(t)
	f.meet(port, f.agreed())
	r := port.Record()
	for _, step := range []uint16{1, 1, 3, 1} {
		f.out.SequenceNumber += step - 1
		f.send(port, 0, make([]byte, 160))
	}
	b := port.Play(tonePrompt(100 * time.Millisecond))
	wait(t, b.Done(), "the prompt ends")
	eventually(t, "all has arrived", func() bool { return port.Stats().Received == 5 })
	s := port.Stats()
	if s.Sent < 5 || s.SentBytes != s.Sent*172 || s.Lost != 2 || s.Remote != f.addr() || s.LastReceived.Before(s.FirstReceived) {
		t.Errorf("%+v", s)
	}
	r.Stop()
	port.Close()
	if after := port.Stats(); after.Received != s.Received || after.Sent < s.Sent {
		t.Errorf("after Close %+v, before %+v", after, s)
	}
	sum := p.Stats()
	var late uint64
	for _, n := range sum.Late {
		late += n
	}
	if sum.Sent < 5 || sum.Received != 5 || late < 4 || sum.LateMax <= 0 {
		t.Errorf("%+v", sum)
	}
}
