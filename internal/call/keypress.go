package call

import (
	"slices"
	"time"

	"ringflow/media"
)

// way is how a key press reaches us.
type way uint8

const (
	byEvent way = iota // a telephone event in the audio (RFC 4733)
	byInfo             // a SIP INFO request
)

// keyPress is one press of a key as it came one way: from when until when, which
// is one instant of an INFO request.
type keyPress struct {
	key         rune
	way         way
	from, until time.Time
}

func eventPress(d media.Digit) keyPress {
	return keyPress{key: d.Symbol, way: byEvent, from: d.At, until: d.At.Add(d.Duration)}
}

func infoPress(key rune, at time.Time) keyPress {
	return keyPress{key: key, way: byInfo, from: at, until: at}
}

const (
	// pairWindow is how long before its telephone event has begun, or after it has
	// ended, the INFO request of a press comes at most: T1 (RFC 3261 §17.1.1.1), after
	// which a lost request is sent again, and as much for the way.
	pairWindow = time.Second
	// pairsKept is how many presses of each way are kept of which the other has not come.
	pairsKept = 32
)

// keyPairs finds the presses that a far end sends both ways. Two are one if they are
// of the same key, came each another way, and overlap or are no more than pairWindow
// apart. Each is a pair with one other at most, of several with the oldest: either way
// keeps the order. So a key that is pressed twice, however quickly, comes twice each
// way, or twice one way alone, and stays two.
type keyPairs struct {
	alone [2][]keyPress // by way: those of which the other has not come, oldest first
}

// fresh reports whether a press has not come the other way before.
func (s *keyPairs) fresh(p keyPress) bool {
	other := &s.alone[byInfo-p.way]
	for i, o := range *other {
		if o.key == p.key && o.near(p) {
			*other = slices.Delete(*other, i, i+1)
			return false
		}
	}
	own := &s.alone[p.way]
	if len(*own) == pairsKept {
		*own = slices.Delete(*own, 0, 1)
	}
	*own = append(*own, p)
	return true
}

// near reports whether no more than pairWindow lies between two presses.
func (p keyPress) near(o keyPress) bool {
	return !p.from.After(o.until.Add(pairWindow)) && !o.from.After(p.until.Add(pairWindow))
}
