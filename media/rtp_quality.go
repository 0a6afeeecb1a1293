package media

import "time"

// Quality is how the far end's packets have arrived while the port read all of them: bridged,
// recorded or tapped. Late and Short count audio alone, the rest telephone events too.
type Quality struct {
	Counted    uint64 // packets received, duplicates included
	Expected   uint64 // packets sent, by their numbers
	Lost       uint64 // of them, those that never came, or more than 64 packets late
	Duplicated uint64 // received once more
	Reordered  uint64 // received after a later one
	Late       uint64 // more than 60 ms behind the stream's pace
	Short      uint64 // of less than 10 ms

	Jitter    time.Duration // interarrival jitter (RFC 3550 §A.8), the last value
	JitterMax time.Duration // the highest value

	wideband bool // of a codec that G.107 does not rate
}

// minExpected is how many packets make a MOS: a second of audio.
const minExpected = 50

// The E-model's constants (ITU-T G.107, G.113 Appendix I).
const (
	ratingDefault = 93.2 // R with every parameter at its default and no delay: G.107 table 2
	g711Bpl       = 25.1 // robustness of G.711 with the loss concealment of its Appendix I; its Ie is 0
)

// Loss is the share of packets that were lost or late, 0 to 1.
func (q Quality) Loss() float64 {
	if q.Expected == 0 {
		return 0
	}
	return min(1, float64(q.Lost+q.Late)/float64(q.Expected))
}

// MOS estimates the mean opinion score of the received audio, 1 to 4.41, by the E-model of
// ITU-T G.107:
//
//	Ie-eff = Ie + (95 − Ie) · Ppl / (Ppl/BurstR + Bpl)
//	R      = 93.2 − Ie-eff
//	MOS    = 1 + 0.035 R + R (R − 60) (100 − R) · 7·10⁻⁶
//
// with Ie = 0 and Bpl = 25.1 of G.711 and Ppl the loss in per cent, for random loss
// (BurstR = 1) concealed as in G.711 Appendix I. It rates one direction, as received here,
// without delay and echo. It reports false for less than a second of audio, and for a
// wideband codec.
func (q Quality) MOS() (mos float64, ok bool) {
	if q.Expected < minExpected || q.Counted == 0 || q.wideband {
		return 0, false
	}
	lost := 100 * q.Loss()
	r := ratingDefault - 95*lost/(lost+g711Bpl)
	if r <= 0 {
		return 1, true
	}
	return max(1, 1+0.035*r+r*(r-60)*(100-r)*7e-6), true
}
