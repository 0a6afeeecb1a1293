package sip

import (
	"math/rand/v2"
	"slices"
)

// Share is the part of the calls that one of several trunks or targets takes, as in an SRV
// record (RFC 2782): those of the lowest priority come first, and of the same priority those
// with a weight in the proportion of their weights. What has no weight comes after them, in its
// place.
type Share struct{ Priority, Weight int }

// order is the order in which one call tries the targets.
func (t *Trunk) order() []string {
	if len(t.Weights) != len(t.Targets) {
		return t.Targets
	}
	shares := make([]Share, len(t.Weights))
	for i, w := range t.Weights {
		shares[i].Weight = w
	}
	ordered := make([]string, len(shares))
	for i, at := range ShareOrder(shares) {
		ordered[i] = t.Targets[at]
	}
	return ordered
}

// ShareOrder is the order in which one call tries what has these shares, as indices of them.
func ShareOrder(shares []Share) []int { return shareOrder(shares, rand.IntN) }

// shareOrder draws by a function that returns a number from 0 up to its argument.
func shareOrder(shares []Share, draw func(int) int) []int {
	order := make([]int, len(shares))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return shares[a].Priority - shares[b].Priority })
	for rest := order; len(rest) > 0; {
		end := 1
		for end < len(rest) && shares[rest[end]].Priority == shares[rest[0]].Priority {
			end++
		}
		drawByWeight(rest[:end], shares, draw)
		rest = rest[end:]
	}
	return order
}

// drawByWeight orders indices of one priority, one after the other.
func drawByWeight(group []int, shares []Share, draw func(int) int) {
	total := 0
	for _, i := range group {
		total += shares[i].Weight
	}
	for ; total > 0; group = group[1:] {
		n, at := draw(total), 0
		for n >= shares[group[at]].Weight {
			n -= shares[group[at]].Weight
			at++
		}
		drawn := group[at]
		copy(group[1:at+1], group[:at])
		group[0] = drawn
		total -= shares[drawn].Weight
	}
}
