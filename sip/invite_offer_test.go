package sip_test

import (
	"strings"
	"testing"
	"testing/synctest"

	sipmsg "github.com/emiago/sipgo/sip"

	"ringflow/sip"
)

const (
	ourAddr6  = "[fd00::1]:5060"
	peerAddr6 = "[fd00::2]:5060"
)

// offerBy is an offer that says where its INVITE goes.
func offerBy(f sip.OfferFor) []byte {
	return []byte(strings.ReplaceAll(sdp, "IN IP4 10.0.0.1\r\nt=", "IN IP4 10.0.0.1\r\na=to:"+f.To.String()+"\r\nt="))
}

// Each INVITE has an offer for the address that it goes to: of the next target, of a
// redirection, and of the same target once more.
func TestOfferForEachTarget(t *testing.T) {
	for _, redirected := range []bool{false, true} {
		inBubble(t, nil, func(b *bench) {
			_ = b.agent.Close()
			b.agent, _ = sip.Listen(sip.Config{Conn: b.net.listen(ourAddr), Conn6: b.net.listen(ourAddr6), AllowFrom: anywhere})
			six := newPeer(t, b.net.listen(peerAddr6))
			s := b.call(func(o *sip.Outgoing) {
				o.Trunk.Targets, o.Trunk.Redirects = []string{peerAddr, peerAddr6}, sip.FollowRedirects
				o.Trunk.Username, o.Offer = "me", offerBy
			})
			check := func(inv *sipmsg.Request, to, via string) {
				t.Helper()
				if !strings.Contains(string(inv.Body()), "a=to:"+to+"\r\n") || strings.Trim(inv.Via().Host, "[]") != via || strings.Trim(inv.Contact().Address.Host, "[]") != via {
					t.Errorf("to %s: %s", to, inv)
				}
			}
			inv := b.peer.request(sipmsg.INVITE)
			check(inv, "10.0.0.2", "10.0.0.1")
			if redirected {
				b.peer.answer(inv, 302, "Moved", "a", "", "Contact: <sip:+12025550123@"+peerAddr6+">")
			} else {
				b.peer.answer(inv, 503, "Service Unavailable", "a", "")
			}
			b.peer.request(sipmsg.ACK)
			inv = six.request(sipmsg.INVITE)
			check(inv, "fd00::2", "fd00::1")
			six.answer(inv, 401, "Unauthorized", "b", "", `WWW-Authenticate: Digest realm="x", nonce="1"`)
			six.request(sipmsg.ACK)
			inv = six.request(sipmsg.INVITE)
			check(inv, "fd00::2", "fd00::1")
			six.answer(inv, 200, "OK", "c", sdp)
			six.request(sipmsg.ACK)
			event[sip.Answered](b, s)
			synctest.Wait()
			s.Hangup(sip.Cause{})
			six.answer(six.request(sipmsg.BYE), 200, "OK", "c", "")
			if o := b.ended(s); len(o.Attempts) != 2 {
				t.Errorf("%+v", o)
			}
		})
	}
}
