package sip_test

import (
	"net/netip"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	sipmsg "github.com/emiago/sipgo/sip"

	"ringflow/sip"
)

func following(o *sip.Outgoing) { o.Trunk.Redirects = sip.FollowRedirects }

// TestRedirectionIsFollowedWithinTheTrunk has a carrier that redirects to another of its
// own hosts: the same call, a new transaction.
func TestRedirectionIsFollowedWithinTheTrunk(t *testing.T) {
	dns := &resolverOf{addrs: []netip.Addr{netip.MustParseAddr("10.0.0.3")}}
	for name, c := range map[string]struct{ contact, host string }{
		"a literal target":               {"sip:+12025550123@10.0.0.2:5060", peerAddr},
		"another port of a target":       {"sip:+12025550123@10.0.0.2:5080", "10.0.0.2:5080"},
		"without a port":                 {"sip:+12025550123@10.0.0.2", peerAddr},
		"a target's name":                {"sip:+12025550123@SIP.carrier.example", nextAddr},
		"an address of a name":           {"sip:+12025550123@10.0.0.3", nextAddr},
		"number portability":             {"sip:+12025550123;npdi;rn=+12025559999@10.0.0.3;user=phone", nextAddr},
		"the domain":                     {"sip:+12025550123@carrier.example", peerAddr},
		"a number that may be called":    {"sip:+12025550177@10.0.0.3", nextAddr},
		"header fields, which are left":  {"sip:+12025550123@10.0.0.3?Subject=x", nextAddr},
		"the transport that is used too": {"sip:+12025550123@10.0.0.3;transport=udp", nextAddr},
	} {
		for _, transport := range []sip.Transport{sip.UDP, sip.Auto} {
			t.Run(name+" "+string(transport), func(t *testing.T) {
				inBubble(t, func(cfg *sip.Config) { cfg.Resolver = dns }, func(b *bench) {
					next, port := newPeer(t, b.net.listen(nextAddr)), newPeer(t, b.net.listen("10.0.0.2:5080"))
					trunk := &sip.Trunk{Name: "carrier", Transport: transport, Targets: []string{peerAddr, "sip.carrier.example"}, Domain: "carrier.example", Redirects: sip.FollowRedirects}
					b.agent.SetPeers([]sip.Target{trunk.Target(peerAddr), trunk.Target("sip.carrier.example")})
					synctest.Wait()
					s := b.call(func(o *sip.Outgoing) {
						o.Trunk = trunk
						o.Permits = func(user string) bool { return user == "+12025550177" }
					})
					inv := b.peer.request(sipmsg.INVITE)
					b.peer.answer(inv, 302, "Moved", "a", "", "Contact: <sip:+12025550123@192.0.2.66>;q=0.9, <"+c.contact+">;q=0.8, <sip:+12025550123@10.0.0.3:5999>;q=0.1")
					b.peer.request(sipmsg.ACK)
					to := map[string]*peer{peerAddr: b.peer, nextAddr: next, "10.0.0.2:5080": port}[c.host]
					again := to.request(sipmsg.INVITE)
					want, _, _ := strings.Cut(c.contact, "?")
					if again.Recipient.String() != want || again.CallID().Value() != inv.CallID().Value() || again.CSeq().SeqNo != inv.CSeq().SeqNo+1 ||
						branch(again) == branch(inv) || again.To().Value() != inv.To().Value() || string(again.Body()) != sdp {
						t.Errorf("INVITE %s", again)
					}
					to.answer(again, 486, "Busy", "b", "")
					ack := to.request(sipmsg.ACK)
					if ack.Recipient.String() != want {
						t.Errorf("ACK to %s", ack.Recipient.String())
					}
					o := b.ended(s)
					if o.Code != 486 || len(o.Attempts) != 2 || o.Attempts[0].Code != 302 || len(o.Redirection.Contacts) != 0 {
						t.Errorf("outcome %+v", o)
					}
				})
			})
		}
	}
}

// TestRedirectionThatIsNotFollowed has a carrier, or who took its place, redirect calls to
// where they must not go. Each refusal has its reason.
func TestRedirectionThatIsNotFollowed(t *testing.T) {
	for contact, why := range map[string]string{
		"<sip:+12025550123@10.0.0.66>":                "its host is none of the trunk's",
		"<sip:+12025550123@evil.example>":             "its host is none of the trunk's",
		"<sip:+12025550123@10.0.0.2.evil.example>":    "its host is none of the trunk's",
		"<sip:+12025550123@10.0.0.2;maddr=10.0.0.66>": "it names a host of its own in maddr",
		"<sip:+88299900000@10.0.0.2:5080>":            "the account may not call that number",
		"<sip:10.0.0.2>":                              "the account may not call that number",
		"<tel:+12025550123>":                          "it is no sip: URI",
		"<sips:+12025550123@10.0.0.2>":                "it is no sip: URI",
		"<sip:+12025550123@10.0.0.2;transport=tcp>":   "the trunk uses another transport",
	} {
		t.Run(contact, func(t *testing.T) {
			inBubble(t, nil, func(b *bench) {
				b.net.rest = b.net.listen("10.255.0.1:1")
				s := b.call(following)
				b.peer.answer(b.peer.request(sipmsg.INVITE), 302, "Moved", "a", "", "Contact: "+contact)
				b.peer.request(sipmsg.ACK)
				o := b.ended(s)
				if o.Code != 302 || o.By != sip.EndedRemote || len(o.Redirection.Contacts) != 1 || o.Redirection.Contacts[0].Refused != why {
					t.Errorf("outcome %+v", o)
				}
				b.peer.silent(time.Minute)
				if len(b.net.rest.in) > 0 {
					t.Error("something was sent elsewhere")
				}
			})
		})
	}
}

// TestRedirectionsEnd follows five of a chain, and none in a circle.
func TestRedirectionsEnd(t *testing.T) {
	inBubble(t, nil, func(b *bench) { // a chain
		s := b.call(following)
		for i := range 6 {
			b.peer.answer(b.peer.request(sipmsg.INVITE), 302, "Moved", "a", "", "Contact: <sip:+12025550123@10.0.0.2;n="+string(rune('a'+i))+">")
			b.peer.request(sipmsg.ACK)
		}
		if o := b.ended(s); o.Redirection.Contacts[0].Refused != "the call has been redirected 5 times" || len(o.Attempts) != 6 {
			t.Errorf("outcome %+v", o)
		}
	})
	inBubble(t, nil, func(b *bench) { // a circle
		s := b.call(following)
		for range 2 {
			b.peer.answer(b.peer.request(sipmsg.INVITE), 301, "Moved", "a", "", "Contact: <sip:+12025550123@10.0.0.2>")
			b.peer.request(sipmsg.ACK)
		}
		if o := b.ended(s); o.Redirection.Contacts[0].Refused != "it has been tried" {
			t.Errorf("outcome %+v", o)
		}
	})
	inBubble(t, nil, func(b *bench) { // a hang-up that crosses
		s := b.call(following)
		inv := b.peer.request(sipmsg.INVITE)
		b.peer.answer(inv, 180, "Ringing", "a", "")
		event[sip.Progress](b, s)
		s.Hangup(sip.Cause{})
		cancel := b.peer.request(sipmsg.CANCEL)
		b.peer.answer(cancel, 200, "OK", "a", "")
		b.peer.answer(inv, 302, "Moved", "a", "", "Contact: <sip:+12025550123@10.0.0.2>")
		b.peer.request(sipmsg.ACK)
		if o := b.ended(s); o.By != sip.EndedLocal {
			t.Errorf("outcome %+v", o)
		}
		b.peer.silent(time.Minute)
	})
	inBubble(t, nil, func(b *bench) { // a ring limit that goes on over the redirection
		s := b.call(following)
		inv := b.peer.request(sipmsg.INVITE)
		b.peer.answer(inv, 180, "Ringing", "a", "")
		event[sip.Progress](b, s)
		time.Sleep(10 * time.Second)
		b.peer.answer(inv, 302, "Moved", "a", "", "Contact: <sip:+12025550123@10.0.0.2>")
		b.peer.request(sipmsg.ACK)
		again := b.peer.request(sipmsg.INVITE)
		b.peer.answer(again, 180, "Ringing", "b", "")
		event[sip.Progress](b, s)
		start := time.Now()
		cancel := b.peer.request(sipmsg.CANCEL)
		if took := time.Since(start); took != 5*time.Second {
			t.Errorf("CANCEL after %v", took)
		}
		b.peer.answer(cancel, 200, "OK", "b", "")
		b.peer.answer(again, 487, "Request Terminated", "b", "")
		b.peer.request(sipmsg.ACK)
		if o := b.ended(s); o.By != sip.EndedRingLimit {
			t.Errorf("outcome %+v", o)
		}
	})
}
