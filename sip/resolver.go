package sip

import (
	"context"
	"errors"
	"fmt"
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
	lookupLimit = 3 * time.Second
	lookupFresh = time.Minute
	lookupStale = time.Hour // an old address is better than none while DNS is down
	lookupsKept = 1024
	defaultPort = 5060
)

// resolver remembers the addresses of host names (RFC 3263), so that neither a
// call nor a BYE waits for DNS that has answered before.
type resolver struct {
	ask Resolver

	mu    sync.Mutex
	known map[string]*lookup
}

// lookup is a name being looked up, or looked up already.
type lookup struct {
	done  chan struct{}
	addrs []netip.AddrPort
	err   error
	at    time.Time
}

func newResolver(ask Resolver) *resolver {
	if ask == nil {
		ask = net.DefaultResolver
	}
	return &resolver{ask: ask, known: map[string]*lookup{}}
}

// literal is the address that a target names without DNS.
func literal(target string) (netip.AddrPort, bool) {
	if ap, err := netip.ParseAddrPort(target); err == nil {
		return unmap(ap), true
	}
	if a, err := netip.ParseAddr(trimBrackets(target)); err == nil {
		return netip.AddrPortFrom(a.Unmap(), defaultPort), true
	}
	return netip.AddrPort{}, false
}

// resolve gives the addresses of "host" or "host:port", in the order in which to
// try them. It may block for lookupLimit.
func (r *resolver) resolve(ctx context.Context, target string) ([]netip.AddrPort, error) {
	if ap, ok := literal(target); ok {
		return []netip.AddrPort{ap}, nil
	}
	r.mu.Lock()
	l := r.known[target]
	var stale []netip.AddrPort
	if l != nil && l.finished() && time.Since(l.at) > lookupFresh {
		if time.Since(l.at) < lookupStale {
			stale = l.addrs
		}
		l = nil
	}
	if l == nil {
		if len(r.known) >= lookupsKept {
			clear(r.known)
		}
		l = &lookup{done: make(chan struct{})}
		r.known[target] = l
		r.mu.Unlock()
		r.run(ctx, target, l, stale)
	} else {
		r.mu.Unlock()
	}
	select {
	case <-l.done:
		return l.addrs, l.err
	case <-ctx.Done():
		return nil, fmt.Errorf("look up %s: %w", target, ctx.Err())
	}
}

func (l *lookup) finished() bool {
	select {
	case <-l.done:
		return true
	default:
		return false
	}
}

func (r *resolver) run(ctx context.Context, target string, l *lookup, stale []netip.AddrPort) {
	ctx, cancel := context.WithTimeout(ctx, lookupLimit)
	defer cancel()
	l.addrs, l.err = r.query(ctx, target)
	if l.err != nil && stale != nil {
		l.addrs, l.err = stale, nil
	}
	l.at = time.Now()
	if l.err != nil { // a failure is asked again at once
		r.mu.Lock()
		if r.known[target] == l {
			delete(r.known, target)
		}
		r.mu.Unlock()
	}
	close(l.done)
}

// query asks for SRV records if there is no port, then for addresses, IPv4 first.
func (r *resolver) query(ctx context.Context, target string) ([]netip.AddrPort, error) {
	host, portText, err := net.SplitHostPort(target)
	if err == nil {
		port, err := strconv.ParseUint(portText, 10, 16)
		if err != nil || port == 0 || host == "" {
			return nil, fmt.Errorf("target %q: it must be host or host:port", target)
		}
		return r.addresses(ctx, host, uint16(port))
	}
	host = target
	var found []netip.AddrPort
	// The records come sorted by priority and shuffled by weight (RFC 2782).
	if _, records, err := r.ask.LookupSRV(ctx, "sip", "udp", host); err == nil {
		for _, rec := range records {
			addrs, err := r.addresses(ctx, strings.TrimSuffix(rec.Target, "."), rec.Port)
			if err == nil {
				found = append(found, addrs...)
			}
		}
	}
	if len(found) > 0 {
		return found, nil
	}
	return r.addresses(ctx, host, defaultPort)
}

func (r *resolver) addresses(ctx context.Context, host string, port uint16) ([]netip.AddrPort, error) {
	ips, err := r.ask.LookupNetIP(ctx, "ip", host)
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
