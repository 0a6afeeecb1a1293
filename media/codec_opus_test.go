package media

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"ringflow/media/sdp"
)

// How long a packet lasts is in its first bytes, whatever follows: RFC 6716 §3.1 table 2,
// §3.2, and §3.4 for what is malformed.
func TestOpusPacketDurations(t *testing.T) {
	for name, c := range map[string]struct {
		payload []byte
		want    time.Duration
	}{
		"nothing":                        {nil, 0},
		"SILK narrow-band of 10 ms":      {[]byte{0 << 3}, 10 * time.Millisecond},
		"SILK narrow-band of 60 ms":      {[]byte{3 << 3}, 60 * time.Millisecond},
		"SILK wide-band of 40 ms, twice": {[]byte{10<<3 | 1}, 80 * time.Millisecond},
		"hybrid of 20 ms":                {[]byte{13 << 3}, 20 * time.Millisecond},
		"hybrid of 10 ms, stereo":        {[]byte{14<<3 | 4}, 10 * time.Millisecond},
		"CELT of 2.5 ms":                 {[]byte{16 << 3}, 2500 * time.Microsecond},
		"CELT of 20 ms, two sizes":       {[]byte{31<<3 | 2}, 40 * time.Millisecond},
		"48 frames of 2.5 ms":            {[]byte{28<<3 | 3, 48 | 0xC0}, 120 * time.Millisecond},
		"49 frames of 2.5 ms":            {[]byte{28<<3 | 3, 49}, 0},
		"3 frames of 60 ms":              {[]byte{3<<3 | 3, 3}, 0},
		"no frames":                      {[]byte{3, 0}, 0},
		"no number of frames":            {[]byte{3}, 0},
	} {
		if got := opus.duration(opusUnits(c.payload)); got != c.want {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
}

// What the far end's parameters say holds: the bit rate is constant, and never above theirs.
func TestOpusAsTheFarEndWantsIt(t *testing.T) {
	for parameters, c := range map[string]struct {
		rate    int
		robust  bool
		relayed bool
	}{
		"":                           {3, false, true},
		"useinbandfec=1":             {3, true, true},
		"UseInbandFEC = 1; stereo=1": {3, true, true},
		"maxaveragebitrate=24000":    {3, false, false},
		"maxaveragebitrate=20000;useinbandfec=1;maxplaybackrate=8000": {2, true, false},
		"maxaveragebitrate=8000":           {1, false, false},
		"maxaveragebitrate=40000":          {3, false, true},
		"maxaveragebitrate=5999":           {3, false, true}, // to be ignored
		"maxaveragebitrate=600000":         {3, false, true},
		"maxaveragebitrate=x;useinbandfec": {3, false, true},
	} {
		wanted := opus.Codec
		wanted.Parameters = parameters
		e := opus.encodingFor(wanted, cycle)
		if e.rate != c.rate || e.robust != c.robust || opus.framed.relayed(wanted) != c.relayed {
			t.Errorf("%q: %d bytes a ms, robust %v, relayed %v", parameters, e.rate, e.robust, opus.framed.relayed(wanted))
		}
	}
}

// A packet of every period is one of constant size that lasts as long, at every rate.
func TestOpusPacketsHaveOneSize(t *testing.T) {
	pcm := speechLike(sampleRate)
	for _, e := range opusEncodings() {
		prompt := NewPrompt(pcm).encoded(e, nil).payload
		size := e.size(e.period)
		if len(prompt)%size != 0 || len(prompt)/size != (len(pcm)+int(e.period)*8-1)/(int(e.period)*8) {
			t.Errorf("%v ms, %d bytes a ms: a prompt of %d bytes", e.period, e.rate, len(prompt))
		}
		for ; len(prompt) > 0; prompt = prompt[size:] {
			if got := opus.duration(opusUnits(prompt[:size])); got != time.Duration(e.period)*tick {
				t.Fatalf("%v ms, %d bytes a ms: a packet lasts %v", e.period, e.rate, got)
			}
		}
	}
}

func opusEncodings() (all []encoding) {
	for _, period := range []int64{10, 20, 40, 60} {
		for rate := 1; rate <= 3; rate++ {
			for _, robust := range []bool{false, true} {
				all = append(all, encoding{codec: opus, rate: rate, robust: robust, period: period})
			}
		}
	}
	return all
}

// The encoder takes blocks of any length, and loses no sample of them.
func TestOpusEncodesWhatOtherCodecsSend(t *testing.T) {
	for _, ms := range []int{1, 5, 10, 15, 20, 25, 30, 40, 50, 60, 70, 90, 110, 120} {
		pcm, e, d := Tone(-10, 3*time.Second, 1000), newOpusEncoder(opus.usual()), new(opusDecoder)
		out, decoded := make([]byte, 1500), make([]int16, 960)
		var heard []int16
		for block := ms * 8; len(pcm) >= block; pcm = pcm[block:] {
			if n := e.encode(pcm[:block], out); n > 0 {
				heard = append(heard, decoded[:d.decode(out[:n], decoded)]...)
			}
		}
		if level := Goertzel(heard[1600:], 1000); level < -10.5 || level > -9.5 || len(heard) < 23000 {
			t.Errorf("blocks of %d ms: %d samples, 1000 Hz at %.1f dBFS", ms, len(heard), level)
		}
	}
}

func TestOpusQuality(t *testing.T) {
	for _, c := range []struct {
		rate   int
		robust bool
		want   float64
	}{{1, false, 9}, {2, false, 16}, {3, false, 20}, {3, true, 18}} {
		e := encoding{codec: opus, rate: c.rate, robust: c.robust, period: cycle}
		pcm := append(speechLike(sampleRate), speechLike(sampleRate)...)
		heard := decodePackets(e, new(opusDecoder), NewPrompt(pcm).encoded(e, nil).payload)
		best := -100.0
		for delay := range 100 {
			best = max(best, signalToNoise(pcm[400:], heard[400+delay:]))
		}
		if best < c.want {
			t.Errorf("%d kbit/s, robust %v: signal-to-noise ratio %.1f dB, want %.0f", 8*c.rate, c.robust, best, c.want)
		}
	}
}

// Whatever comes in place of a packet, the decoder returns soon and goes on.
func TestOpusGarbage(t *testing.T) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	random := rand.New(rand.NewPCG(7, 1))
	prompt := NewPrompt(speechLike(sampleRate)).encoded(opus.usual(), nil).payload
	d, out := new(opusDecoder), make([]int16, 4096)
	size := opus.usual().size(cycle)
	for i := range 5000 {
		at := random.IntN(len(prompt)/size) * size
		payload := append([]byte(nil), prompt[at:at+size]...)
		switch i % 4 {
		case 0:
			payload = make([]byte, random.IntN(1500))
			for i := range payload {
				payload[i] = byte(random.Uint32())
			}
		case 1:
			payload[0] = byte(random.Uint32())
		case 2:
			payload = payload[:random.IntN(size)]
		case 3:
			for range 1 + random.IntN(8) {
				payload[random.IntN(size)] ^= 1 << random.IntN(8)
			}
		}
		before := threadTime()
		n := d.decode(payload, out)
		if spent := threadTime() - before; n > 960 || spent > 50*time.Millisecond {
			t.Fatalf("packet %d, % x: %d samples in %v", i, payload, n, spent)
		}
	}
	if heard := decodePackets(opus.usual(), d, prompt); Goertzel(heard[1600:], 120) < -40 {
		t.Error("it hears nothing after that")
	}
}

func threadTime() time.Duration {
	var now unix.Timespec
	_ = unix.ClockGettime(unix.CLOCK_THREAD_CPUTIME_ID, &now)
	return time.Duration(now.Nano())
}

// A stream has one clock a source, its numbers go on, and its timestamps are those of the
// clock (RFC 7160 §4.1).
func TestStreamOfAnotherClock(t *testing.T) {
	s := newStream()
	s.startTalkspurt(0)
	s.writeHeader(make([]byte, headerSize), 0)
	before := s.header
	if s.setClock(100, sampleRate) || s.header.SSRC != before.SSRC || s.header.Timestamp != before.Timestamp {
		t.Error("the same clock changed the stream")
	}
	if !s.setClock(100, 48000) || s.header.SSRC == before.SSRC || s.header.SequenceNumber != before.SequenceNumber || !s.marker {
		t.Errorf("%+v after %+v", s.header, before)
	}
	at := s.header.Timestamp
	s.advance(20)
	if s.startTalkspurt(140); s.header.Timestamp-at != 40*48 {
		t.Errorf("40 ms are %d units", s.header.Timestamp-at)
	}
}

// Between two clocks a run of relayed packets keeps its time, over the wrap of both.
func TestRewriterBetweenClocks(t *testing.T) {
	for _, c := range [][2]int{{8000, 48000}, {48000, 8000}} {
		out := newStream()
		out.setClock(0, c[1])
		var s rewriter
		first := packet{ssrc: 1, seq: 1, ts: ^uint32(0) - 10}
		s.start(0, first, c[0], &out)
		for ms := range 4 * 3600 * 50 {
			k := packet{ssrc: 1, seq: 1, ts: first.ts + uint32(ms*20*c[0]/1000)}
			if got, want := s.timestamp(k.ts), out.header.Timestamp+uint32(ms*20*c[1]/1000); got != want {
				t.Fatalf("%v after %d ms: %d, want %d", c, 20*ms, got, want)
			}
		}
		if early := s.timestamp(first.ts - uint32(c[0])); early != out.header.Timestamp-uint32(c[1]) {
			t.Errorf("%v: a second before the first is %d", c, int32(early-out.header.Timestamp))
		}
	}
}

// Jitter is a time on every clock, and a change of clocks makes none.
func TestJitterOnAnotherClock(t *testing.T) {
	var o playout
	for i, clock := range []int{8000, 48000, 8000} {
		o.setClock(clock)
		for n := range 500 {
			at := time.Duration(i*10000+20*n+10*(n%2)) * tick
			o.add(at, uint32(i*77777+20*n*clock/1000), n == 0)
		}
		if got := o.time(o.jitter); (got-10*tick).Abs() > tick/4 || o.time(o.jitterMax) > 11*tick || o.late != 0 {
			t.Errorf("%d Hz: jitter %v, at most %v, %d late", clock, got, o.time(o.jitterMax), o.late)
		}
	}
}

func BenchmarkOpus(b *testing.B) {
	pcm := speechLike(sampleRate)
	for _, e := range []encoding{opus.usual(), opus.encodingFor(sdp.Codec{Parameters: "useinbandfec=1"}, cycle)} {
		b.Run(fmt.Sprintf("encode/robust=%v", e.robust), func(b *testing.B) {
			next, out := e.encoder(e), make([]byte, 200)
			for i := 0; b.Loop(); i++ {
				at := i % 25 * 160
				next.encode(pcm[at:at+160], out)
			}
		})
		b.Run(fmt.Sprintf("decode/robust=%v", e.robust), func(b *testing.B) {
			prompt, d, out := NewPrompt(pcm).encoded(e, nil).payload, e.decoder(), make([]int16, 960)
			for i := 0; b.Loop(); i++ {
				at := i % 25 * 60
				d.decode(prompt[at:at+60], out)
			}
		})
	}
}
