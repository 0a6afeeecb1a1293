package sip

import (
	"cmp"
	"maps"
	"net/netip"
	"slices"
	"time"
)

// Connection is an open connection of a stream transport.
type Connection struct {
	Transport Transport
	Addr      netip.AddrPort // of the far end
	Accepted  bool           // the far end opened it
	Since     time.Time      // when it was open, and secured
}

// Connections are those that are open, the oldest first.
func (a *Agent) Connections() []Connection {
	var all []*stream
	for _, t := range a.streamTransports() {
		t.mu.Lock()
		all = slices.AppendSeq(all, maps.Values(t.streams))
		t.mu.Unlock()
	}
	return openConnections(all)
}

// TrunkConnections are those to the addresses of a trunk's targets, outbound proxies and
// registrars, as far as they are known, and those that far ends have opened from there; the
// oldest first. Trunks with the same target share its connections.
func (a *Agent) TrunkConnections(t *Trunk) []Connection {
	hops, hosts := map[hop]bool{}, map[targetHost]bool{}
	add := func(to hop) {
		if to.transport.reliable() {
			hops[to] = true
			hosts[targetHost{to.transport, to.addr.Addr()}] = true
		}
	}
	for _, text := range t.NextHops() {
		target := t.Target(text)
		addrs := a.resolver.known(target)
		if ap, ok := literal(target.Address, target.Transport); ok {
			addrs = []netip.AddrPort{ap}
		}
		for _, to := range a.resolver.tried(target, addrs) {
			add(a.hopToAddress(target, to))
		}
		for _, addr := range a.resolver.streams(target) { // of INVITEs that are too large for UDP
			add(hop{transport: a.transports[TCP], addr: addr})
		}
	}
	if len(hops) == 0 {
		return nil
	}
	var all []*stream
	for _, over := range a.streamTransports() {
		over.mu.Lock()
		for to := range hops {
			if s := over.streams[to]; s != nil && !s.accepted {
				all = append(all, s)
			}
		}
		for from, s := range over.accepted {
			if hosts[targetHost{from.transport, from.addr.Addr()}] {
				all = append(all, s)
			}
		}
		over.mu.Unlock()
	}
	return openConnections(all)
}

// targetHost is a host of a trunk's, at whatever port.
type targetHost struct {
	transport transport
	addr      netip.Addr
}

func (a *Agent) streamTransports() (all []*streamTransport) {
	for _, t := range a.transports {
		if streams, is := t.(*streamTransport); is {
			all = append(all, streams)
		}
	}
	return all
}

// openConnections are those of streams that are open, the oldest first.
func openConnections(streams []*stream) (all []Connection) {
	for _, s := range streams {
		s.mu.Lock()
		if s.conn != nil {
			all = append(all, Connection{s.transport.name, s.remote.addr, s.accepted, s.began})
		}
		s.mu.Unlock()
	}
	slices.SortFunc(all, func(x, y Connection) int {
		return cmp.Or(x.Since.Compare(y.Since), x.Addr.Compare(y.Addr))
	})
	return all
}

// TransportOf is the transport by which a target is reached: DNS may have chosen it.
func (a *Agent) TransportOf(t Target) Transport { return a.resolver.transport(t) }

// CertificateOf is when the certificate expires that a target has shown over TLS; zero: it has
// shown none.
func (a *Agent) CertificateOf(t Target) time.Time {
	if !a.resolver.goesOver(t, TLS) || t.peer == (Target{}).peer {
		return time.Time{}
	}
	a.tls.mu.Lock()
	defer a.tls.mu.Unlock()
	return a.tls.peers[t.peer.Value().ServerName]
}
