package media_test

import (
	"testing"
	"time"

	"ringflow/media"
)

// talker sends sound to a port that is bridged, so that the port reads all of it.
type talker struct {
	*phone
	port  *media.Port
	base  uint16 // number of packet 0
	sent  int
	began time.Time
}

func newTalker(t *testing.T) *talker {
	_, a, _, x, _ := joinedPhones(t, 1)
	f := &talker{phone: x, port: a, base: x.out.SequenceNumber}
	return f
}

// say sends the packets of these numbers, as fast as the port takes them: all at
// once at first, and then no more sound than time passes.
func (f *talker) say(numbers ...int) {
	f.t.Helper()
	for _, n := range numbers {
		h := f.out
		h.PayloadType, h.SequenceNumber, h.Timestamp = 0, f.base+uint16(n), f.out.Timestamp+uint32(160*n)
		if f.sent == 0 {
			f.began = time.Now()
		}
		<-time.After(time.Until(f.began.Add(time.Duration(f.sent-90) * 20 * time.Millisecond)))
		f.write(f.port, h, make([]byte, 160))
		if f.sent++; f.sent%10 == 0 {
			f.heard(f.sent) // a socket's buffer holds few
		}
	}
}

// heard waits until as many packets have been counted since the bridge.
func (f *talker) heard(packets int) media.PortStats {
	f.t.Helper()
	var s media.PortStats
	eventually(f.t, "all packets are counted", func() bool {
		s = f.port.Stats()
		return s.Counted == uint64(packets)
	})
	return s
}

func TestWhatIsLostIsCountedToThePacket(t *testing.T) {
	t.Parallel()
	f := newTalker(t)
	sent := 0
	for n := range 300 {
		if n%10 != 7 {
			f.say(n)
			sent++
		}
	}
	s := f.heard(sent)
	if s.Expected != 300 || s.Lost != 30 || s.Duplicated != 0 || s.Reordered != 0 {
		t.Errorf("%+v", s.Quality)
	}
	// A machine that stalls makes some late besides, which playout_test.go checks.
	if mos, ok := s.MOS(); !ok || mos > 3.42 {
		t.Errorf("MOS %v of %+v", mos, s.Quality)
	}
}

func TestDoublesAndDisorderAreNoLoss(t *testing.T) {
	t.Parallel()
	f := newTalker(t)
	for n := 0; n < 100; n += 4 {
		f.say(n, n+2, n+1, n+1, n+3)
	}
	if s := f.heard(125); s.Expected != 100 || s.Lost != 0 || s.Duplicated != 25 || s.Reordered != 25 {
		t.Errorf("%+v", s.Quality)
	}
}

func TestNumbersWrap(t *testing.T) {
	t.Parallel()
	f := newTalker(t)
	f.base = 65500
	for n := range 100 {
		if n != 36 { // number 0
			f.say(n)
		}
	}
	if s := f.heard(99); s.Expected != 100 || s.Lost != 1 {
		t.Errorf("%+v", s.Quality)
	}
}

func TestAnotherSourceIsAnotherInterval(t *testing.T) {
	f := newTalker(t)
	f.say(0, 1, 3)
	f.out.SSRC, f.base, f.out.Timestamp = 77, 9000, 1<<31
	f.say(0, 2, 3)
	if s := f.heard(6); s.Expected != 8 || s.Lost != 2 || s.JitterMax > 10*time.Second {
		t.Errorf("%+v", s.Quality)
	}
}

// What is sent each 20 ms and delayed by turns of 0 and 20 ms has a jitter that
// settles at 20 ms; the machine adds its own, how much is up to its load.
func TestJitterOnTheWire(t *testing.T) {
	t.Parallel()
	f := newTalker(t)
	began := time.Now()
	for n := range 100 {
		at := began.Add(time.Duration(20*n+n%2*20) * time.Millisecond)
		<-time.After(time.Until(at))
		f.say(n)
	}
	s := f.heard(100)
	if s.Jitter < 12*time.Millisecond || s.JitterMax < s.Jitter {
		t.Errorf("jitter %v, at most %v", s.Jitter, s.JitterMax)
	}
}

// A far end that begins late, and one that stops in pauses, has lost nothing.
func TestLateStartAndPauses(t *testing.T) {
	t.Parallel()
	f := newTalker(t)
	<-time.After(300 * time.Millisecond)
	for range 3 {
		h := f.out
		h.Marker = true
		f.write(f.port, h, make([]byte, 160))
		f.sent++
		f.base = f.out.SequenceNumber
		f.say(1, 2, 3)
		f.out.SequenceNumber += 4
		f.out.Timestamp += 4*160 + 2400
		<-time.After(300 * time.Millisecond)
	}
	if s := f.heard(12); s.Expected != 12 || s.Lost != 0 {
		t.Errorf("%+v", s.Quality)
	}
}

func TestNothingReceivedIsNoQuality(t *testing.T) {
	t.Parallel()
	plane := newPlane(t, media.PlaneConfig{})
	a, b, x, y := open(t, plane), open(t, plane), newPhone(t), newPhone(t)
	negotiate(a, x.agreed(), media.Sources{})
	negotiate(b, y.agreed(), media.Sources{})
	media.Join(a, b)
	wait(t, a.Play(tonePrompt(100*time.Millisecond)).Done(), "the prompt ends")
	a.Close()
	s := a.Stats()
	if _, ok := s.MOS(); ok || s.Received != 0 || s.Quality != (media.Quality{}) || s.Sent == 0 || s.Codec != "PCMU" {
		t.Errorf("%+v", s)
	}
}
