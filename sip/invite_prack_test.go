package sip_test

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	sipmsg "github.com/emiago/sipgo/sip"

	"ringflow/sip"
)

// The PRACK of a reliable response goes to its Contact by its Record-Route, with its numbers
// (RFC 3262 §7.2, RFC 3261 §12.1.2), in each early dialog by itself; and so does what comes after
// the answer.
func TestPrackFollowsTheRecordRoute(t *testing.T) {
	inBubble(t, nil, func(b *bench) {
		proxy, other := newPeer(t, b.net.listen(nextAddr)), newPeer(t, b.net.listen("10.0.0.4:5060"))
		s := b.call()
		inv := b.peer.request(sipmsg.INVITE)
		if inv.GetHeader("Require") != nil {
			t.Errorf("the INVITE requires an extension: %s", inv)
		}
		rel := func(tag, contact, rseq string, routes ...string) {
			fields := []string{"Require: 100rel", "RSeq: " + rseq, "Contact: <" + contact + ">"}
			for _, r := range routes {
				fields = append(fields, "Record-Route: <"+r+">")
			}
			b.peer.answer(inv, 183, "Session Progress", tag, sdp, fields...)
		}
		check := func(p *sipmsg.Request, contact, rack, tag string, routes ...string) {
			t.Helper()
			var got []string
			for _, h := range p.GetHeaders("Route") {
				got = append(got, strings.Trim(h.Value(), "<>"))
			}
			numbers := ""
			if h := p.GetHeader("RAck"); h != nil {
				numbers = h.Value()
			}
			if p.Recipient.String() != contact || numbers != rack || p.To().Params.GetOr("tag", "") != tag || strings.Join(got, " ") != strings.Join(routes, " ") {
				t.Errorf("got %s", p)
			}
		}
		rel("a", "sip:a@192.0.2.1", "700", "sip:192.0.2.7;lr", "sip:10.0.0.3;lr;x=1")
		p := proxy.request(sipmsg.PRACK)
		check(p, "sip:a@192.0.2.1", "700 1 INVITE", "a", "sip:10.0.0.3;lr;x=1", "sip:192.0.2.7;lr")
		proxy.answer(p, 200, "OK", "a", "")
		rel("b", "sip:b@10.0.0.4:5060", "9") // another fork, straight
		p = other.request(sipmsg.PRACK)
		check(p, "sip:b@10.0.0.4:5060", "9 1 INVITE", "b")
		other.answer(p, 200, "OK", "b", "")
		rel("a", "sip:a@192.0.2.1", "700", "sip:192.0.2.7;lr", "sip:10.0.0.3;lr;x=1") // a copy
		rel("a", "sip:a@192.0.2.1", "701", "sip:192.0.2.7;lr", "sip:10.0.0.3;lr;x=1")
		p = proxy.request(sipmsg.PRACK)
		check(p, "sip:a@192.0.2.1", "701 1 INVITE", "a", "sip:10.0.0.3;lr;x=1", "sip:192.0.2.7;lr")
		proxy.answer(p, 200, "OK", "a", "")
		b.peer.answer(inv, 200, "OK", "b", sdp, "Contact: <sip:b@10.0.0.4:5060>")
		check(other.request(sipmsg.ACK), "sip:b@10.0.0.4:5060", "", "b")
		synctest.Wait()
		s.Hangup(sip.Cause{})
		other.answer(other.request(sipmsg.BYE), 200, "OK", "b", "")
		b.ended(s)
	})
}

// A far end that asks for PRACK and then refuses or ignores it keeps its call; one that asks for
// none, or sends no number, gets none.
func TestPrackThatIsRefused(t *testing.T) {
	for _, code := range []int{0, 400, 405, 481, 501, 503} {
		t.Run(fmt.Sprint(code), func(t *testing.T) {
			inBubble(t, nil, func(b *bench) {
				s := b.call()
				inv := b.peer.request(sipmsg.INVITE)
				b.peer.answer(inv, 180, "Ringing", "a", "")
				b.peer.answer(inv, 180, "Ringing", "a", "", "RSeq: 1")
				b.peer.answer(inv, 180, "Ringing", "a", "", "Require: 100rel")
				b.peer.answer(inv, 183, "Session Progress", "a", sdp, "Require: 100rel", "RSeq: 5")
				p := b.peer.request(sipmsg.PRACK)
				if code != 0 {
					b.peer.answer(p, code, "No PRACK", "a", "")
				}
				b.peer.answer(inv, 200, "OK", "a", sdp)
				for { // a PRACK without a response is repeated
					m, is := b.peer.read(10 * time.Second).(*sipmsg.Request)
					if !is {
						t.Fatal("no ACK came")
					}
					if m.Method == sipmsg.ACK {
						break
					}
				}
				synctest.Wait()
				s.Hangup(sip.Cause{})
				for {
					m, is := b.peer.read(10 * time.Second).(*sipmsg.Request)
					if !is {
						t.Fatal("no BYE came")
					}
					if m.Method == sipmsg.BYE {
						b.peer.answer(m, 200, "OK", "a", "")
						break
					}
				}
				if o := b.ended(s); !o.Answered {
					t.Errorf("outcome %+v", o)
				}
			})
		})
	}
}

// A far end that wants an extension that we have not, or refuses one that we do not require, ends
// the call with its code; no INVITE comes again.
func TestExtensionThatTheFarEndWants(t *testing.T) {
	for _, c := range []struct {
		code   int
		reason string
		fields []string
	}{{420, "Bad Extension", []string{"Unsupported: 100rel"}}, {421, "Extension Required", []string{"Require: 100rel"}}, {494, "Security Agreement Required", nil}} {
		inBubble(t, nil, func(b *bench) {
			s := b.call()
			inv := b.peer.request(sipmsg.INVITE)
			b.peer.answer(inv, c.code, c.reason, "a", "", c.fields...)
			b.peer.request(sipmsg.ACK)
			b.peer.silent(10 * time.Second)
			if o := b.ended(s); o.Code != c.code || o.By != sip.EndedRemote || len(o.Attempts) != 1 {
				t.Errorf("outcome %+v", o)
			}
		})
	}
}
