package sip

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"math"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"time"
)

const (
	lookupLimit          = 3 * time.Second
	lookupStale          = 24 * time.Hour         // after its last good answer, while DNS does not answer
	lookupWait           = 500 * time.Millisecond // that a call waits for an answer to be renewed
	lookupFailed         = 5 * time.Second        // until a failed look-up is repeated
	maxLookups           = 1024
	maxBackgroundLookups = 64 // at once for names of far ends
	defaultPort          = 5060
)

// resolver caches where targets are (RFC 3263) for as long as the records hold, and asks
// again shortly before for a name in use. A call waits lookupWait at most for a name that
// has had an answer, which is used on for lookupStale while DNS does not answer at all; no
// request of a dialog ever waits.
type resolver struct {
	dns Resolver
	// background runs a look-up in a goroutine of the Agent, or reports false once that is
	// closed.
	background func(func()) bool
	ctx        context.Context // of every look-up

	mu       sync.Mutex
	names    map[Target]*hostName
	versions [2]bool // whether addresses of IPv4 and of IPv6 are asked for
	running  int     // look-ups under way
	failures map[string]uint64
}

// Why a look-up came to nothing.
const (
	lookupNoName   = "no_name"   // DNS says that there is no such name, or no address
	lookupNoAnswer = "no_answer" // DNS did not answer, or not with what can be used
)

// LookupFailures counts the look-ups of names that came to nothing, by reason: no_name or
// no_answer.
func (a *Agent) LookupFailures() map[string]uint64 {
	a.resolver.mu.Lock()
	defer a.resolver.mu.Unlock()
	return maps.Clone(a.resolver.failures)
}

// hostName is a cached name. Guarded by the resolver's mu.
type hostName struct {
	target    Target
	located                    // the last good answer; never written to
	addrs     []netip.AddrPort // of its servers; nil: there is no answer
	past      pastAnswers      // of which the answer was made
	refreshed time.Time        // when that came
	err       error            // of the last look-up, nil if it was good
	finished  time.Time        // when the last look-up ended
	used      time.Time        // when it was last asked for
	trunk     bool             // a target of a trunk; other names are of far ends
	done      chan struct{}    // closed once the look-up under way has an answer or failed; nil: there is none
	whole     chan struct{}    // closed once the late part of an answer has come or failed; nil: none is late
}

// newResolver makes a resolver, whose look-ups end with ctx.
func newResolver(ctx context.Context, ask Resolver, background func(func()) bool) *resolver {
	return &resolver{dns: cmp.Or[Resolver](ask, &DNS{}), background: background, ctx: ctx, names: map[Target]*hostName{}, failures: map[string]uint64{lookupNoName: 0, lookupNoAnswer: 0}, versions: [2]bool{true, true}}
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
	if done := n.done; done != nil && !n.holds() && (n.err == nil || !n.usable()) {
		wait := lookupLimit
		if n.usable() {
			wait = lookupWait
		}
		r.mu.Unlock()
		renewed := time.NewTimer(wait)
		select {
		case <-done:
		case <-renewed.C:
		case <-ctx.Done():
		}
		renewed.Stop()
		r.mu.Lock()
	}
	switch {
	case n.usable():
		return inOrder(n.servers), nil
	case n.done != nil:
		return nil, fmt.Errorf("look up %s: DNS does not answer", target.Address)
	}
	return nil, n.err
}

// transport is the transport of a target, which DNS may have chosen.
func (r *resolver) transport(target Target) Transport {
	if target.Transport != Auto {
		return target.Transport
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if n := r.names[target.name()]; n != nil && n.usable() {
		return n.located.transport
	}
	return UDP
}

// goesOver says whether calls to a target go over a transport: to its first servers, or to those
// of a further NAPTR record.
func (r *resolver) goesOver(target Target, over Transport) bool {
	return r.transport(target) == over || slices.ContainsFunc(r.tried(target, nil), func(to targetAddress) bool { return to.transport == over })
}

// streams are the addresses of a target over TCP, if DNS names any for it.
func (r *resolver) streams(target Target) []netip.AddrPort {
	r.mu.Lock()
	defer r.mu.Unlock()
	if n := r.names[target.name()]; n != nil && n.usable() {
		return inOrder(n.located.streams)
	}
	return nil
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

// tried are the addresses of a target in the order in which a call tries them, from the first
// ones on: those of each further NAPTR record come behind, over its transport.
func (r *resolver) tried(target Target, first []netip.AddrPort) (all []targetAddress) {
	over := r.transport(target)
	for _, addr := range first[:min(len(first), maxAddresses)] {
		all = append(all, targetAddress{over, addr})
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	n := r.names[target.name()]
	if n == nil || !n.usable() {
		return all
	}
	for _, next := range n.next {
		addrs := inOrder(next.servers)
		for _, addr := range addrs[:min(len(addrs), maxAddresses)] {
			all = append(all, targetAddress{next.transport, addr})
		}
	}
	return all
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
			r.finish(n, located{}, errors.New("look up "+target.Address+": the agent is closed"))
			r.running--
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

// due says whether a look-up is to begin: in the last tenth of the time for which an
// answer holds, so that no call waits for a name in use.
func (n *hostName) due() bool {
	fresh := n.addrs != nil && time.Since(n.refreshed) < n.ttl-n.ttl/10
	failed := n.err != nil && time.Since(n.finished) < lookupFailed
	return n.done == nil && !fresh && !failed
}

// holds says whether there is an answer whose time is not over.
func (n *hostName) holds() bool { return n.addrs != nil && time.Since(n.refreshed) < n.ttl }

// usable says whether there is an answer that may be used while DNS gives no other.
func (n *hostName) usable() bool {
	return n.addrs != nil && time.Since(n.refreshed) < max(lookupStale, n.ttl)
}

// lookUp looks a name up, and adds to the answer what of it comes late.
func (r *resolver) lookUp(n *hostName) {
	ctx, cancel := context.WithTimeout(r.ctx, lookupLimit)
	defer cancel() // the questions that turned out not to matter
	r.mu.Lock()
	l := r.newLookup(ctx, n.target, n.past)
	r.mu.Unlock()
	found, err := l.locate()
	whole := make(chan struct{})
	r.mu.Lock()
	if err == nil && len(l.late) > 0 {
		n.whole = whole
	}
	if err == nil {
		n.past = l.answers()
	}
	r.finish(n, found, err)
	r.mu.Unlock()
	if err == nil && l.awaitLate() {
		found, err = l.locate()
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.running--
	if n.whole != whole {
		return
	}
	if err == nil {
		n.past = l.answers()
		n.set(found)
	}
	close(whole)
	n.whole = nil
}

// finish ends what others wait for of a look-up. A DNS that does not answer leaves the last good
// answer and its age; one that says that there is no such name does not.
func (r *resolver) finish(n *hostName, found located, err error) {
	n.err, n.finished = err, time.Now()
	if err == nil {
		n.refreshed = n.finished
		n.set(found)
	} else if errors.Is(err, ErrNoName) {
		n.addrs, n.past = nil, nil
		r.failures[lookupNoName]++
	} else {
		r.failures[lookupNoAnswer]++
	}
	close(n.done)
	n.done = nil
}

// set takes an answer.
func (n *hostName) set(found located) {
	n.located, n.addrs = found, nil
	n.ttl = min(max(n.ttl, minTTL), maxTTL)
	for _, s := range found.servers {
		n.addrs = append(n.addrs, s.addrs...)
	}
}

// resolveWhole is resolve that waits for addresses that are late, too. missing is why those of
// one IP version are not known.
func (r *resolver) resolveWhole(ctx context.Context, target Target) (addrs []netip.AddrPort, missing, err error) {
	if addrs, err = r.resolve(ctx, target); err != nil {
		return nil, nil, err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	n := r.names[target.name()]
	if n == nil { // a literal address, or forgotten already
		return addrs, nil, nil
	}
	if whole := n.whole; whole != nil {
		r.mu.Unlock()
		select {
		case <-whole:
		case <-ctx.Done():
		}
		r.mu.Lock()
	}
	if n.usable() {
		addrs = inOrder(n.servers)
	}
	return addrs, n.missing, nil
}

func trimBrackets(host string) string {
	return strings.TrimSuffix(strings.TrimPrefix(host, "["), "]")
}
