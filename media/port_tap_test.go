package media_test

import (
	"math"
	"testing"
	"time"

	"ringflow/media"
	"ringflow/media/sdp"
)

// tapped collects what a tap has copied so far, by direction.
func tapped(t *media.Tap, into *[2][]int16) (frames int) {
	t.Read(func(f media.TapFrame) {
		frames++
		direction := 0
		if f.Sent {
			direction = 1
		}
		into[direction] = append(into[direction], f.PCM...)
	})
	return frames
}

func TestTapOfBothDirections(t *testing.T) {
	t.Parallel()
	for _, codec := range []sdp.Codec{{Name: sdp.PCMA, PayloadType: 8, Rate: 8000}, g722} {
		near, far := peers(t, newPlane(t, media.PlaneConfig{}), codec, true)
		tap := near.Tap(media.TapConfig{Received: 1, Sent: 1, Buffer: 1 << 16})
		mine := near.Play(tonePrompt(500 * time.Millisecond))
		theirs := far.Play(media.NewPrompt(media.Tone(-10, 500*time.Millisecond, 700)))
		var heard [2][]int16
		for _, done := range []<-chan struct{}{mine.Done(), theirs.Done()} {
			for open := true; open; {
				select {
				case <-done:
					open = false
				case <-time.After(10 * time.Millisecond):
					tapped(tap, &heard)
				}
			}
		}
		tap.Close()
		tapped(tap, &heard)
		wantTone(t, codec.Name+" received", heard[0], 700, 0.5)
		wantTone(t, codec.Name+" sent", heard[1], 1000, 0.5)
		if n := tap.Lost(); n != 0 {
			t.Errorf("%d packets were lost", n)
		}
		near.SendDigits("1")
		far.Play(tonePrompt(40 * time.Millisecond))
		<-closedAfter(60 * time.Millisecond)
		if n := tapped(tap, &heard); n != 0 {
			t.Errorf("%d frames after the end of the tap", n)
		}
	}
}

// A tap that is not read loses packets and keeps its size; the call goes on, and what
// is read then is what came first.
func TestTapThatIsNotRead(t *testing.T) {
	_, a, _, x, y := joinedPhones(t, 1)
	tap := a.Tap(media.TapConfig{Received: 1, Buffer: 1024})
	defer tap.Close()
	for range 20 {
		x.send(a, 0, silence(sdp.Codec{Name: sdp.PCMU}))
		y.must()
	}
	var heard [2][]int16
	if n := tapped(tap, &heard); n != 5 || tap.Lost() != 15 || len(heard[0]) != 5*160 { // 172 bytes each
		t.Errorf("%d frames read, %d lost, %d samples", n, tap.Lost(), len(heard[0]))
	}
	x.send(a, 0, silence(sdp.Codec{Name: sdp.PCMU}))
	y.must()
	if n := tapped(tap, &heard); n != 1 {
		t.Errorf("%d frames after that, want 1", n)
	}
}

// Several taps of a port copy as often as each is asked to, and what a bridge sends is
// copied in the codec of its own side.
func TestTapsOfABridge(t *testing.T) {
	_, a, b, x, y := joinedPhones(t, 1)
	all, some := b.Tap(media.TapConfig{Sent: 1, Buffer: 1 << 14}), a.Tap(media.TapConfig{Received: 10})
	also := a.Tap(media.TapConfig{Received: 1, Buffer: 1 << 14})
	pcm := media.Tone(-10, 420*time.Millisecond, 1000)
	for i := 0; i < len(pcm); i += 160 {
		x.send(a, 0, encoded(sdp.Codec{Name: sdp.PCMU}, pcm[i:i+160]))
		y.must()
	}
	var sent, received [2][]int16
	tapped(all, &sent)
	wantTone(t, "sent to the other side", sent[1], 1000, 0.5)
	if n := tapped(some, &received); n != 3 {
		t.Errorf("%d of 21 packets, want the 1st, 11th and 21st", n)
	}
	if n := tapped(also, &received); n != 21 {
		t.Errorf("%d of 21 packets", n)
	}
}

// A port that only plays reads everything while its far end is tapped, and lets the
// kernel drop it again afterwards.
func TestTapOfAPortThatOnlyPlays(t *testing.T) {
	port, f := open(t, newPlane(t, media.PlaneConfig{})), newPhone(t)
	f.meet(port, f.agreed())
	port.Tap(media.TapConfig{Sent: 1}).Close()
	tap := port.Tap(media.TapConfig{Received: 1, Buffer: 1 << 14})
	f.out.SequenceNumber = 1 // none of these is let through a filter
	for range 10 {
		f.send(port, 0, silence(sdp.Codec{Name: sdp.PCMU}))
	}
	var heard [2][]int16
	frames := 0
	eventually(t, "the packets", func() bool { frames += tapped(tap, &heard); return frames == 10 })
	tap.Close()
	before := port.Stats().Received
	for range 10 {
		f.send(port, 0, silence(sdp.Codec{Name: sdp.PCMU}))
	}
	f.press(port, 101, 5) // which is let through
	nextDigit(t, port)
	if n := port.Stats().Received - before; n > 5 {
		t.Errorf("%d packets are read though no tap is left", n)
	}
	port.Close()
	if n := tapped(port.Tap(media.TapConfig{Received: 1}), &heard); n != 0 {
		t.Errorf("%d frames of a closed port", n)
	}
}

func TestLevel(t *testing.T) {
	square := make([]int16, 160)
	for i := range square {
		square[i] = int16(math.MaxInt16 * (1 - 2*(i/8%2)))
	}
	tone := func(level float64) []int16 { return media.Tone(level, 20*time.Millisecond, 1000) }
	for name, c := range map[string]struct {
		frames     [][]int16
		mean, peak int
	}{
		"the overload point":             {[][]int16{square}, 0, 0},
		"a sine at full scale":           {[][]int16{tone(0)}, -3, -3},
		"digital silence":                {[][]int16{make([]int16, 160)}, -127, -127},
		"a tone, and silence as long":    {[][]int16{tone(-10), make([]int16, 160)}, -16, -13},
		"a quiet tone, and one frame":    {[][]int16{tone(-40), tone(-40), tone(-40), tone(-20)}, -29, -23},
		"a frame of nothing beside some": {[][]int16{nil, tone(-10)}, -13, -13},
	} {
		var m media.LevelMeter
		if _, ok := m.Level(); ok {
			t.Error("a level of nothing")
		}
		for _, f := range c.frames {
			m.Add(f)
		}
		if l, ok := m.Level(); !ok || l.Mean != c.mean || l.Peak != c.peak {
			t.Errorf("%s: %+v, want mean %d and peak %d", name, l, c.mean, c.peak)
		}
	}
}
