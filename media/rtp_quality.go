package media

import "time"

// Quality is how the far end's packets have arrived, over those stretches of
// the call in which the port read all of them: while it was bridged or recorded.
// A port that only plays lets the kernel drop most of what comes, and then
// nothing can be said about loss. Packets are those of the far end's sound and
// telephone events together; Late and Short are of sound alone.
type Quality struct {
	Counted    uint64 // packets that came, doubles included
	Expected   uint64 // packets sent, as far as their numbers tell
	Lost       uint64 // of them, those that never came, or came more than 64 packets late
	Duplicated uint64 // came once more
	Reordered  uint64 // came after one that was sent later
	Late       uint64 // more than 60 ms behind the stream's pace: a listener would not have waited
	Short      uint64 // carried less than 10 ms of sound

	Jitter    time.Duration // interarrival jitter (RFC 3550 §A.8), as it was last
	JitterMax time.Duration // the highest it has been

	wideband bool // of a codec that G.107 does not rate
}

// minExpected is how many packets make a judgement: a second of sound.
const minExpected = 50

// The E-model's constants (ITU-T G.107, G.113 Appendix I).
const (
	ratingDefault = 93.2 // R with every parameter at its default and no delay: G.107 table 2
	g711Bpl       = 25.1 // robustness of G.711 with the loss concealment of its Appendix I; its Ie is 0
)

// Loss is the share of packets that a listener did not hear, lost or late: 0 to 1.
func (q Quality) Loss() float64 {
	if q.Expected == 0 {
		return 0
	}
	return min(1, float64(q.Lost+q.Late)/float64(q.Expected))
}

// MOS estimates the mean opinion score of the sound as it arrived, 1 to 4.41, by
// the E-model of ITU-T G.107:
//
//	Ie-eff = Ie + (95 − Ie) · Ppl / (Ppl/BurstR + Bpl)
//	R      = 93.2 − Ie-eff
//	MOS    = 1 + 0.035 R + R (R − 60) (100 − R) · 7·10⁻⁶
//
// with Ie = 0 and Bpl = 25.1 of G.711 and Ppl the loss in per cent. It assumes
// that losses fall at random (BurstR = 1) and are concealed as G.711 Appendix I
// does. It judges one direction, as received here: it knows nothing of delay and
// echo, nor of what the far end made of the sound before it sent it. It reports
// false if less than a second has been heard, about which nothing can be said.
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
