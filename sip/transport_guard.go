package sip

import (
	"net/netip"
	"sync"
	"time"
)

// guard decides which datagrams are read at all, before anything is parsed or
// remembered. Addresses that we place calls to are trusted and never held back;
// all others share a budget, so that a flood from one or from many costs a
// bounded part of the machine and never the calls in progress.
type guard struct {
	trusted sync.Map // netip.Addr → struct{}

	// owned by the goroutine that reads the socket
	sources map[netip.AddrPort]*source
	second  int64
	total   int
	dropped int
}

// source is an address that messages came from. Its text is made once and not once
// a packet.
type source struct {
	addr   netip.AddrPort
	text   string
	second int64
	count  int
}

const (
	sourceRate    = 5000  // datagrams a second from one address and port
	untrustedRate = 10000 // from all of them
	maxSources    = 4096
	maxTrusted    = 4096
)

func newGuard() *guard { return &guard{sources: map[netip.AddrPort]*source{}} }

// trust exempts an address. The set is bounded by the number of trunk targets
// in use; past maxTrusted nothing is added.
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

// trusts says whether we place calls to an address.
func (g *guard) trusts(a netip.Addr) bool {
	_, known := g.trusted.Load(a)
	return known
}

// allow says whether a datagram is to be read. Past maxSources all sources are
// forgotten: then the budget of all strangers holds alone.
func (g *guard) allow(from netip.AddrPort, now time.Time) (s *source, ok bool) {
	s = g.sources[from]
	second := now.Unix()
	if second != g.second {
		g.second, g.total = second, 0
	}
	if !g.trusts(from.Addr()) {
		g.total++
		if g.total > untrustedRate || s != nil && s.over(second) {
			g.dropped++
			return nil, false
		}
	}
	if s == nil {
		if len(g.sources) >= maxSources {
			clear(g.sources)
		}
		s = &source{addr: from, text: from.String()}
		g.sources[from] = s
	}
	return s, true
}

// over counts a datagram and says whether it is one too many.
func (s *source) over(second int64) bool {
	if second != s.second {
		s.second, s.count = second, 0
	}
	s.count++
	return s.count > sourceRate
}
