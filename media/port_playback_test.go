package media_test

import (
	"math"
	"net/netip"
	"sync"
	"testing"
	"time"

	"github.com/pion/rtp"

	"ringflow/media"
	"ringflow/media/sdp"
)

// toneMinute is rendered once: each tonePrompt is its beginning.
var toneMinute = sync.OnceValue(func() []int16 { return media.Tone(-10, time.Minute, 1000) })

func tonePrompt(d time.Duration) *media.Prompt {
	return media.NewPrompt(toneMinute()[:d*8000/time.Second])
}

// longPrompt is one that no test hears to its end.
var longPrompt = sync.OnceValue(func() *media.Prompt { return tonePrompt(time.Minute) })

func TestPromptIsReceived(t *testing.T) {
	t.Parallel()
	for _, codec := range sdp.DefaultCodecs()[:2] {
		t.Run(codec.Name, func(t *testing.T) {
			port, f := open(t, newPlane(t, media.PlaneConfig{})), newPhone(t)
			n := f.agreed()
			n.Codec = codec
			negotiate(port, n, media.Sources{})
			b := port.Play(tonePrompt(500 * time.Millisecond))
			packets := talkspurt(f.until(b.Done()))
			if !b.Finished() {
				t.Error("played to its end, and does not say so")
			}
			if len(packets) != 25 {
				t.Fatalf("%d packets, want 25", len(packets))
			}
			gaps := uint32(0) // of sound, where the machine stood still: the sender has to own to them
			for i, p := range packets {
				first := packets[0]
				if skipped := p.Timestamp - first.Timestamp - uint32(160*i); skipped > 160*gaps && skipped%160 == 0 {
					gaps = skipped / 160
				}
				if p.SequenceNumber != first.SequenceNumber+uint16(i) || p.Timestamp != first.Timestamp+uint32(160*i)+160*gaps ||
					p.SSRC != first.SSRC || p.Marker != (i == 0) || p.PayloadType != codec.PayloadType || len(p.Payload) != 160 {
					t.Errorf("packet %d: %+v", i, p.Header)
				}
			}
			if s := port.Stats(); s.Inserted != uint64(gaps) {
				t.Errorf("the sound has gaps of %d frames, and the port owns to %d", gaps, s.Inserted)
			}
			if level := media.Goertzel(decodedAudio(packets), 1000); math.Abs(level+10) > 0.2 {
				t.Errorf("1000 Hz at %.1f dBFS, want −10", level)
			}
		})
	}
}

// talkspurt leaves out packets of silence that stand before or after.
func talkspurt(packets []*rtp.Packet) (out []*rtp.Packet) {
	for _, p := range packets {
		if media.Goertzel(decodedAudio([]*rtp.Packet{p}), 1000) > -40 {
			out = append(out, p)
		}
	}
	return out
}

// The first packet is on the wire when Play returns: on loopback that means that
// it can be read without waiting.
func TestFirstPacketLeavesAtOnce(t *testing.T) {
	port, f := open(t, newPlane(t, media.PlaneConfig{})), newPhone(t)
	f.meet(port, f.agreed())
	for range 5 {
		f.drain()
		b := port.Play(longPrompt())
		if p := f.next(5 * time.Millisecond); p == nil || !p.Marker {
			t.Errorf("packet after Play: %v", p)
		}
		b.Stop()
	}
}

func TestPromptThatWaitsBeginsWithTheNegotiation(t *testing.T) {
	port, f := open(t, newPlane(t, media.PlaneConfig{})), newPhone(t)
	port.Play(longPrompt())
	negotiate(port, f.agreed(), media.Sources{})
	if p := f.next(5 * time.Millisecond); p == nil || !p.Marker {
		t.Errorf("packet after Negotiate: %v", p)
	}
}

// A far end that looks anew where audio comes from, as after a re-INVITE, gets packets to learn
// it by, though there is nothing to say; until then one a second.
func TestNegotiatedAnewItIsHeardAtOnce(t *testing.T) {
	port, f := open(t, newPlane(t, media.PlaneConfig{})), newPhone(t)
	f.meet(port, f.agreed())
	f.must() // the first keepalive
	if p := f.next(300 * time.Millisecond); p != nil {
		t.Errorf("packet before a second is over: %v", p)
	}
	negotiate(port, f.agreed(), media.Sources{})
	var last *rtp.Packet
	for n := range 6 {
		p := f.next(200 * time.Millisecond)
		if p == nil || last != nil && p.SequenceNumber != last.SequenceNumber+1 {
			t.Fatalf("packet %d after Negotiate is %v, behind %v", n+1, p, last)
		}
		last = p
	}
	if p := f.next(300 * time.Millisecond); p != nil {
		t.Errorf("packet behind the sixth: %v", p)
	}
}

func TestStopIsSilence(t *testing.T) {
	t.Parallel()
	port, f := open(t, newPlane(t, media.PlaneConfig{})), newPhone(t)
	f.meet(port, f.agreed())
	b := port.Play(longPrompt())
	f.must()
	b.Stop()
	wait(t, b.Done(), "the playback ends")
	f.drain()
	if p := f.next(100 * time.Millisecond); p != nil && media.Goertzel(decodedAudio([]*rtp.Packet{p}), 1000) > -60 {
		t.Error("it sounds on after Stop")
	}
	if b.Stop(); b.Finished() {
		t.Error("a stopped playback says that it was heard to its end")
	}
}

func TestPlayReplaces(t *testing.T) {
	t.Parallel()
	port, f := open(t, newPlane(t, media.PlaneConfig{})), newPhone(t)
	f.meet(port, f.agreed())
	first := port.Play(longPrompt())
	f.must()
	second := port.Play(media.NewPrompt(media.Tone(-10, 200*time.Millisecond, 500)))
	wait(t, first.Done(), "the first playback ends")
	if first.Finished() {
		t.Error("a replaced playback says that it was heard to its end")
	}
	f.drain()
	pcm := decodedAudio(f.until(second.Done()))
	if level := media.Goertzel(pcm[:1120], 500); level < -11 {
		t.Errorf("500 Hz at %.1f dBFS", level)
	}
}

func TestTimestampsRunOnOverPauses(t *testing.T) {
	port, f := open(t, newPlane(t, media.PlaneConfig{})), newPhone(t)
	f.meet(port, f.agreed())
	began := time.Now()
	b := port.Play(tonePrompt(60 * time.Millisecond))
	first := talkspurt(f.until(b.Done()))
	f.next(150 * time.Millisecond) // a pause
	paused := time.Now()
	b = port.Play(tonePrompt(60 * time.Millisecond))
	second := talkspurt(f.until(b.Done()))
	if len(first) != 3 || len(second) != 3 {
		t.Fatalf("%d and %d packets, want 3 each", len(first), len(second))
	}
	if !second[0].Marker || second[0].SSRC != first[0].SSRC {
		t.Errorf("second talkspurt begins with %+v", second[0].Header)
	}
	clock := time.Duration(second[0].Timestamp-first[0].Timestamp) * time.Second / 8000
	if off := clock - paused.Sub(began); off.Abs() > 100*time.Millisecond {
		t.Errorf("timestamps say that %v have passed, the clock %v", clock, paused.Sub(began))
	}
}

func TestHoldStopsSendingAndThePromptWaits(t *testing.T) {
	port, f := open(t, newPlane(t, media.PlaneConfig{})), newPhone(t)
	f.meet(port, f.agreed())
	b := port.Play(tonePrompt(300 * time.Millisecond))
	before := f.must()
	for _, hold := range []func(*sdp.Negotiated){
		func(n *sdp.Negotiated) { n.Direction = sdp.RecvOnly },
		func(n *sdp.Negotiated) { n.Direction = sdp.Inactive },
		func(n *sdp.Negotiated) {
			n.Direction, n.Remote = sdp.RecvOnly, sdpUnspecified(n)
		},
	} {
		n := f.agreed()
		hold(&n)
		negotiate(port, n, media.Sources{})
		f.drain()
		if p := f.next(100 * time.Millisecond); p != nil {
			t.Fatalf("sent while held: %+v", p.Header)
		}
		negotiate(port, f.agreed(), media.Sources{})
		after := f.next(5 * time.Millisecond)
		if after == nil || !after.Marker || after.SSRC != before.SSRC {
			t.Fatalf("after the hold: %v", after)
		}
	}
	f.until(b.Done())
	if !b.Finished() {
		t.Error("the prompt was not heard to its end")
	}
}

func TestCodecChangeInMidPrompt(t *testing.T) {
	t.Parallel()
	port, f := open(t, newPlane(t, media.PlaneConfig{})), newPhone(t)
	f.meet(port, f.agreed())
	b := port.Play(tonePrompt(400 * time.Millisecond))
	packets := []*rtp.Packet{f.must(), f.must(), f.must()}
	n := f.agreed()
	n.Codec = sdp.Codec{Name: sdp.PCMA, PayloadType: 8, Rate: 8000}
	negotiate(port, n, media.Sources{})
	packets = talkspurt(append(packets, f.until(b.Done())...))
	if len(packets) != 20 || packets[19].PayloadType != 8 {
		t.Fatalf("%d packets, the last of type %d", len(packets), packets[len(packets)-1].PayloadType)
	}
	if level := media.Goertzel(decodedAudio(packets), 1000); math.Abs(level+10) > 0.3 {
		t.Errorf("1000 Hz at %.1f dBFS over the change, want −10", level)
	}
}

func TestPacketTimes(t *testing.T) {
	t.Parallel()
	for asked, samples := range map[time.Duration]int{10 * time.Millisecond: 80, 20 * time.Millisecond: 160, 30 * time.Millisecond: 160, 40 * time.Millisecond: 320, 60 * time.Millisecond: 480} {
		t.Run(asked.String(), func(t *testing.T) {
			port, f := open(t, newPlane(t, media.PlaneConfig{})), newPhone(t)
			n := f.agreed()
			n.PTime = asked
			f.meet(port, n)
			f.drain()
			const length = 480 * time.Millisecond
			began := time.Now()
			b := port.Play(tonePrompt(length))
			packets := talkspurt(f.until(b.Done()))
			if took := time.Since(began); took < length-20*time.Millisecond {
				t.Errorf("sent in %v, which is faster than real time", took)
			}
			if want := 3840 / samples; len(packets) != want {
				t.Fatalf("%d packets, want %d", len(packets), want)
			}
			gaps := uint32(0) // where the machine stood still: the sender has to own to them
			for i, p := range packets {
				at := p.Timestamp - packets[0].Timestamp
				if skipped := at - uint32(i*samples); skipped > gaps*uint32(samples) && skipped%uint32(samples) == 0 {
					gaps = skipped / uint32(samples)
				}
				if len(p.Payload) != samples || at != (uint32(i)+gaps)*uint32(samples) {
					t.Errorf("packet %d: %d samples at %d", i, len(p.Payload), at)
				}
			}
			if s := port.Stats(); s.Inserted < uint64(gaps) {
				t.Errorf("the sound has gaps of %d packets, and the port owns only to %d", gaps, s.Inserted)
			}
			if level := media.Goertzel(decodedAudio(packets), 1000); math.Abs(level+10) > 0.2 {
				t.Errorf("1000 Hz at %.1f dBFS, want −10", level)
			}
		})
	}
}

func TestLoopGoesOn(t *testing.T) {
	t.Parallel()
	port, f := open(t, newPlane(t, media.PlaneConfig{})), newPhone(t)
	f.meet(port, f.agreed())
	f.drain()
	b := port.Play(tonePrompt(50 * time.Millisecond).Loop()) // no whole number of packets
	var packets []*rtp.Packet
	for len(packets) < 20 {
		packets = append(packets, f.must())
	}
	if level := media.Goertzel(decodedAudio(packets), 1000); math.Abs(level+10) > 0.2 {
		t.Errorf("1000 Hz at %.1f dBFS, want −10 without a gap", level)
	}
	select {
	case <-b.Done():
		t.Error("a loop has ended")
	default:
	}
}

func TestIdlePortShowsThatItLives(t *testing.T) {
	port, f := open(t, newPlane(t, media.PlaneConfig{})), newPhone(t)
	negotiate(port, f.agreed(), media.Sources{})
	first, second := f.must(), f.must()
	if gap := (second.Timestamp - first.Timestamp) / 8; gap < 900 || gap > 1500 {
		t.Errorf("%d ms between two signs of life, want 1000", gap)
	}
	if second.SequenceNumber != first.SequenceNumber+1 || len(second.Payload) != 160 {
		t.Errorf("%+v after %+v", second.Header, first.Header)
	}
}

func TestRingback(t *testing.T) {
	t.Parallel()
	for country, want := range map[string]struct {
		on    float64
		cycle time.Duration
	}{"US": {440, 6 * time.Second}, "gb": {400, 3 * time.Second}, "DE": {425, 5 * time.Second}, "??": {440, 6 * time.Second}} {
		p := media.Ringback(country)
		if p.Duration() != want.cycle {
			t.Errorf("%s: a cycle of %v, want %v", country, p.Duration(), want.cycle)
		}
		port, f := open(t, newPlane(t, media.PlaneConfig{})), newPhone(t)
		negotiate(port, f.agreed(), media.Sources{})
		port.Play(p)
		packets := []*rtp.Packet{f.must(), f.must(), f.must(), f.must(), f.must()}
		if level := media.Goertzel(decodedAudio(packets), want.on); level < -24 || level > -15 {
			t.Errorf("%s: %.0f Hz at %.1f dBFS", country, want.on, level)
		}
	}
}

func TestPromptDuration(t *testing.T) {
	if d := tonePrompt(1234 * time.Millisecond).Duration(); d != 1234*time.Millisecond {
		t.Errorf("%v, want 1.234 s", d)
	}
}

func TestEmptyPromptEndsAtOnce(t *testing.T) {
	port, f := open(t, newPlane(t, media.PlaneConfig{})), newPhone(t)
	negotiate(port, f.agreed(), media.Sources{})
	for _, p := range []*media.Prompt{nil, media.NewPrompt(nil), media.NewPrompt(nil).Loop()} {
		b := port.Play(p)
		wait(t, b.Done(), "an empty prompt ends")
		if !b.Finished() {
			t.Error("an empty prompt was not heard to its end")
		}
	}
}

func sdpUnspecified(n *sdp.Negotiated) netip.AddrPort {
	return netip.AddrPortFrom(netip.IPv4Unspecified(), n.Remote.Port())
}
