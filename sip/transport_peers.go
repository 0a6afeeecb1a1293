package sip

import (
	"maps"
	"net/netip"
	"slices"
	"sync"
	"time"
)

// peers are the targets whose addresses may send anything.
type peers struct {
	mu      sync.Mutex
	targets []Target
	changed chan struct{} // holds a token once targets is replaced
	started bool
	// found are the last addresses of each target that is a name. Owned by keep.
	found map[Target][]netip.AddrPort
}

// has says whether an address is one of a target that is a name.
func (p *peers) has(t Target, ip netip.Addr) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.ContainsFunc(p.found[t], func(ap netip.AddrPort) bool { return ap.Addr() == ip })
}

// peersInterval is how often the names of targets are looked up. The resolver asks DNS
// as often as its records allow.
const peersInterval = 30 * time.Second

// SetPeers has the addresses of these targets send anything from now on, whatever the port,
// and no others but those of Config.AllowFrom. An address that a target is literally counts at
// once, those of a name as soon as they are found; they are looked up again while the Agent
// lives. A request or response of a call that is under way is taken from any address.
func (a *Agent) SetPeers(targets []Target) {
	p := &a.peers
	p.mu.Lock()
	defer p.mu.Unlock()
	p.targets = slices.Clone(targets)
	a.guard.setPeers(p.addresses())
	select {
	case p.changed <- struct{}{}:
	default:
	}
	if !p.started {
		p.started = a.background(a.keepPeers)
	}
}

// addresses are those of the targets as far as they are known. mu is held.
func (p *peers) addresses() map[netip.Addr]struct{} {
	all := map[netip.Addr]struct{}{}
	for _, t := range p.targets {
		if ap, ok := literal(t.Address, t.Transport); ok {
			all[ap.Addr()] = struct{}{}
		}
		for _, ap := range p.found[t] {
			all[ap.Addr()] = struct{}{}
		}
	}
	return all
}

// keepPeers looks up the names of targets until the Agent is closed.
func (a *Agent) keepPeers() {
	tick := time.NewTicker(peersInterval)
	defer tick.Stop()
	for {
		select {
		case <-a.peers.changed:
		case <-tick.C:
		case <-a.ctx.Done():
			return
		}
		a.lookUpPeers()
	}
}

// lookUpPeers looks up each name once. A name that has no answer keeps its last one.
func (a *Agent) lookUpPeers() {
	p := &a.peers
	p.mu.Lock()
	targets := slices.Clone(p.targets)
	p.mu.Unlock()
	var mu sync.Mutex
	found := map[Target][]netip.AddrPort{}
	var lookups sync.WaitGroup
	for _, t := range targets {
		if _, ok := literal(t.Address, t.Transport); ok {
			continue
		}
		lookups.Go(func() {
			if addrs, _, err := a.ResolveWhole(a.ctx, t); err == nil {
				mu.Lock()
				defer mu.Unlock()
				for _, to := range a.resolver.tried(t, nil) {
					addrs = append(addrs, to.addr)
				}
				found[t] = addrs
			}
		})
	}
	lookups.Wait()
	p.mu.Lock()
	defer p.mu.Unlock()
	maps.DeleteFunc(p.found, func(t Target, _ []netip.AddrPort) bool { return !slices.Contains(p.targets, t) })
	maps.Copy(p.found, found)
	if next := p.addresses(); !maps.Equal(next, a.guard.peersNow()) {
		a.guard.setPeers(next)
	}
}
