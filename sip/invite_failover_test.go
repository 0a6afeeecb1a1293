package sip_test

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"testing"
	"time"

	sipmsg "github.com/emiago/sipgo/sip"

	"ringflow/sip"
)

func TestFailover(t *testing.T) {
	two := func(o *sip.Outgoing) { o.Trunk.Targets = []string{peerAddr, nextAddr} }
	for _, c := range []struct {
		name string
		fail func(b *bench, inv *sipmsg.Request)
		next bool
	}{
		{"503", func(b *bench, inv *sipmsg.Request) { b.peer.answer(inv, 503, "Full", "x", "") }, true},
		{"500 after 183 without ringing", func(b *bench, inv *sipmsg.Request) {
			b.peer.answer(inv, 100, "Trying", "x", "")
			b.peer.answer(inv, 500, "Broken", "x", "")
		}, true},
		{"503 after 180", func(b *bench, inv *sipmsg.Request) {
			b.peer.answer(inv, 180, "Ringing", "x", "")
			b.peer.answer(inv, 503, "Full", "x", "")
		}, false},
		{"486", func(b *bench, inv *sipmsg.Request) { b.peer.answer(inv, 486, "Busy", "x", "") }, false},
		{"603", func(b *bench, inv *sipmsg.Request) { b.peer.answer(inv, 603, "Decline", "x", "") }, false},
		{"404", func(b *bench, inv *sipmsg.Request) { b.peer.answer(inv, 404, "Unknown", "x", "") }, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			inBubble(t, nil, func(b *bench) {
				next := newPeer(t, b.net.listen(nextAddr))
				s := b.call(two)
				c.fail(b, b.peer.request(sipmsg.INVITE))
				b.peer.request(sipmsg.ACK)
				if !c.next {
					next.silent(time.Minute)
					if o := b.ended(s); len(o.Attempts) != 1 || o.Target != peerAddr {
						t.Errorf("outcome %+v", o)
					}
					return
				}
				inv := next.request(sipmsg.INVITE)
				next.answer(inv, 486, "Busy", "y", "")
				next.request(sipmsg.ACK)
				o := b.ended(s)
				if o.Code != 486 || o.Target != nextAddr || len(o.Attempts) != 2 || o.Attempts[0].Code < 500 || o.Attempts[1].Target != nextAddr {
					t.Errorf("outcome %+v", o)
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
		if took := time.Since(start); took != 4*time.Second {
			t.Errorf("the next target is called after %v", took)
		}
		for range 3 {
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

func (noNames) LookupNetIP(context.Context, string, string) ([]netip.Addr, error) {
	return nil, errors.New("no such host")
}

func (noNames) LookupSRV(context.Context, string, string, string) (string, []*net.SRV, error) {
	return "", nil, errors.New("no such record")
}

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
type slow struct{ noNames }

func (slow) LookupNetIP(context.Context, string, string) ([]netip.Addr, error) {
	time.Sleep(2 * time.Second)
	return []netip.Addr{netip.MustParseAddrPort(peerAddr).Addr()}, nil
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
