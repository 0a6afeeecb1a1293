package media

import (
	"bytes"
	"testing"
	"time"
)

// Every codec keeps what the rest of the plane builds on.
func TestCodecsConform(t *testing.T) {
	types := map[uint8]string{}
	for _, c := range codecs {
		t.Run(c.Name, func(t *testing.T) {
			if types[c.PayloadType] != "" {
				t.Errorf("has the payload type %d of %s", c.PayloadType, types[c.PayloadType])
			}
			types[c.PayloadType] = c.Name
			if c.Rate != sampleRate || codecFor(c.Name) != c {
				t.Errorf("has an RTP clock of %d Hz, or is not found by its name", c.Rate)
			}
			if units := c.units(20 * c.bytesPerMS); units != 160 {
				t.Errorf("20 ms are %d timestamp units", units)
			}
			out := make([]byte, 20*c.bytesPerMS)
			if n := c.encoder().encode(make([]int16, 160), out); n != len(out) {
				t.Fatalf("20 ms are %d bytes, want %d", n, len(out))
			}
			silent := make([]int16, 320)
			c.decoder().decode(bytes.Repeat([]byte{c.silence}, 40*c.bytesPerMS), silent)
			c.decoder().decode(out, silent[160:])
			for i, v := range silent {
				if v < -16 || v > 16 {
					t.Fatalf("sample %d of silence is %d", i, v)
				}
			}
			prompt := NewPrompt(Tone(-10, 400*time.Millisecond, 1000))
			pcm := make([]int16, 3200)
			if n := c.decoder().decode(prompt.encoded(c), pcm); n != len(pcm) {
				t.Fatalf("a prompt of %d samples has %d", len(pcm), n)
			}
			if level := Goertzel(pcm[800:], 1000); level < -10.3 || level > -9.7 {
				t.Errorf("1000 Hz at %.1f dBFS, want -10", level)
			}
			e, d := c.encoder(), c.decoder()
			if n := testing.AllocsPerRun(50, func() { e.encode(pcm[:160], out); d.decode(out, pcm[:160]) }); n != 0 {
				t.Errorf("%.1f allocations a packet", n)
			}
		})
	}
}

func TestFormats(t *testing.T) {
	list, err := Formats([]string{"g722", "PCMA"})
	if err != nil || len(list) != 3 || list[0] != g722.Codec || list[1] != pcma.Codec || !list[2].IsEvent() {
		t.Errorf("%v, %v", list, err)
	}
	if _, err := Formats([]string{"g729"}); err == nil || err.Error() != `codec "g729": want one of pcmu, pcma, g722` {
		t.Errorf("error %v", err)
	}
}
