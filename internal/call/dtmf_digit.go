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

// dtmfDigit is one digit from one source. An INFO request has the same start and end.
type dtmfDigit struct {
	symbol     rune
	source     digitSource
	start, end time.Time
}

func eventDigit(d media.Digit) dtmfDigit {
	return dtmfDigit{symbol: d.Symbol, source: fromEvent, start: d.At, end: d.At.Add(d.Duration)}
}

func newInfoDigit(symbol rune, at time.Time) dtmfDigit {
	return dtmfDigit{symbol: symbol, source: fromInfo, start: at, end: at}
}

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
	unpaired [2][]dtmfDigit // by source, oldest first
}

// isNew reports whether a digit was not received from the other source before.
func (s *deduplicator) isNew(p dtmfDigit) bool {
	other := &s.unpaired[fromInfo-p.source]
	for i, o := range *other {
		if o.symbol == p.symbol && o.near(p) {
			*other = slices.Delete(*other, i, i+1)
			return false
		}
	}
	own := &s.unpaired[p.source]
	if len(*own) == maxUnpaired {
		*own = slices.Delete(*own, 0, 1)
	}
	*own = append(*own, p)
	return true
}

// near reports whether no more than pairWindow lies between two digits.
func (p dtmfDigit) near(o dtmfDigit) bool {
	return !p.start.After(o.end.Add(pairWindow)) && !o.start.After(p.end.Add(pairWindow))
}
