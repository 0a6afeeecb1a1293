package main_test

import (
	"bytes"
	"encoding/binary"
	"math"
	"time"
)

// All sound of these tests is 8 kHz linear PCM. It is made and judged here
// without Ringflow's own media code, which it is to check.
const rate = 8000

// What phones and prompts sound like: no two share a frequency.
const (
	customerHz = 600.0
	agentHz    = 850.0
	regretHz   = 1250.0
)

// tone makes a sine at -12 dBFS.
func tone(hz float64, d time.Duration) []int16 {
	out := make([]int16, int(d.Seconds()*rate))
	for i := range out {
		out[i] = int16(8192 * math.Sin(2*math.Pi*hz*float64(i)/rate))
	}
	return out
}

// chirp makes four seconds that rise from 300 to 3,000 Hz: no part of it is
// like another, so correlation finds what is missing or moved.
func chirp() []int16 {
	const from, to, seconds = 300.0, 3000.0, 4.0
	out := make([]int16, int(seconds*rate))
	for i := range out {
		t := float64(i) / rate
		out[i] = int16(8192 * math.Sin(2*math.Pi*(from*t+(to-from)*t*t/(2*seconds))))
	}
	return out
}

// level is the strength of one frequency in dB below full scale (Goertzel).
func level(pcm []int16, hz float64) float64 {
	if len(pcm) == 0 {
		return math.Inf(-1)
	}
	w := 2 * math.Cos(2*math.Pi*hz/rate)
	var a, b float64
	for _, s := range pcm {
		a, b = float64(s)+w*a-b, a
	}
	power := a*a + b*b - w*a*b
	return 10 * math.Log10(4*power/(float64(len(pcm))*float64(len(pcm))*32768*32768)+1e-20)
}

// tones is for how long, within pcm, a frequency is there: windows of 100 ms in
// which it stands above -30 dBFS.
func tones(pcm []int16, hz float64) time.Duration {
	const window = rate / 10
	n := 0
	for ; len(pcm) >= window; pcm = pcm[window:] {
		if level(pcm[:window], hz) > -30 {
			n++
		}
	}
	return time.Duration(n) * 100 * time.Millisecond
}

// match finds where in heard the sound begins, and how much of it is there as
// it was: 1 is all of it, unmoved. The beginning is sought by the loudest fifth
// of a second of the sound.
func match(heard, audio []int16) (at int, likeness float64) {
	const part = rate / 5
	loudest, most := 0, 0.0
	for i := 0; i+part <= len(audio); i += part {
		if e := energy(audio[i : i+part]); e > most {
			loudest, most = i, e
		}
	}
	if most == 0 || len(heard) < part {
		return 0, 0
	}
	template, best := audio[loudest:loudest+part], math.Inf(-1)
	for i := 0; i+part <= len(heard); i++ {
		if c := dot(heard[i:i+part], template); c > best {
			at, best = i-loudest, c
		}
	}
	overlap := make([]int16, len(audio)) // silence where nothing was heard
	for i := range overlap {
		if j := at + i; j >= 0 && j < len(heard) {
			overlap[i] = heard[j]
		}
	}
	if e := energy(overlap); e > 0 {
		likeness = dot(overlap, audio) / math.Sqrt(e*energy(audio))
	}
	return at, likeness
}

func energy(pcm []int16) float64 { return dot(pcm, pcm) }

func dot(a, b []int16) float64 {
	var sum int64
	for i, x := range a {
		sum += int64(x) * int64(b[i])
	}
	return float64(sum)
}

// wav wraps PCM as a 16-bit mono WAV file.
func wav(pcm []int16) []byte {
	var b bytes.Buffer
	le := func(v any) { binary.Write(&b, binary.LittleEndian, v) } // cannot fail on a buffer
	b.WriteString("RIFF")
	le(uint32(36 + 2*len(pcm)))
	b.WriteString("WAVEfmt ")
	le(uint32(16))
	le([]uint16{1, 1})
	le([]uint32{rate, 2 * rate})
	le([]uint16{2, 16})
	b.WriteString("data")
	le(uint32(2 * len(pcm)))
	le(pcm)
	return b.Bytes()
}
