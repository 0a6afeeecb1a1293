package media

import "time"

const (
	// limitBurst is how much audio a far end may send at once, as after a stall of the network.
	limitBurst = 2 * time.Second
	// limitSlack is the share, one in so many, by which a far end's clock may be faster.
	limitSlack = 8
	// limitOther is what a packet without audio counts for, limitMinimum what any packet does
	// at least.
	limitOther   = 5 * time.Millisecond
	limitMinimum = 5 * time.Millisecond
)

// rateLimit bounds the audio of a far end to a second a second, at any packet time: two far
// ends that send back what they receive would else load a bridge without end. The zero
// value has a whole burst left.
type rateLimit struct {
	spent time.Duration // of the burst, at the time at
	at    time.Duration
}

// allow counts a packet's time. It reports false for a packet beyond the limit.
func (a *rateLimit) allow(now, packet time.Duration) bool {
	passed := now - a.at
	a.at = now
	a.spent = max(0, a.spent-passed-passed/limitSlack)
	if a.spent+packet > limitBurst {
		return false
	}
	a.spent += packet
	return true
}
