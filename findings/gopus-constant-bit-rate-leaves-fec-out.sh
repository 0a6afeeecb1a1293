#!/usr/bin/env bash
# Opus at a constant bit rate leaves forward error correction out of most packets that are to have it.
#
# github.com/thesyncim/gopus v0.1.1, RestrictedSilk at 8 kHz, 32 kbit/s, in-band FEC on and a
# packet loss of 10 % expected: with a variable bit rate each packet of voice repeats the one
# before it (the LBRR flag, RFC 6716 §4.2.3), with a constant one fewer than half do. No setting
# fails, no error comes, and the encoder says that FEC is on. Who chooses the constant rate for
# encrypted calls (RFC 6562 §3) loses most of the protection against loss with it.
#
# Output seen: "constant: FEC on, in 98 of 500 packets; variable: FEC on, in 264 of 500 packets"
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
cat > main.go <<'GO'
package main

import (
	"fmt"
	"math"
	"os"

	"github.com/thesyncim/gopus"
)

const (
	rate    = 8000
	frame   = rate / 50
	packets = 500
)

// voice is a harmonic sound whose pitch and loudness move as those of speech do.
func voice() []int16 {
	pcm := make([]int16, packets*frame)
	phase := 0.0
	for i := range pcm {
		t := float64(i) / rate
		phase += 2 * math.Pi * (120 + 40*math.Sin(2*math.Pi*0.7*t)) / rate
		v := 0.0
		for h := 1.0; h <= 20; h++ {
			v += math.Sin(h*phase) / h
		}
		pcm[i] = int16(6000 * max(0, math.Sin(2*math.Pi*3*t)) * v)
	}
	return pcm
}

func must(errs ...error) {
	for _, err := range errs {
		if err != nil {
			panic(err)
		}
	}
}

// protected counts the packets that repeat the one before: in one of a single mono SILK frame
// the second bit behind the table of contents.
func protected(mode gopus.BitrateMode) (n int) {
	e, err := gopus.NewEncoder(gopus.EncoderConfig{SampleRate: rate, Channels: 1, Application: gopus.ApplicationRestrictedSilk})
	must(err)
	must(e.SetFrameSize(frame), e.SetBitrate(32000), e.SetBitrateMode(mode), e.SetComplexity(0),
		e.SetSignal(gopus.SignalVoice), e.SetPacketLoss(10), e.SetInBandFEC(gopus.InBandFECEnabled))
	out := make([]byte, 1500)
	for pcm := voice(); len(pcm) > 0; pcm = pcm[frame:] {
		size, err := e.EncodeInt16(pcm[:frame], out)
		must(err)
		if size > 1 && out[0]>>3 < 12 && out[0]&3 == 0 && out[1]&0x40 != 0 {
			n++
		}
	}
	if e.InBandFEC() != gopus.InBandFECEnabled {
		panic("FEC is off")
	}
	return n
}

func main() {
	constant, variable := protected(gopus.BitrateModeCBR), protected(gopus.BitrateModeVBR)
	fmt.Printf("constant: FEC on, in %d of %d packets; variable: FEC on, in %d of %d packets\n", constant, packets, variable, packets)
	if variable < packets/2 || constant > variable/2 {
		os.Exit(1)
	}
}
GO
go mod init finding 2>/dev/null
go get github.com/thesyncim/gopus@v0.1.1 2>/dev/null
go run .
