package call

import (
	"slices"
	"time"

	"ringflow/media"
)

// digitSource is the transport of a DTMF digit.
type digitSource uint8

const (
	fromEvent digitSource = iota // telephone events (RFC 4733)
	fromInfo                     // a SIP INFO request
)

const (
	// pairWindow is the longest time between a telephone event and the INFO request of the
	// same digit: T1 (RFC 3261 §17.1.1.1), after which a lost request is retransmitted, and
	// as much for the network.
	pairWindow = time.Second
	// maxUnpaired is how many unpaired digits of each source are kept.
	maxUnpaired = 32
)

// deduplicator finds the digits that a far end sends by both sources. Two digits are a pair
// if their symbol is the same, their source is not, and they overlap or are no more than
// pairWindow apart. A digit is paired once, with the oldest of several, as each source
// keeps the order. So a digit that is sent twice, however quickly, stays two.
type deduplicator struct {
	unpaired [2][]media.Digit // by source, oldest first
}

// isNew reports whether a digit was not received from the other source before.
func (s *deduplicator) isNew(p media.Digit, source digitSource) bool {
	other := &s.unpaired[fromInfo-source]
	if i := slices.IndexFunc(*other, func(o media.Digit) bool { return o.Symbol == p.Symbol && near(o, p) }); i >= 0 {
		*other = slices.Delete(*other, i, i+1)
		return false
	}
	own := &s.unpaired[source]
	if len(*own) == maxUnpaired {
		*own = slices.Delete(*own, 0, 1)
	}
	*own = append(*own, p)
	return true
}

// near reports whether no more than pairWindow lies between two digits.
func near(p, o media.Digit) bool {
	return !p.At.After(o.At.Add(o.Duration+pairWindow)) && !o.At.After(p.At.Add(p.Duration+pairWindow))
}
