package media

import "time"

const (
	// limitBurst is how much a far end may bring at once, as after a stall of
	// the network: more is too old to be listened to.
	limitBurst = 2 * time.Second
	// limitSlack is the share, one in so many, by which a far end may be faster
	// than our clock.
	limitSlack = 8
	// limitOther is what a packet that is not sound counts for, limitMinimum
	// what any packet counts for at least.
	limitOther   = 5 * time.Millisecond
	limitMinimum = 5 * time.Millisecond
)

// rateLimit bounds what a far end may bring to the time that passes: a second of
// sound a second, whatever its packet time. Without it, two far ends that send
// back what they hear would keep a bridge busy with the same packets for ever. The
// zero value has a whole burst to spend.
type rateLimit struct {
	spent time.Duration // of the burst
	at    time.Duration // when that was so
}

// allow spends the time that a packet stands for. It reports false for a packet that
// is more than the far end may bring.
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
