package sip

import (
	"net/netip"
	"sync"
	"sync/atomic"
	"time"
)

// guard decides which messages are read at all, before anything is parsed. Addresses
// of trunks are trusted and never limited; all others share a budget, so that a flood
// from one or from many costs a bounded part of the machine. Its methods may be called
// by any number of goroutines.
type guard struct {
	trusted sync.Map // netip.Addr → struct{}
	dropped atomic.Int64

	mu      sync.Mutex
	sources map[netip.AddrPort]int // messages of this second
	second  int64
	total   int
}

const (
	sourceRate    = 5000  // messages a second from one address and port that is not trusted
	untrustedRate = 10000 // from all of them
	maxTrusted    = 4096
)

// trust exempts an address. Past maxTrusted nothing is added.
func (g *guard) trust(a netip.Addr) {
	if g.trusts(a) {
		return
	}
	n := 0
	g.trusted.Range(func(any, any) bool { n++; return n < maxTrusted })
	if n < maxTrusted {
		g.trusted.Store(a, struct{}{})
	}
}

// trusts says whether calls are placed to an address.
func (g *guard) trusts(a netip.Addr) bool {
	_, known := g.trusted.Load(a)
	return known
}

// allow counts a message and says whether it is to be read.
func (g *guard) allow(from netip.AddrPort, now time.Time) bool {
	if g.trusts(from.Addr()) {
		return true
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if second := now.Unix(); second != g.second {
		g.second, g.total = second, 0
		clear(g.sources)
	}
	g.total++
	if g.total <= untrustedRate {
		g.sources[from]++ // untrustedRate bounds the map
		if g.sources[from] <= sourceRate {
			return true
		}
	}
	g.dropped.Add(1)
	return false
}

// rateLimit bounds how often something is done in a second.
type rateLimit struct{ second, count atomic.Int64 }

// outOfDialogRate bounds what is sent for messages that belong to no session.
const outOfDialogRate = 500 // a second

// allow takes one of so many a second.
func (b *rateLimit) allow(limit int64) bool {
	if second := time.Now().Unix(); b.second.Swap(second) != second {
		b.count.Store(0)
	}
	return b.count.Add(1) <= limit
}
