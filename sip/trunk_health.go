package sip

import (
	"cmp"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// An address of a target goes out of service once maxFailures calls in a row have failed
// there, as RFC 3263 §4.3 counts failures (no response, a transport error, a 503), or with one
// 503 that has Retry-After (RFC 3261 §21.5.4). Calls pass it over from then on. After restShort
// one call tries it: any response but 503 puts it back in service, another failure keeps it out
// for twice as long. The answer to a ping puts it back too, unless a 503 took it out.
const (
	restShort     = 30 * time.Second
	restLong      = 4 * time.Minute
	maxRetryAfter = time.Hour
	maxFailing    = 4096 // addresses that are known to fail; past it all are forgotten
)

// Health is whether calls are placed over a target or a trunk.
type Health struct {
	InService bool
	Since     time.Time // when it went out of service; zero: it is in service
	Until     time.Time // when a call tries it again; zero: when a ping is answered
	// Reason is why it is out of service; of a target in service, which of its addresses
	// are out.
	Reason string
	// Closed says that no call may be placed before Until, as the target asked by
	// Retry-After. Calls still try one that is not closed if nothing is in service.
	Closed bool
}

// targetAddress is an address of a target.
type targetAddress struct {
	transport Transport
	addr      netip.AddrPort
}

// hopToAddress is the way to an address of a target, over the transport that it has there.
func (a *Agent) hopToAddress(t Target, to targetAddress) hop {
	t.Transport = to.transport
	return a.hopTo(t, to.addr)
}

func (h hop) address() targetAddress { return targetAddress{h.transport.protocol(), h.addr} }

// failingAddress is an address at which calls have failed.
type failingAddress struct {
	failures int // in a row
	rests    int // in a row
	since    time.Time
	until    time.Time // end of the rest; zero: it is in service
	trial    bool      // one call tries it
	reason   string
	closed   bool
	answered bool // the last failure was a response
}

// targetHealth has the addresses at which calls have failed. Any goroutine may use it.
type targetHealth struct {
	count atomic.Int64 // of failing: a success costs nothing while there is none

	mu      sync.Mutex
	failing map[targetAddress]*failingAddress
}

// failure is how a call failed at an address.
type failure struct {
	reason     string
	answered   bool // by a response
	retryAfter time.Duration
}

// failed notes a failure, and returns for how long the address goes out of service by it; 0: it
// does not.
func (h *targetHealth) failed(to targetAddress, f failure) time.Duration {
	h.mu.Lock()
	defer h.mu.Unlock()
	a, now := h.failing[to], time.Now()
	if a == nil {
		if len(h.failing) >= maxFailing {
			h.failing = nil
		}
		if h.failing == nil {
			h.failing = map[targetAddress]*failingAddress{}
		}
		a = &failingAddress{}
		h.failing[to] = a
		h.count.Store(int64(len(h.failing)))
	}
	a.failures++
	a.reason, a.answered = f.reason, f.answered
	rest := min(f.retryAfter, maxRetryAfter)
	switch until := now.Add(rest); {
	case rest > 0 && until.After(a.until):
		a.until, a.closed = until, true
	case rest > 0, now.Before(a.until) && !a.trial, a.failures < maxFailures:
		return 0 // it is out of service for as long already, or not yet
	default:
		rest = min(restShort<<min(a.rests, 8), restLong)
		a.until, a.closed = now.Add(rest), false
		a.rests++
	}
	if a.since.IsZero() {
		a.since = now
	}
	a.trial = false
	return rest
}

// restore puts an address back in service, by a response to a call or to a ping, and returns
// for how long it was out; 0: it was not.
func (h *targetHealth) restore(to targetAddress, byPing bool) time.Duration {
	if h.count.Load() == 0 {
		return 0
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	a := h.failing[to]
	if a == nil || byPing && a.answered {
		return 0
	}
	delete(h.failing, to)
	h.count.Store(int64(len(h.failing)))
	if a.since.IsZero() {
		return 0
	}
	return max(time.Since(a.since), time.Millisecond)
}

// claim says that a call is sent to an address: if its rest is over, this call is the one that
// tries it.
func (h *targetHealth) claim(to targetAddress) {
	if h.count.Load() == 0 {
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if a := h.failing[to]; a != nil && !a.until.IsZero() && !time.Now().Before(a.until) {
		a.until, a.trial, a.closed = time.Now().Add(restShort), true, false
	}
}

// of is the health of an address.
func (h *targetHealth) of(to targetAddress) Health {
	if h.count.Load() == 0 {
		return Health{InService: true}
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	a := h.failing[to]
	if a == nil || !time.Now().Before(a.until) {
		return Health{InService: true}
	}
	return Health{Since: a.since, Until: a.until, Reason: a.reason, Closed: a.closed}
}

// usable are those in service; where none is, those that are not closed.
func usable[T any](all []T, health func(T) Health) []T {
	without := func(out func(Health) bool) []T {
		return slices.DeleteFunc(slices.Clone(all), func(one T) bool { return out(health(one)) })
	}
	if in := without(func(h Health) bool { return !h.InService }); len(in) > 0 {
		return in
	}
	return without(func(h Health) bool { return h.Closed })
}

// Health is whether calls are placed over a target: what its pings say, and the calls that
// failed at its addresses.
func (a *Agent) Health(t Target) Health {
	if r := a.Reachability(t); r.State == Unreachable {
		return Health{Since: r.Since, Reason: "its pings fail: " + r.Result}
	}
	over := a.resolver.transport(t)
	if addr, ok := literal(t.Address, over); ok {
		return a.health.of(targetAddress{over, addr})
	}
	return combined(a.resolver.tried(t, a.resolver.known(t)), func(to targetAddress) string { return to.addr.String() }, a.health.of)
}

// TrunkHealth is whether calls are placed over a trunk: one of its targets is in service.
func (a *Agent) TrunkHealth(t *Trunk) Health {
	return combined(t.CallHops(), func(s string) string { return s }, func(target string) Health { return a.Health(t.Target(target)) })
}

// combined is the health of what is in service with one of its parts.
func combined[T any](parts []T, name func(T) string, health func(T) Health) Health {
	all := Health{Closed: true}
	var reasons []string
	for _, part := range parts {
		h := health(part)
		if h.InService {
			all.InService = true
			continue
		}
		reasons = append(reasons, name(part)+": "+h.Reason)
		all.Closed = all.Closed && h.Closed
		if all.Since.Before(h.Since) {
			all.Since = h.Since
		}
		if all.Until.IsZero() || !h.Until.IsZero() && h.Until.Before(all.Until) {
			all.Until = h.Until
		}
	}
	all.Reason = strings.Join(reasons, ", ")
	if all.InService || len(reasons) == 0 {
		return Health{InService: true, Reason: all.Reason}
	}
	return all
}

// noteFailure takes a call that failed at an address, and logs it if that goes out of service.
func (a *Agent) noteFailure(t *Trunk, target string, to hop, f failure) {
	before := a.health.of(to.address()).InService
	if rest := a.health.failed(to.address(), f); rest > 0 && before {
		a.cfg.Log.Warn("a trunk's target is out of service", "target", target, "address", to.addr, "trunk", t.Name, "result", f.reason, "for", rest)
	}
}

// noteSuccess takes a response of an address to a call or a ping, and logs it if that goes back
// in service.
func (a *Agent) noteSuccess(to hop, byPing bool) {
	if out := a.health.restore(to.address(), byPing); out > 0 {
		a.cfg.Log.Info("a trunk's target is in service again", "address", to.addr, "out_for", out.Round(time.Millisecond))
	}
}

// outOfServiceError says why no target of a trunk may be called.
func (a *Agent) outOfServiceError(t *Trunk) error {
	h := a.TrunkHealth(t)
	return fmt.Errorf("no call may be placed before %s: %s", h.Until.UTC().Format(time.TimeOnly+" MST"), cmp.Or(h.Reason, "it is out of service"))
}
