package call

import (
	"slices"
	"time"

	"ringflow/media"
)

// digitSource is how a key press reaches us.
type digitSource uint8

const (
	fromEvent digitSource = iota // a telephone event in the audio (RFC 4733)
	fromInfo                     // a SIP INFO request
)

// dtmfDigit is one press of a key as it came one way: from when until when, which
// is one instant of an INFO request.
type dtmfDigit struct {
	symbol     rune
	source     digitSource
	start, end time.Time
}

func eventDigit(d media.Digit) dtmfDigit {
	return dtmfDigit{symbol: d.Symbol, source: fromEvent, start: d.At, end: d.At.Add(d.Duration)}
}

func newInfoDigit(key rune, at time.Time) dtmfDigit {
	return dtmfDigit{symbol: key, source: fromInfo, start: at, end: at}
}

const (
	// pairWindow is how long before its telephone event has begun, or after it has
	// ended, the INFO request of a press comes at most: T1 (RFC 3261 §17.1.1.1), after
	// which a lost request is sent again, and as much for the way.
	pairWindow = time.Second
	// maxUnpaired is how many presses of each way are kept of which the other has not come.
	maxUnpaired = 32
)

// deduplicator finds the presses that a far end sends both ways. Two are one if they are
// of the same key, came each another way, and overlap or are no more than pairWindow
// apart. Each is a pair with one other at most, of several with the oldest: either way
// keeps the order. So a key that is pressed twice, however quickly, comes twice each
// way, or twice one way alone, and stays two.
type deduplicator struct {
	unpaired [2][]dtmfDigit // by way: those of which the other has not come, oldest first
}

// isNew reports whether a press has not come the other way before.
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

// near reports whether no more than pairWindow lies between two presses.
func (p dtmfDigit) near(o dtmfDigit) bool {
	return !p.start.After(o.end.Add(pairWindow)) && !o.start.After(p.end.Add(pairWindow))
}
