package sip

import (
	"context"
	"errors"
	"net/netip"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/miekg/dns"
)

// lagging is a Resolver that answers for each type after some time. One of a negative time is
// never answered for.
type lagging struct {
	after   map[uint16]time.Duration
	records map[string][]string // addresses by name
	refused bool                // IPv6, at once
}

func (l lagging) Query(ctx context.Context, name string, kind uint16) (out []dns.RR, err error) {
	if kind == dns.TypeSRV && strings.HasPrefix(name, "_sip._udp.srv.") {
		return []dns.RR{&dns.SRV{Hdr: dns.RR_Header{Rrtype: kind, Ttl: 60}, Target: "a.example.", Port: 5070}}, nil
	}
	if kind != dns.TypeA && kind != dns.TypeAAAA {
		return nil, ErrNoName
	}
	if l.refused && kind == dns.TypeAAAA {
		return nil, errRefused
	}
	after := l.after[kind]
	if after < 0 {
		after = time.Hour
	}
	wait := time.NewTimer(after)
	defer wait.Stop()
	select {
	case <-wait.C:
	case <-ctx.Done():
		return nil, errors.New("DNS is silent")
	}
	for _, text := range l.records[name] {
		if rr := addressRecord(name, netip.MustParseAddr(text), 60); rr.Header().Rrtype == kind {
			out = append(out, rr)
		}
	}
	return out, nil
}

// A name whose AAAA is late or never answered for is given by its A, after a grace; what comes
// late is in the cache from then on. IPv4 is awaited, since it is tried first.
func TestLateAddresses(t *testing.T) {
	const four, six = "192.0.2.1:5060", "[2001:db8::1]:5060"
	both := []string{"192.0.2.1", "2001:db8::1"}
	for name, c := range map[string]struct {
		target       string
		a, aaaa      time.Duration
		has          []string
		first        string // what is given
		after        time.Duration
		whole        string // what is given once the look-up has ended
		wholeAfter   time.Duration
		missing, err string
		refused      bool
	}{
		"both at once":           {a: 0, aaaa: 0, has: both, first: four + " " + six, whole: four + " " + six},
		"IPv6 within the grace":  {a: 20 * time.Millisecond, aaaa: 60 * time.Millisecond, has: both, first: four + " " + six, after: 60 * time.Millisecond, whole: four + " " + six},
		"IPv6 late":              {a: 20 * time.Millisecond, aaaa: time.Second, has: both, first: four, after: 70 * time.Millisecond, whole: four + " " + six, wholeAfter: time.Second},
		"IPv6 never":             {a: 20 * time.Millisecond, aaaa: -1, has: both, first: four, after: 70 * time.Millisecond, whole: four, wholeAfter: lookupLimit, missing: "a.example: DNS is silent"},
		"IPv6 late, and none":    {a: 0, aaaa: time.Second, has: both[:1], first: four, after: addressGrace, whole: four, wholeAfter: time.Second},
		"IPv6 refused":           {a: 0, refused: true, has: both, first: four, whole: four, missing: "a.example: refused"},
		"IPv4 late":              {a: 500 * time.Millisecond, aaaa: 0, has: both, first: four + " " + six, after: 500 * time.Millisecond, whole: four + " " + six},
		"IPv4 none, IPv6 late":   {a: 0, aaaa: time.Second, has: both[1:], first: six, after: time.Second, whole: six},
		"no answer at all":       {a: -1, aaaa: -1, err: "DNS is silent", after: lookupLimit},
		"SRV, IPv6 late":         {target: "srv.example", a: 20 * time.Millisecond, aaaa: time.Second, has: both, first: "192.0.2.1:5070", after: 70 * time.Millisecond, whole: "192.0.2.1:5070 [2001:db8::1]:5070", wholeAfter: time.Second},
		"SRV, IPv6 never":        {target: "srv.example", a: 0, aaaa: -1, has: both, first: "192.0.2.1:5070", after: addressGrace, whole: "192.0.2.1:5070", wholeAfter: lookupLimit, missing: "a.example: DNS is silent"},
		"a host without records": {a: 0, aaaa: 0, err: "it has no address"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				if c.target == "" {
					c.target = known
				}
				ctx, stop := context.WithCancel(context.Background())
				defer stop()
				dnsServer := lagging{after: map[uint16]time.Duration{dns.TypeA: c.a, dns.TypeAAAA: c.aaaa}, records: map[string][]string{"a.example": c.has}, refused: c.refused}
				r := newResolver(ctx, dnsServer, func(f func()) bool { go f(); return true })
				start := time.Now()
				addrs, err := r.resolve(ctx, over(UDP, c.target))
				if took := time.Since(start); textOf(addrs) != c.first || took != c.after || (err != nil) != (c.err != "") || err != nil && !strings.Contains(err.Error(), c.err) && !strings.Contains(err.Error(), "DNS does not answer") {
					t.Fatalf("%s, %v after %v, want %s, %q after %v", textOf(addrs), err, took, c.first, c.err, c.after)
				}
				if err != nil {
					return
				}
				for range 2 { // the second has it at once
					addrs, missing, err := r.resolveWhole(ctx, over(UDP, c.target))
					if took := time.Since(start); textOf(addrs) != c.whole || err != nil || took != max(c.after, c.wholeAfter) {
						t.Errorf("in the end %s, %v after %v, want %s after %v", textOf(addrs), err, took, c.whole, c.wholeAfter)
					}
					if (missing != nil) != (c.missing != "") || missing != nil && missing.Error() != c.missing {
						t.Errorf("missing is %v, want %q", missing, c.missing)
					}
				}
				if addrs, err := r.resolve(ctx, over(UDP, c.target)); textOf(addrs) != c.whole || err != nil || time.Since(start) != max(c.after, c.wholeAfter) {
					t.Errorf("from then on %s, %v", textOf(addrs), err)
				}
				r.mu.Lock()
				defer r.mu.Unlock()
				if n := r.names[over(UDP, c.target)]; r.running != 0 || n.whole != nil || n.ttl != time.Minute || n.refreshed.Sub(start) != c.after {
					t.Errorf("%d look-ups run; it holds for %v from %v on", r.running, n.ttl, n.refreshed.Sub(start))
				}
			})
		})
	}
}

// A resolver that is closed while an answer is late leaves nothing behind, and keeps what it has.
func TestLateAddressesEndWithTheResolver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, stop := context.WithCancel(context.Background())
		r := newResolver(ctx, lagging{after: map[uint16]time.Duration{dns.TypeAAAA: -1}, records: map[string][]string{"a.example": {"192.0.2.1"}}}, func(f func()) bool { go f(); return true })
		if _, err := r.resolve(ctx, over(UDP, known)); err != nil {
			t.Fatal(err)
		}
		at := time.Now()
		stop()
		synctest.Wait()
		if got := r.known(over(UDP, known)); textOf(got) != "192.0.2.1:5060" || r.running != 0 || time.Since(at) != 0 {
			t.Errorf("%s, %d look-ups run", textOf(got), r.running)
		}
	})
}

// Names whose late part is still to come count as look-ups under way, so that far ends cannot
// have more than maxBackgroundLookups of them.
func TestLateAddressesAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, stop := context.WithCancel(context.Background())
		defer stop()
		hosts := lagging{after: map[uint16]time.Duration{dns.TypeAAAA: -1}, records: map[string][]string{}}
		var targets []Target
		for i := range 3 * maxBackgroundLookups {
			name := "h" + strings.Repeat("i", i) + ".example"
			hosts.records[name] = []string{"192.0.2.1"}
			targets = append(targets, over(UDP, name+":5060"))
		}
		r := newResolver(ctx, hosts, func(f func()) bool { go f(); return true })
		for _, target := range targets {
			r.cached(target)
			time.Sleep(time.Millisecond)
		}
		r.mu.Lock()
		defer r.mu.Unlock()
		if r.running != maxBackgroundLookups {
			t.Errorf("%d look-ups run", r.running)
		}
	})
}
