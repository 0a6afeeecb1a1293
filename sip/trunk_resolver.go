package sip

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Resolver is what the Agent asks for the addresses of a name; *net.Resolver is one.
type Resolver interface {
	LookupNetIP(ctx context.Context, network, host string) ([]netip.Addr, error)
	LookupSRV(ctx context.Context, service, proto, name string) (string, []*net.SRV, error)
}

const (
	lookupLimit          = 3 * time.Second
	lookupFresh          = time.Minute
	lookupStale          = time.Hour       // after its last good answer
	lookupFailed         = 5 * time.Second // until a failed look-up is repeated
	maxLookups           = 1024
	maxBackgroundLookups = 64 // at once for names of far ends
	defaultPort          = 5060
)

// resolver caches the addresses of host names (RFC 3263): no call waits for DNS that has
// answered within lookupStale, and no request of a dialog ever waits for it.
type resolver struct {
	dns Resolver
	// background runs a look-up in a goroutine of the Agent, or reports false once that is
	// closed.
	background func(func()) bool
	ctx        context.Context // of every look-up

	mu      sync.Mutex
	names   map[Target]*hostName
	running int // look-ups under way
}

// hostName is a cached name. Guarded by the resolver's mu.
type hostName struct {
	target    Target
	addrs     []netip.AddrPort // the last good answer; never written to
	refreshed time.Time        // when that came
	err       error            // of the last look-up, nil if it was good
	finished  time.Time        // when the last look-up ended
	used      time.Time        // when it was last asked for
	trunk     bool             // a target of a trunk; other names are of far ends
	done      chan struct{}    // closed at the end of the look-up under way; nil: there is none
}

// newResolver makes a resolver, whose look-ups end with ctx.
func newResolver(ctx context.Context, ask Resolver, background func(func()) bool) *resolver {
	return &resolver{dns: cmp.Or[Resolver](ask, net.DefaultResolver), background: background, ctx: ctx, names: map[Target]*hostName{}}
}

// literal is the address of a target that needs no DNS.
func literal(address string, t Transport) (netip.AddrPort, bool) {
	if ap, err := netip.ParseAddrPort(address); err == nil {
		return unmap(ap), true
	}
	if a, err := netip.ParseAddr(trimBrackets(address)); err == nil {
		return netip.AddrPortFrom(a.Unmap(), t.port()), true
	}
	return netip.AddrPort{}, false
}

// name is what DNS is asked for: the same, whoever is to be there.
func (t Target) name() Target { return Target{Transport: t.Transport, Address: t.Address} }

// resolve returns the addresses of a target, in the order in which they are tried. It
// blocks only for a name without a usable answer; one that is no longer fresh is returned
// at once and renewed in the background.
func (r *resolver) resolve(ctx context.Context, target Target) ([]netip.AddrPort, error) {
	if ap, ok := literal(target.Address, target.Transport); ok {
		return []netip.AddrPort{ap}, nil
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	n := r.name(target, math.MaxInt)
	n.trunk = true
	if done := n.done; done != nil && !n.usable() {
		r.mu.Unlock()
		select {
		case <-done:
		case <-ctx.Done():
		}
		r.mu.Lock()
	}
	switch {
	case n.usable():
		return n.addrs, nil
	case n.done != nil:
		return nil, fmt.Errorf("look up %s: %w", target.Address, ctx.Err())
	}
	return nil, n.err
}

// cached is resolve for requests inside a dialog: it never blocks. An unknown name is
// looked up for the next request.
func (r *resolver) cached(target Target) (netip.AddrPort, bool) {
	if ap, ok := literal(target.Address, target.Transport); ok {
		return ap, true
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	n := r.name(target, maxBackgroundLookups)
	if !n.usable() {
		return netip.AddrPort{}, false
	}
	return n.addrs[0], true
}

// known returns the addresses of a name that a call would try now without a look-up; none if
// they are not known.
func (r *resolver) known(target Target) []netip.AddrPort {
	r.mu.Lock()
	defer r.mu.Unlock()
	if n := r.names[target.name()]; n != nil && n.usable() {
		return n.addrs[:min(len(n.addrs), maxAddresses)]
	}
	return nil
}

// name finds or adds a name, and begins its look-up if that is due and fewer than most
// are under way.
func (r *resolver) name(target Target, most int) *hostName {
	n := r.names[target.name()]
	if n == nil {
		if len(r.names) >= maxLookups {
			r.evict()
		}
		n = &hostName{target: target.name()}
		r.names[target.name()] = n
	}
	n.used = time.Now()
	if n.due() && r.running < most {
		n.done = make(chan struct{})
		r.running++
		if !r.background(func() { r.lookUp(n) }) {
			r.finish(n, nil, errors.New("look up "+target.Address+": the agent is closed"))
		}
	}
	return n
}

// evict removes the name that is longest unused, and a trunk's only if there are no
// others.
func (r *resolver) evict() {
	var worst *hostName
	for _, n := range r.names {
		if worst == nil || worst.trunk && !n.trunk || worst.trunk == n.trunk && n.used.Before(worst.used) {
			worst = n
		}
	}
	delete(r.names, worst.target)
}

// due says whether a look-up is to begin.
func (n *hostName) due() bool {
	fresh := n.addrs != nil && time.Since(n.refreshed) <= lookupFresh
	failed := n.err != nil && time.Since(n.finished) < lookupFailed
	return n.done == nil && !fresh && !failed
}

// usable says whether there is an answer that is not too old.
func (n *hostName) usable() bool { return n.addrs != nil && time.Since(n.refreshed) < lookupStale }

func (r *resolver) lookUp(n *hostName) {
	ctx, cancel := context.WithTimeout(r.ctx, lookupLimit)
	defer cancel()
	addrs, err := r.query(ctx, n.target)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.finish(n, addrs, err)
}

// finish ends a look-up. A failure leaves the last good answer and its age.
func (r *resolver) finish(n *hostName, addrs []netip.AddrPort, err error) {
	n.err, n.finished = err, time.Now()
	if err == nil {
		n.addrs, n.refreshed = addrs, n.finished
	}
	close(n.done)
	n.done = nil
	r.running--
}

// query asks for SRV records if there is no port, then for addresses, IPv4 first.
func (r *resolver) query(ctx context.Context, target Target) ([]netip.AddrPort, error) {
	host, portText, err := net.SplitHostPort(target.Address)
	if err == nil {
		port, err := strconv.ParseUint(portText, 10, 16)
		if err != nil || port == 0 || host == "" {
			return nil, fmt.Errorf("target %q: it must be host or host:port", target.Address)
		}
		return r.addresses(ctx, host, uint16(port))
	}
	host = target.Address
	var found []netip.AddrPort
	// The records come sorted by priority and shuffled by weight (RFC 2782).
	service, protocol := "sip", string(target.Transport)
	if target.Transport == TLS {
		service, protocol = "sips", string(TCP)
	}
	if _, records, err := r.dns.LookupSRV(ctx, service, protocol, host); err == nil {
		for _, rec := range records {
			addrs, _ := r.addresses(ctx, strings.TrimSuffix(rec.Target, "."), rec.Port)
			found = append(found, addrs...)
		}
	}
	if len(found) > 0 {
		return found, nil
	}
	return r.addresses(ctx, host, target.Transport.port())
}

func (r *resolver) addresses(ctx context.Context, host string, port uint16) ([]netip.AddrPort, error) {
	ips, err := r.dns.LookupNetIP(ctx, "ip", host)
	if err != nil {
		return nil, fmt.Errorf("look up %s: %w", host, err)
	}
	if len(ips) == 0 {
		return nil, errors.New("look up " + host + ": it has no address")
	}
	out := make([]netip.AddrPort, len(ips))
	for i, ip := range ips {
		out[i] = netip.AddrPortFrom(ip.Unmap(), port)
	}
	slices.SortStableFunc(out, func(a, b netip.AddrPort) int {
		return a.Addr().BitLen() - b.Addr().BitLen()
	})
	return out, nil
}

func trimBrackets(host string) string {
	return strings.TrimSuffix(strings.TrimPrefix(host, "["), "]")
}
