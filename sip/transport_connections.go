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
func (a *Agent) Connections() (all []Connection) {
	return a.connections(func(hop) bool { return true })
}

// TrunkConnections are those to the addresses of a trunk's targets, outbound proxies and
// registrars, as far as they are known, and those that far ends have opened from there; the
// oldest first. Trunks with the same target share its connections.
func (a *Agent) TrunkConnections(t *Trunk) []Connection {
	hops, hosts := map[hop]bool{}, map[targetHost]bool{}
	for _, text := range t.NextHops() {
		target := t.Target(text)
		addrs := a.resolver.known(target)
		if ap, ok := literal(target.Address, target.Transport); ok {
			addrs = []netip.AddrPort{ap}
		}
		for _, addr := range addrs {
			to := a.hopTo(target, addr)
			hops[to] = true
			hosts[targetHost{to.transport, addr.Addr()}] = true
		}
		for _, addr := range a.resolver.streams(target) { // of INVITEs that are too large for UDP
			hops[hop{transport: a.transports[TCP], addr: addr}] = true
		}
	}
	return a.connections(func(remote hop) bool {
		accepted := remote.peer == hop{}.peer && hosts[targetHost{remote.transport, remote.addr.Addr()}]
		return hops[remote] || accepted
	})
}

// targetHost is a host of a trunk's, at whatever port.
type targetHost struct {
	transport transport
	addr      netip.Addr
}

// connections are the open connections whose far end is wanted.
func (a *Agent) connections(wanted func(remote hop) bool) (all []Connection) {
	for _, t := range a.transports {
		streams, is := t.(*streamTransport)
		if !is {
			continue
		}
		streams.mu.Lock()
		found := slices.Collect(maps.Values(streams.streams))
		streams.mu.Unlock()
		for _, s := range found {
			s.mu.Lock()
			if s.conn != nil && wanted(s.remote) {
				all = append(all, Connection{streams.name, s.remote.addr, s.accepted, s.began})
			}
			s.mu.Unlock()
		}
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
	if a.resolver.transport(t) != TLS || t.peer == (Target{}).peer {
		return time.Time{}
	}
	a.tls.mu.Lock()
	defer a.tls.mu.Unlock()
	return a.tls.peers[t.peer.Value().ServerName]
}
