package media

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"math"
	"os"
	"testing"
	"time"
)

// g722Input is half a second at 16 kHz of what is hard on the codec, made of integers
// alone: a sweep of triangles to 8 kHz, noise of rising level, silence, and squares at
// full scale.
func g722Input() (pcm []int16) {
	phase, noise := uint32(0), uint32(1)
	for i := range 8000 {
		noise = noise*1664525 + 1013904223
		switch {
		case i < 4000:
			phase += uint32(i) << 15
			triangle := int32(phase >> 16)
			pcm = append(pcm, int16(min(triangle, 65535-triangle)-16384))
		case i < 6000:
			pcm = append(pcm, int16(int32(noise)>>16*int32(i-4000)/2000))
		case i < 6500:
			pcm = append(pcm, 0)
		default:
			pcm = append(pcm, int16(32767-65535*(i/20%2)))
		}
	}
	return pcm
}

// The encoder writes, and the decoder reads, bit for bit what FFmpeg does: see
// testdata/README.md.
func TestG722IsBitExact(t *testing.T) {
	want, err := os.ReadFile("testdata/g722.bin")
	if err != nil {
		t.Fatal(err)
	}
	got := make([]byte, len(want))
	if newG722Stream().encode(g722Input(), got); !bytes.Equal(got, want) {
		at := 0
		for got[at] == want[at] {
			at++
		}
		t.Errorf("byte %d is %02x, want %02x", at, got[at], want[at])
	}
	pcm := make([]int16, 2*len(want))
	newG722Stream().decode(want, pcm)
	sum := sha256.New()
	for _, v := range pcm {
		sum.Write([]byte{byte(v), byte(uint16(v) >> 8)})
	}
	const decoded = "7583271ae9a7e53a5f0c01fc5883079e78d02c3b2aedc553d09aaafd245f27eb"
	if got := hex.EncodeToString(sum.Sum(nil)); got != decoded {
		t.Errorf("the decoded samples have the SHA-256 %s, want %s", got, decoded)
	}
}

// through encodes and decodes samples of a rate, and returns the signal-to-noise ratio
// in dB behind the first 50 ms, at the delay that fits best.
func through(e encoder, d decoder, pcm []int16, rate int) (snr float64) {
	payload, out := make([]byte, len(pcm)), make([]int16, 2*len(pcm))
	payload = payload[:e.encode(pcm, payload)]
	out = out[:d.decode(payload, out)]
	snr = math.Inf(-1)
	for delay := range 64 {
		snr = max(snr, signalToNoise(pcm[rate/20:], out[rate/20+delay:]))
	}
	return snr
}

// signalToNoise is the signal-to-noise ratio in dB of what was heard of samples.
func signalToNoise(pcm, heard []int16) float64 {
	var signal, noise float64
	for i, v := range heard {
		s, o := float64(pcm[i]), float64(v)
		signal, noise = signal+s*s, noise+(o-s)*(o-s)
	}
	return 10 * math.Log10(signal/noise)
}

// speechLike is half a second of a voice's spectrum: harmonics of 120 Hz that fall by
// 6 dB an octave, in syllables.
func speechLike(rate int) (pcm []int16) {
	for i := range rate / 2 {
		at := float64(i) / float64(rate)
		var v float64
		for h := 1.0; 120*h < 3400; h++ {
			v += math.Sin(2*math.Pi*120*h*at+h*h) / h
		}
		pcm = append(pcm, int16(5000*v*math.Abs(math.Sin(2*math.Pi*4*at))))
	}
	return pcm
}

func tone16(freq, amplitude float64) (pcm []int16) {
	for i := range 8000 {
		pcm = append(pcm, int16(amplitude*math.Sin(2*math.Pi*freq*float64(i)/16000)))
	}
	return pcm
}

func TestG722Quality(t *testing.T) {
	for name, c := range map[string]struct {
		pcm  []int16
		rate int
		want float64
	}{
		"tone of 440 Hz":                 {tone16(440, 8000), 16000, 50},
		"tone of 1 kHz":                  {tone16(1000, 8000), 16000, 44},
		"tone of 6 kHz":                  {tone16(6000, 8000), 16000, 24},
		"speech":                         {speechLike(16000), 16000, 34},
		"tone of 1 kHz to 8 kHz of rate": {Tone(-12, 500*time.Millisecond, 1000), 8000, 44},
		"speech to 8 kHz of rate":        {speechLike(8000), 8000, 34},
	} {
		e, d := encoder(newG722Stream()), decoder(newG722Stream())
		if c.rate == 8000 {
			e, d = g722.encoder(g722.usual()), g722.decoder()
		}
		snr := through(e, d, c.pcm, c.rate)
		if snr < c.want {
			t.Errorf("%s: signal-to-noise ratio %.1f dB, want %.0f", name, snr, c.want)
		}
	}
}

// What 8 kHz cannot hold is filtered out, and does not come back at another frequency.
func TestG722FilteredTo8kHz(t *testing.T) {
	for _, freq := range []float64{5000, 6000, 7000} {
		payload, out := make([]byte, 4000), make([]int16, 4000)
		newG722Stream().encode(tone16(freq, 16000), payload)
		g722.decoder().decode(payload, out)
		if level := Goertzel(out[400:], 8000-freq); level > -40 {
			t.Errorf("%.0f Hz is heard at %.0f Hz with %.1f dBFS", freq, 8000-freq, level)
		}
	}
}
