package sip_test

import (
	"testing"
	"time"

	sipmsg "github.com/emiago/sipgo/sip"

	"ringflow/sip"
)

func TestSessionTimerThatTheyRefresh(t *testing.T) {
	inBubble(t, nil, func(b *bench) {
		s := b.call()
		inv := b.peer.request(sipmsg.INVITE)
		b.peer.answer(inv, 200, "OK", "a", sdp, "Session-Expires: 1800;refresher=uas")
		b.peer.request(sipmsg.ACK)
		event[sip.Answered](b, s)
		d := &peerDialog{inv: inv, tag: "a"}
		for range 4 { // an hour
			time.Sleep(15 * time.Minute)
			b.peer.send(d.request("INVITE", sdp, "Supported: timer", "Session-Expires: 1800;refresher=uac"))
			event[sip.Reoffer](b, s)
			s.AnswerOffer([]byte(sdp))
			res := b.peer.response(200, sipmsg.INVITE)
			if h := res.GetHeader("Session-Expires"); h == nil || h.Value() != "1800;refresher=uac" {
				t.Errorf("Session-Expires %v", h)
			}
			b.peer.send(d.again("ACK"))
		}
		start := time.Now() // then they fall silent
		bye := b.peer.request(sipmsg.BYE)
		if took := time.Since(start); took != 30*time.Minute-32*time.Second {
			t.Errorf("BYE after %v", took)
		}
		b.peer.answer(bye, 200, "OK", "a", "")
		if o := b.ended(s); o.By != sip.EndedExpired {
			t.Errorf("outcome %+v", o)
		}
	})
}

func TestSessionTimerThatWeRefresh(t *testing.T) {
	for _, by := range []sipmsg.RequestMethod{sipmsg.UPDATE, sipmsg.INVITE} {
		t.Run("we refresh by "+string(by), func(t *testing.T) {
			inBubble(t, nil, func(b *bench) {
				s := b.call()
				inv := b.peer.request(sipmsg.INVITE)
				allow := "INVITE, ACK, BYE"
				if by == sipmsg.UPDATE {
					allow += ", UPDATE"
				}
				b.peer.answer(inv, 200, "OK", "a", sdp, "Session-Expires: 600;refresher=uac", "Require: timer", "Allow: "+allow)
				b.peer.request(sipmsg.ACK)
				event[sip.Answered](b, s)
				for range 3 {
					start := time.Now()
					up := b.peer.request(by)
					if took := time.Since(start); took != 5*time.Minute {
						t.Errorf("refreshed after %v", took)
					}
					if by == sipmsg.INVITE && string(up.Body()) != sdp || up.GetHeader("Session-Expires").Value() != "600;refresher=uac" {
						t.Errorf("refresh %s", up)
					}
					b.peer.answer(up, 200, "OK", "a", string(up.Body()), "Session-Expires: 600;refresher=uac")
					if by == sipmsg.INVITE {
						b.peer.request(sipmsg.ACK)
					}
				}
				b.over(s, &peerDialog{inv: inv, tag: "a"})
			})
		})
	}
}

func TestSessionTimerTooShort(t *testing.T) {
	inBubble(t, nil, func(b *bench) {
		s, d := b.up()
		b.peer.send(d.request("UPDATE", "Session-Expires: 30", "Supported: timer"))
		if res := b.peer.response(422, sipmsg.UPDATE); res.GetHeader("Min-SE").Value() != "90" {
			t.Errorf("answer %s", res)
		}
		b.over(s, d)
	})
}

func TestSessionTimerThatAProxyWants(t *testing.T) {
	inBubble(t, nil, func(b *bench) {
		s, d := b.up()
		b.peer.send(d.request("UPDATE", "Session-Expires: 600", "Allow: UPDATE"))
		res := b.peer.response(200, sipmsg.UPDATE)
		if h := res.GetHeader("Session-Expires"); h == nil || h.Value() != "600;refresher=uas" || res.GetHeader("Require") != nil {
			t.Errorf("answer %s", res)
		}
		b.over(s, d)
	})
}
