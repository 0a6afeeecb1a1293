package sip_test

import (
	"context"
	"fmt"
	"net/netip"
	"sync"
	"testing"
	"time"

	sipmsg "github.com/emiago/sipgo/sip"
	"github.com/miekg/dns"

	"ringflow/sip"
)

// Each final response goes on to the next target or ends the call, by its code, by what came
// before it and by what the trunk allows.
func TestFailover(t *testing.T) {
	type policies = map[sip.Failover]bool // whether the next target is called
	always := policies{"": true, sip.FailoverBeforeProgress: true, sip.FailoverBeforeRinging: true, sip.FailoverNever: false}
	never := policies{"": false, sip.FailoverBeforeProgress: false, sip.FailoverBeforeRinging: false, sip.FailoverNever: false}
	if183 := policies{"": false, sip.FailoverBeforeProgress: false, sip.FailoverBeforeRinging: true, sip.FailoverNever: false}
	type row struct {
		codes []int
		next  policies
	}
	rows := []row{
		{[]int{183, 500}, if183}, {[]int{183, 503}, if183}, {[]int{199, 504}, if183}, {[]int{100, 181, 502}, if183}, {[]int{183, 408}, never},
		{[]int{180, 503}, never}, {[]int{100, 180, 500}, never}, {[]int{180, 408}, never}, {[]int{180, 183, 503}, never}, {[]int{183, 180, 503}, never},
		{[]int{100, 503}, always}, {[]int{100, 408}, always},
	}
	for _, code := range []int{408, 500, 501, 502, 503, 504, 580} {
		rows = append(rows, row{[]int{code}, always})
	}
	for _, code := range []int{300, 302, 400, 403, 404, 410, 420, 480, 484, 486, 487, 488, 600, 603, 604, 606, 607, 608} {
		rows = append(rows, row{[]int{code}, never})
	}
	for _, c := range rows {
		for policy, next := range c.next {
			t.Run(fmt.Sprint(c.codes, policy), func(t *testing.T) {
				inBubble(t, nil, func(b *bench) {
					far := newPeer(t, b.net.listen(nextAddr))
					s := b.call(func(o *sip.Outgoing) {
						o.Trunk.Targets, o.Trunk.Failover = []string{peerAddr, nextAddr}, policy
					})
					inv := b.peer.request(sipmsg.INVITE)
					for _, code := range c.codes {
						b.peer.answer(inv, code, "As It Is", "x", "")
					}
					b.peer.request(sipmsg.ACK)
					if !next {
						far.silent(time.Minute)
						o := b.ended(s)
						if len(o.Attempts) != 1 || o.Target != peerAddr || o.Code != c.codes[len(c.codes)-1] || o.Retryable {
							t.Errorf("outcome %+v", o)
						}
						return
					}
					inv = far.request(sipmsg.INVITE)
					far.answer(inv, 486, "Busy", "y", "")
					far.request(sipmsg.ACK)
					o := b.ended(s)
					if o.Code != 486 || o.Target != nextAddr || len(o.Attempts) != 2 || o.Attempts[0].Code != c.codes[len(c.codes)-1] ||
						o.Attempts[0].Reason != "As It Is" || o.Attempts[1].Target != nextAddr || o.Retryable {
						t.Errorf("outcome %+v", o)
					}
				})
			})
		}
	}
}

// A call that has failed at the last target says whether another trunk may be tried.
func TestRetryable(t *testing.T) {
	for _, c := range []struct {
		codes  []int
		policy sip.Failover
		want   bool
	}{
		{[]int{503}, "", true}, {[]int{408}, "", true}, {[]int{100, 500}, "", true}, {[]int{503}, sip.FailoverNever, false},
		{[]int{183, 503}, "", false}, {[]int{183, 503}, sip.FailoverBeforeRinging, true}, {[]int{180, 503}, sip.FailoverBeforeRinging, false},
		{[]int{486}, "", false}, {[]int{403}, "", false}, {[]int{401}, "", true}, {[]int{404}, sip.FailoverBeforeRinging, false},
	} {
		t.Run(fmt.Sprint(c), func(t *testing.T) {
			inBubble(t, nil, func(b *bench) {
				s := b.call(func(o *sip.Outgoing) { o.Trunk.Failover = c.policy })
				inv := b.peer.request(sipmsg.INVITE)
				for _, code := range c.codes {
					b.peer.answer(inv, code, "As It Is", "x", "", "WWW-Authenticate: Digest realm=\"x\", nonce=\"1\"")
				}
				b.peer.request(sipmsg.ACK)
				if o := b.ended(s); o.Retryable != c.want {
					t.Errorf("outcome %+v", o)
				}
			})
		})
	}
}

// The caller of another trunk waits no longer for the last target than for one with a next.
func TestAlternative(t *testing.T) {
	inBubble(t, nil, func(b *bench) {
		start := time.Now()
		s := b.call(func(o *sip.Outgoing) { o.Alternative = true })
		b.at(start, sipmsg.INVITE, 0, 0.5, 1.5)
		if o := b.ended(s); time.Since(start) != 3*time.Second || !o.Retryable || o.By != sip.EndedNoReply || len(o.Attempts) != 1 {
			t.Errorf("after %v: %+v", time.Since(start), o)
		}
	})
}

// A decision of the caller's stands before the code, but never behind a phone that rang, nor
// behind a person's refusal or a network's.
func TestDecision(t *testing.T) {
	for _, c := range []struct {
		codes  []int
		reason string
		decide sip.Decision
		next   bool
	}{
		{[]int{403}, "Limit D1", sip.DecideNext, true}, {[]int{503}, "No", sip.DecideFinal, false}, {[]int{503}, "No", sip.DecideByCode, true},
		{[]int{403}, "No", sip.DecideByCode, false}, {[]int{180, 403}, "No", sip.DecideNext, false}, {[]int{486}, "Limit", sip.DecideNext, false},
		{[]int{603}, "Limit", sip.DecideNext, false}, {[]int{480}, "Limit", sip.DecideNext, true},
	} {
		t.Run(fmt.Sprint(c), func(t *testing.T) {
			inBubble(t, nil, func(b *bench) {
				far := newPeer(t, b.net.listen(nextAddr))
				var got []sip.Refusal
				s := b.call(func(o *sip.Outgoing) {
					o.Trunk.Targets = []string{peerAddr, nextAddr}
					o.Decide = func(r sip.Refusal) sip.Decision { got = append(got, r); return c.decide }
				})
				inv := b.peer.request(sipmsg.INVITE)
				for _, code := range c.codes {
					b.peer.answer(inv, code, c.reason, "x", "", "Retry-After: 7 (soon);duration=9")
				}
				b.peer.request(sipmsg.ACK)
				if c.next {
					far.answer(far.request(sipmsg.INVITE), 404, "Not Found", "y", "")
					far.request(sipmsg.ACK)
				}
				o := b.ended(s)
				code := c.codes[len(c.codes)-1]
				if (len(o.Attempts) == 2) != c.next || got[0].Code != code || got[0].Reason != c.reason || (got[0].RetryAfter == 7*time.Second) != (code == 503) {
					t.Errorf("decided on %+v, outcome %+v", got, o)
				}
			})
		})
	}
}

func TestFailoverFromSilence(t *testing.T) {
	inBubble(t, nil, func(b *bench) {
		next := newPeer(t, b.net.listen(nextAddr))
		s := b.call(func(o *sip.Outgoing) { o.Trunk.Targets = []string{peerAddr, nextAddr} })
		start := time.Now()
		first := b.peer.request(sipmsg.INVITE)
		inv := next.request(sipmsg.INVITE)
		if took := time.Since(start); took != 3*time.Second {
			t.Errorf("the next target is called after %v", took)
		}
		for range 2 {
			b.peer.request(sipmsg.INVITE)
		}
		// The first target wakes up: its phone must not ring, its leg must not stay.
		b.peer.answer(first, 180, "Ringing", "x", "")
		b.peer.answer(b.peer.request(sipmsg.CANCEL), 200, "OK", "x", "")
		b.peer.answer(first, 200, "OK", "x", sdp)
		b.peer.request(sipmsg.ACK)
		b.peer.answer(b.peer.request(sipmsg.BYE), 200, "OK", "x", "")
		next.answer(inv, 200, "OK", "y", sdp)
		next.request(sipmsg.ACK)
		event[sip.Answered](b, s)
		s.Hangup(sip.Cause{})
		next.answer(next.request(sipmsg.BYE), 200, "OK", "y", "")
		o := b.ended(s)
		if len(o.Attempts) != 2 || o.Attempts[0].Err == nil || o.Attempts[1].Code != 200 || o.Target != nextAddr {
			t.Errorf("outcome %+v", o)
		}
	})
}

func TestFailoverFromWhatCannotBeReached(t *testing.T) {
	for _, bad := range []string{noRoute, "nowhere.invalid:5060", "a:b:c"} {
		t.Run(bad, func(t *testing.T) {
			inBubble(t, func(c *sip.Config) { c.Resolver = noNames{} }, func(b *bench) {
				s := b.call(func(o *sip.Outgoing) { o.Trunk.Targets = []string{bad, peerAddr} })
				inv := b.peer.request(sipmsg.INVITE)
				b.peer.answer(inv, 486, "Busy", "a", "")
				b.peer.request(sipmsg.ACK)
				o := b.ended(s)
				if o.Code != 486 || len(o.Attempts) != 2 || o.Attempts[0].Target != bad || o.Attempts[0].Err == nil {
					t.Errorf("outcome %+v", o)
				}
				s = b.call(func(o *sip.Outgoing) { o.Trunk.Targets = []string{bad} })
				if o := b.ended(s); o.By != sip.EndedTransport || o.Err == nil || len(o.Attempts) != 1 {
					t.Errorf("outcome %+v", o)
				}
			})
		})
	}
}

// noNames is a Resolver that knows no name.
type noNames struct{}

func (noNames) Query(context.Context, string, uint16) ([]dns.RR, error) { return nil, sip.ErrNoName }

// addressRecords answers a question of a type with A records for a minute; none for
// another type.
func addressRecords(kind uint16, addrs ...netip.Addr) (out []dns.RR) {
	for _, a := range addrs {
		if kind == dns.TypeA {
			out = append(out, &dns.A{Hdr: dns.RR_Header{Rrtype: dns.TypeA, Ttl: 60}, A: a.AsSlice()})
		}
	}
	return out
}

func hostOf(addr string) netip.Addr { return netip.MustParseAddrPort(addr).Addr() }

func TestHangupWhileTheTargetIsLookedUp(t *testing.T) {
	inBubble(t, func(c *sip.Config) { c.Resolver = slow{} }, func(b *bench) {
		s := b.call(func(o *sip.Outgoing) { o.Trunk.Targets = []string{"slow.example:5060"} })
		start := time.Now()
		s.Hangup(sip.Cause{})
		if o := b.ended(s); o.By != sip.EndedLocal || time.Since(start) != 0 {
			t.Errorf("after %v: %+v", time.Since(start), o)
		}
		b.peer.silent(time.Minute)
	})
}

// slow answers after two seconds.
type slow struct{}

func (slow) Query(_ context.Context, _ string, kind uint16) ([]dns.RR, error) {
	time.Sleep(2 * time.Second)
	return addressRecords(kind, hostOf(peerAddr)), nil
}

func TestResolveBeforeACall(t *testing.T) {
	inBubble(t, func(c *sip.Config) { c.Resolver = slow{} }, func(b *bench) {
		got, err := b.agent.Resolve(b.Context(), sip.Target{Transport: sip.UDP, Address: "slow.example:5060"})
		if err != nil || len(got) != 1 || got[0].String() != peerAddr {
			t.Errorf("%v, %v", got, err)
		}
		got[0] = netip.AddrPort{} // it is ours, not that of the next call
		start := time.Now()
		s := b.call(func(o *sip.Outgoing) { o.Trunk.Targets = []string{"slow.example:5060"} })
		b.peer.answer(b.peer.request(sipmsg.INVITE), 486, "Busy", "a", "")
		b.peer.request(sipmsg.ACK)
		if o := b.ended(s); o.Code != 486 || time.Since(start) != 0 {
			t.Errorf("after %v: %+v", time.Since(start), o)
		}
	})
	inBubble(t, func(c *sip.Config) { c.Resolver = noNames{} }, func(b *bench) {
		for _, target := range []string{"gone.example", "a:b:c", ""} {
			if got, err := b.agent.Resolve(b.Context(), sip.Target{Transport: sip.UDP, Address: target}); err == nil {
				t.Errorf("%q: %v", target, got)
			}
		}
		b.agent.Close()
		if got, err := b.agent.Resolve(b.Context(), sip.Target{Transport: sip.UDP, Address: "late.example"}); err == nil {
			t.Errorf("after the end: %v", got)
		}
	})
}

// srvZone is a Resolver whose name has two servers, of which the second is for when the
// first is silent; what it says changes.
type srvZone struct {
	mu    sync.Mutex
	ports []uint16 // at the peer's host, by priority
	ttl   uint32
}

func (z *srvZone) Query(_ context.Context, name string, kind uint16) (out []dns.RR, _ error) {
	z.mu.Lock()
	defer z.mu.Unlock()
	if kind == dns.TypeSRV && name == "_sip._udp.carrier.example" {
		for i, port := range z.ports {
			out = append(out, &dns.SRV{Hdr: dns.RR_Header{Rrtype: dns.TypeSRV, Ttl: z.ttl}, Priority: uint16(i), Port: port, Target: "sbc.carrier.example."})
		}
		return out, nil
	}
	return addressRecords(kind, hostOf(peerAddr)), nil
}

// TestFailoverBySRV has the first server of a name be silent: the second gets the INVITE
// in less than four seconds, with the same Call-ID and another branch (RFC 3263 §4.3). Once
// the TTL is over the servers that DNS names then are called, and a call that is up goes on.
func TestFailoverBySRV(t *testing.T) {
	z := &srvZone{ports: []uint16{5070, 5080}, ttl: 30}
	inBubble(t, func(c *sip.Config) { c.Resolver = z }, func(b *bench) {
		first, second, third := newPeer(t, b.net.listen("10.0.0.2:5070")), newPeer(t, b.net.listen("10.0.0.2:5080")), newPeer(t, b.net.listen("10.0.0.2:5090"))
		named := func(o *sip.Outgoing) { o.Trunk.Targets, o.Trunk.Transport = []string{"carrier.example"}, sip.Auto }
		start := time.Now()
		s := b.call(named)
		lost, inv := first.request(sipmsg.INVITE), second.request(sipmsg.INVITE)
		if took := time.Since(start); took >= 4*time.Second {
			t.Errorf("the second server after %v", took)
		}
		if branch(lost) == branch(inv) || string(*lost.CallID()) != string(*inv.CallID()) {
			t.Errorf("first %s\nsecond %s", lost, inv)
		}
		second.answer(inv, 200, "OK", "a", sdp)
		second.request(sipmsg.ACK)
		event[sip.Answered](b, s)
		z.mu.Lock()
		z.ports = []uint16{5090}
		z.mu.Unlock()
		time.Sleep(31 * time.Second)
		other := b.call(named)
		third.answer(third.request(sipmsg.INVITE), 486, "Busy Here", "a", "")
		third.request(sipmsg.ACK)
		b.ended(other)
		s.Hangup(sip.Cause{})
		second.answer(second.request(sipmsg.BYE), 200, "OK", "a", "")
		if o := b.ended(s); !o.Answered || len(o.Attempts) != 2 {
			t.Errorf("outcome %+v", o)
		}
		for m := first.read(time.Second); m != nil; m = first.read(time.Second) {
			if r, is := m.(*sipmsg.Request); !is || r.Method != sipmsg.INVITE {
				t.Errorf("got %v", m)
			}
		}
	})
}
