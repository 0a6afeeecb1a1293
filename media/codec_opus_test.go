package media

import (
	"bytes"
	"encoding/binary"
	"math"
	"math/rand/v2"
	"reflect"
	"runtime"
	"strconv"
	"testing"
	"time"
	"unsafe"

	"github.com/thesyncim/gopus"
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

// What the far end's parameters say holds: the bit rate is not above theirs, but for one below
// the 8 kbit/s that are sent at least.
func TestOpusAsTheFarEndWantsIt(t *testing.T) {
	for parameters, c := range map[string]struct {
		rate    int
		relayed bool
	}{
		"":                         {3, true},
		"useinbandfec=1; stereo=1": {3, true},
		"maxaveragebitrate=24000":  {3, false},
		"MaxAverageBitrate = 20000;useinbandfec=1;maxplaybackrate=8000": {2, false},
		"maxaveragebitrate=8000":           {1, false},
		"maxaveragebitrate=6000":           {1, false},
		"maxaveragebitrate=40000":          {3, true},
		"maxaveragebitrate=5999":           {3, true}, // to be ignored
		"maxaveragebitrate=600000":         {3, true},
		"maxaveragebitrate=x;useinbandfec": {3, true},
	} {
		wanted := opus.Codec
		wanted.Parameters = parameters
		if e := opus.encodingFor(wanted, cycle); e.rate != c.rate || opus.framed.relayed(wanted) != c.relayed {
			t.Errorf("%q: %d bytes a ms, relayed %v", parameters, e.rate, opus.framed.relayed(wanted))
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
			all = append(all, encoding{codec: opus, rate: rate, period: period})
		}
	}
	return all
}

// The encoder takes blocks of any length, and loses no sample of them.
func TestOpusEncodesWhatOtherCodecsSend(t *testing.T) {
	for _, ms := range []int{1, 5, 10, 15, 20, 25, 30, 40, 50, 60, 70, 90, 110, 120} {
		t.Run(strconv.Itoa(ms), func(t *testing.T) {
			t.Parallel()
			pcm, e, d := Tone(-10, time.Second, 1000), newOpusEncoder(opus.usual()), new(opusDecoder)
			out, decoded := make([]byte, 1500), make([]int16, 960)
			var heard []int16
			sent := 0
			for block := ms * 8; len(pcm) >= block; pcm = pcm[block:] {
				sent += block
				if n := e.encode(pcm[:block], out); n > 0 {
					heard = append(heard, decoded[:d.decode(out[:n], decoded)]...)
				}
			}
			if level := Goertzel(heard[1600:], 1000); level < -10.5 || level > -9.5 || len(heard) > sent || len(heard) <= sent-160 {
				t.Errorf("blocks of %d ms: %d samples, 1000 Hz at %.1f dBFS", ms, len(heard), level)
			}
		})
	}
}

func TestOpusQuality(t *testing.T) {
	for _, c := range []struct {
		rate int
		want float64
	}{{1, 9}, {2, 16}, {3, 20}} {
		e := encoding{codec: opus, rate: c.rate, period: cycle}
		pcm := append(speechLike(sampleRate), speechLike(sampleRate)...)
		heard := decodePackets(e, new(opusDecoder), NewPrompt(pcm).encoded(e, nil).payload)
		best := -100.0
		for delay := range 100 {
			best = max(best, signalToNoise(pcm[400:], heard[400+delay:]))
		}
		if best < c.want {
			t.Errorf("%d kbit/s: signal-to-noise ratio %.1f dB, want %.0f", 8*c.rate, best, c.want)
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

func BenchmarkOpusEncode(b *testing.B) {
	pcm, next, out := speechLike(sampleRate), opus.encoder(opus.usual()), make([]byte, 200)
	for i := 0; b.Loop(); i++ {
		at := i % 25 * 160
		next.encode(pcm[at:at+160], out)
	}
}

func BenchmarkOpusDecode(b *testing.B) {
	prompt, d, out := NewPrompt(speechLike(sampleRate)).encoded(opus.usual(), nil).payload, opus.decoder(), make([]int16, 960)
	for i := 0; b.Loop(); i++ {
		at := i % 25 * 60
		d.decode(prompt[at:at+60], out)
	}
}

// redundantOpus is speech as a far end sends it with forward error correction.
func redundantOpus(t *testing.T) (packets [][]byte) {
	t.Helper()
	e, err := gopus.NewEncoder(gopus.EncoderConfig{SampleRate: 16000, Channels: 1, Application: gopus.ApplicationVoIP})
	for _, err := range []error{err, e.SetBitrate(40000), e.SetInBandFEC(gopus.InBandFECEnabled), e.SetPacketLoss(20), e.SetFrameSize(320)} {
		if err != nil {
			t.Fatal(err)
		}
	}
	pcm := append(speechLike(16000), speechLike(16000)...)
	for ; len(pcm) >= 320; pcm = pcm[320:] {
		packet := make([]byte, 1500)
		n, err := e.EncodeInt16(pcm[:320], packet)
		if err != nil {
			t.Fatal(err)
		}
		packets = append(packets, packet[:n])
	}
	return packets
}

// A packet that is lost is made from the next, if that has its audio again.
func TestOpusRecoversALostPacket(t *testing.T) {
	packets, d, out, made := redundantOpus(t), new(opusDecoder), make([]int16, 960), 0
	var whole []int16
	all := new(opusDecoder)
	for _, payload := range packets {
		whole = append(whole, out[:all.decode(payload, out)]...)
	}
	for i, payload := range packets {
		if i%5 == 3 {
			continue
		}
		if i%5 == 4 {
			if n := d.recover(payload, out); n > 0 {
				made++
				if n != 160 || alike(out[:n], whole[(i-1)*160:i*160]) < 0.7 {
					t.Errorf("packet %d: %d samples, alike %.2f", i-1, n, alike(out[:n], whole[(i-1)*160:i*160]))
				}
			}
		}
		d.decode(payload, out)
	}
	if made < 5 {
		t.Errorf("%d packets were made, want 5 at least", made)
	}
	none := NewPrompt(speechLike(sampleRate)).encoded(opus.usual(), nil).payload
	for size := opus.usual().size(cycle); len(none) > 0; none = none[size:] {
		if n := d.recover(none[:size], out); n != 0 {
			t.Fatalf("%d samples of a packet that has none of the one before", n)
		}
	}
}

// A port puts the packet that it has made where the lost one was, once: in a recording, and
// towards a far end in another codec. One in Opus gets what came, byte for byte, and the lost
// packet if it comes late.
func TestLostOpusPacketInABridge(t *testing.T) {
	t.Parallel()
	packets, first := redundantOpus(t), 0
	const sent, lost = 8, 3
	for !gopus.PacketHasLBRR(packets[first+lost+1]) {
		first++
	}
	packets = packets[first : first+sent]
	for _, c := range []struct {
		codec  *codec
		record bool
		want   []int // the packets that are relayed, in their order; -1: made of the one that follows
	}{
		{pcmu, true, []int{0, 1, 2, -1, 4, 5, 6, 7}},
		{pcmu, false, []int{0, 1, 2, -1, 4, 5, 6, 7}},
		{opus, true, []int{0, 1, 2, 4, 5, 6, 7, lost}},
		{opus, false, []int{0, 1, 2, 4, 5, 6, 7, lost}},
	} {
		far, remote := listen(t)
		near, local := listen(t)
		plane, a := opusPort(t, local)
		b, err := plane.Open()
		if err != nil {
			t.Fatal(err)
		}
		b.Negotiate(sdp.Negotiated{Remote: remote, Codec: c.codec.Codec, Direction: sdp.SendRecv}, Sources{})
		if _, err := far.Read(make([]byte, datagram)); err != nil { // silence, which opens the way
			t.Fatal(err)
		}
		in := newStream()
		in.setClock(0, opus.Rate)
		seq, ts := in.header.SequenceNumber, in.header.Timestamp
		send := func(i int) {
			packet := append(make([]byte, headerSize), packets[i]...)
			in.header.SequenceNumber, in.header.Timestamp = seq+uint16(i), ts+uint32(960*i)
			in.writeHeader(packet[:headerSize], opus.PayloadType)
			if _, err := near.WriteToUDPAddrPort(packet, a.LocalAddr()); err != nil {
				t.Fatal(err)
			}
		}
		Join(a, b)
		var r *Recording
		if c.record {
			r = a.Record()
		}
		for i := range sent {
			if i != lost {
				send(i)
			}
		}
		send(lost)
		var heard [][]byte
		for len(heard) < len(c.want) {
			packet := make([]byte, datagram)
			n, err := far.Read(packet)
			if err != nil {
				t.Fatalf("%s: %d packets came: %v", c.codec.Name, len(heard), err)
			}
			heard = append(heard, packet[:n])
		}
		from := binary.BigEndian.Uint16(heard[0][2:])
		for i, k := range heard {
			number := int(binary.BigEndian.Uint16(k[2:]) - from)
			switch want := c.want[i]; {
			case want >= 0 && number != want || want < 0 && number != i:
				t.Errorf("%s: packet %d has the number %d", c.codec.Name, i, number)
			case c.codec == opus && !bytes.Equal(k[headerSize:], packets[want]):
				t.Errorf("recorded %t: packet %d is not as it came", c.record, want)
			}
		}
		if c.record {
			a.do(func(*worker) {
				at := int(r.position + int64(int32(ts-r.ts))*sampleRate/int64(opus.Rate))
				var m LevelMeter
				m.Add(r.chunks[0][at+lost*160 : at+(lost+1)*160])
				if made, _ := m.Level(); made.Mean < -60 {
					t.Errorf("%s: the recording has %d dBov in place of the lost packet", c.codec.Name, made.Mean)
				}
			})
		}
		_ = plane.Close()
	}
}

// An encoder that fails makes nothing of a block, and goes on with the next.
func TestOpusEncoderFails(t *testing.T) {
	refuses, panics := new(gopus.Encoder), new(gopus.Encoder)
	fields := reflect.ValueOf(panics).Elem()
	for field, value := range map[string]int32{"channels": 1, "frameSize": 160} {
		*(*int32)(unsafe.Pointer(fields.FieldByName(field).UnsafeAddr())) = value
	}
	for name, broken := range map[string]*gopus.Encoder{"refuses": refuses, "panics": panics} {
		e, out, pcm := newOpusEncoder(opus.usual()).(*opusEncoder), make([]byte, 1500), speechLike(sampleRate)[:160]
		e.encode(pcm, out)
		e.next = broken
		if n := e.encode(pcm, out); n != 0 {
			t.Errorf("one that %s made %d bytes", name, n)
		}
		if n := e.encode(pcm, out); n != opus.usual().size(cycle) {
			t.Errorf("%d bytes after one that %s", n, name)
		}
	}
}

// alike is the correlation of two pieces of audio.
func alike(a, b []int16) float64 {
	var ab, aa, bb float64
	for i := range a {
		x, y := float64(a[i]), float64(b[i])
		ab, aa, bb = ab+x*y, aa+x*x, bb+y*y
	}
	return ab / math.Sqrt(max(aa*bb, 1))
}
