package media

import (
	"bytes"
	"slices"
	"testing"
	"time"

	"ringflow/media/sdp"
)

// decodePackets decodes payloads of 20 ms, and returns the samples.
func decodePackets(e encoding, d decoder, payloads []byte) (pcm []int16) {
	out := make([]int16, 160)
	for size := e.size(cycle); len(payloads) >= size; payloads = payloads[size:] {
		pcm = append(pcm, out[:d.decode(payloads[:size], out)]...)
	}
	return pcm
}

// Every codec keeps what the rest of the plane builds on.
func TestCodecsConform(t *testing.T) {
	types := map[uint8]string{}
	for _, c := range codecs {
		t.Run(c.Name, func(t *testing.T) {
			if types[c.PayloadType] != "" {
				t.Errorf("has the payload type %d of %s", c.PayloadType, types[c.PayloadType])
			}
			types[c.PayloadType] = c.Name
			if c.Rate%sampleRate != 0 || codecFor(c.Name) != c {
				t.Errorf("has an RTP clock of %d Hz, or is not found by its name", c.Rate)
			}
			usual := c.usual()
			out := make([]byte, usual.size(cycle))
			if n := c.encoder(usual).encode(make([]int16, 160), out); n != len(out) {
				t.Fatalf("20 ms are %d bytes, want %d", n, len(out))
			}
			if units := c.units(out); c.duration(units) != 20*time.Millisecond {
				t.Errorf("20 ms are %d timestamp units", units)
			}
			silent := bytes.Repeat([]byte{c.silence}, 2*len(out))
			if c.framed != nil {
				silent = bytes.Repeat(usual.silentPacket(), 2)
			}
			for i, v := range append(decodePackets(usual, c.decoder(), silent), decodePackets(usual, c.decoder(), out)...) {
				if v < -16 || v > 16 {
					t.Fatalf("sample %d of silence is %d", i, v)
				}
			}
			prompt := NewPrompt(Tone(-10, 400*time.Millisecond, 1000))
			pcm := decodePackets(usual, c.decoder(), prompt.encoded(usual, nil).payload)
			if len(pcm) != 3200 {
				t.Fatalf("a prompt of 3200 samples has %d", len(pcm))
			}
			if level := Goertzel(pcm[800:], 1000); level < -10.3 || level > -9.7 {
				t.Errorf("1000 Hz at %.1f dBFS, want -10", level)
			}
			e, d := c.encoder(usual), c.decoder()
			if n := testing.AllocsPerRun(50, func() { e.encode(pcm[:160], out); d.decode(out, pcm[:160]) }); n != 0 {
				t.Errorf("%.1f allocations a packet", n)
			}
		})
	}
}

func TestFormats(t *testing.T) {
	list, err := Formats([]string{"g722", "PCMA"})
	if err != nil || !slices.Equal(list, []sdp.Codec{g722.Codec, pcma.Codec, sdp.Events(101, 8000)}) {
		t.Errorf("%v, %v", list, err)
	}
	list, err = Formats([]string{"opus", "pcmu"})
	if err != nil || !slices.Equal(list, []sdp.Codec{opus.Codec, pcmu.Codec, sdp.Events(101, 8000), sdp.Events(110, 48000)}) {
		t.Errorf("%v, %v", list, err)
	}
	if _, err := Formats([]string{"g729"}); err == nil || err.Error() != `codec "g729": want one of pcmu, pcma, g722, opus` {
		t.Errorf("error %v", err)
	}
}
