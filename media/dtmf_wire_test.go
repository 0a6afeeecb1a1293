package media_test

import (
	"strings"
	"testing"
	"time"

	"ringflow/media"
	"ringflow/media/sdp"
)

func TestDigitsOverTheWire(t *testing.T) {
	port, f := open(t, newPlane(t, media.PlaneConfig{})), newPhone(t)
	n := f.agreed()
	n.EventPT, n.LocalEvents = 96, []sdp.Codec{sdp.Events(101, 8000)} // each side has its own
	f.meet(port, n)
	const codes = "0123456789*#ABCD"
	for code, want := range codes {
		f.press(port, 101, byte(code))
		if d := nextDigit(t, port); d.Symbol != want || time.Since(d.At) > testTimeout || d.Duration != 40*time.Millisecond {
			t.Errorf("digit %c %v at %v, want %c", d.Symbol, d.Duration, d.At, want)
		}
	}
}

func TestDigitWithoutEndIsReported(t *testing.T) {
	t.Parallel()
	port, f := open(t, newPlane(t, media.PlaneConfig{})), newPhone(t)
	f.meet(port, f.agreed())
	f.event(port, 101, 9000, 7, 160, false)
	if d := nextDigit(t, port); d.Symbol != '7' {
		t.Errorf("digit %c, want 7", d.Symbol)
	}
}

// Nobody reads: the port must go on, and keep the newest keys.
func TestDigitsNeverBlock(t *testing.T) {
	t.Parallel()
	port, f := open(t, newPlane(t, media.PlaneConfig{})), newPhone(t)
	f.meet(port, f.agreed())
	const presses = 70
	for i := range presses {
		f.press(port, 101, byte(i%10))
		eventually(t, "the press has arrived", func() bool { return port.Stats().Received == uint64(1+4*(i+1)) })
	}
	port.Close()
	var got strings.Builder
	for d := range port.Digits() {
		got.WriteRune(d.Symbol)
	}
	if want := strings.Repeat("0123456789", 7)[presses-64:]; got.String() != want {
		t.Errorf("keys\n%s, want\n%s", got.String(), want)
	}
}

func TestSendDigits(t *testing.T) {
	t.Parallel()
	p := newPlane(t, media.PlaneConfig{})
	a, b := open(t, p), open(t, p)
	negotiate(a, agreedWith(b, sdp.PCMU, 0, 96), media.Sources{})
	negotiate(b, agreedWith(a, sdp.PCMU, 0, 96), media.Sources{})
	b1 := a.Play(longPrompt()) // waits while keys are pressed
	a.SendDigits("12,#")
	a.SendDigits("x3")
	for _, want := range "12#3" {
		if d := nextDigit(t, b); d.Symbol != want || d.Duration != 100*time.Millisecond {
			t.Errorf("digit %c %v, want %c for 100 ms", d.Symbol, d.Duration, want)
		}
	}
	select {
	case <-b1.Done():
		t.Error("keys ended the prompt")
	default:
	}
}

// A far end that takes no events hears the keys, and then the prompt goes on.
func TestSendDigitsAsAudio(t *testing.T) {
	t.Parallel()
	port, f := open(t, newPlane(t, media.PlaneConfig{})), newPhone(t)
	n := f.agreed()
	n.HasEvents, n.EventPT, n.LocalEvents = false, 0, nil
	f.meet(port, n)
	f.drain()
	port.SendDigits("5")
	pcm := decodedAudio(f.until(closedAfter(200 * time.Millisecond)))[:800]
	for freq, sounds := range map[float64]bool{770: true, 1336: true, 697: false, 1209: false, 1000: false} {
		if level := media.Goertzel(pcm, freq); (level > -15) != sounds {
			t.Errorf("%.0f Hz at %.1f dBFS", freq, level)
		}
	}
}

func closedAfter(d time.Duration) <-chan struct{} {
	done := make(chan struct{})
	time.AfterFunc(d, func() { close(done) })
	return done
}

// agreedWith is a usual outcome of offer and answer with another port.
func agreedWith(p *media.Port, codec string, payloadType, eventPT uint8) sdp.Negotiated {
	return sdp.Negotiated{
		Remote: p.LocalAddr(), Codec: sdp.Codec{Name: codec, PayloadType: payloadType, Rate: 8000},
		EventPT: eventPT, LocalEvents: []sdp.Codec{sdp.Events(eventPT, 8000)}, HasEvents: true,
		PTime: 20 * time.Millisecond, Direction: sdp.SendRecv,
	}
}
