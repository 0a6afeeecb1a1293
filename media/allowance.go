package media

import "time"

const (
	// allowanceBurst is how much a far end may bring at once, as after a stall of
	// the network: more is too old to be listened to.
	allowanceBurst = 2 * time.Second
	// allowanceSlack is the share, one in so many, by which a far end may be faster
	// than our clock.
	allowanceSlack = 8
	// allowanceOther is what a packet that is not sound counts for, allowanceLeast
	// what any packet counts for at least.
	allowanceOther = 5 * time.Millisecond
	allowanceLeast = 5 * time.Millisecond
)

// allowance bounds what a far end may bring to the time that passes: a second of
// sound a second, whatever its packet time. Without it, two far ends that send
// back what they hear would keep a bridge busy with the same packets for ever. The
// zero value has a whole burst to spend.
type allowance struct {
	spent time.Duration // of the burst
	at    time.Duration // when that was so
}

// take spends the time that a packet stands for. It reports false for a packet that
// is more than the far end may bring.
func (a *allowance) take(now, packet time.Duration) bool {
	passed := now - a.at
	a.at = now
	a.spent = max(0, a.spent-passed-passed/allowanceSlack)
	if a.spent+packet > allowanceBurst {
		return false
	}
	a.spent += packet
	return true
}
