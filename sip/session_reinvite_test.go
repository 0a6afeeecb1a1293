package sip_test

import (
	"testing"
	"time"

	sipmsg "github.com/emiago/sipgo/sip"

	"ringflow/sip"
)

const held = "v=0\r\nheld"

func TestReinviteFromThem(t *testing.T) {
	inBubble(t, nil, func(b *bench) {
		s, d := b.up()
		b.peer.send(d.request("INVITE", held))
		if r := event[sip.Reoffer](b, s); string(r.Body) != held {
			t.Errorf("reoffer %+v", r)
		}
		again := d.request("INVITE", "v=0\r\nmore") // before the first is decided
		b.peer.send(again)
		refused := b.peer.response(500, sipmsg.INVITE)
		if refused.GetHeader("Retry-After") == nil {
			t.Error("no Retry-After (RFC 3261 §14.2)")
		}
		ack := d.again("ACK")
		ack.Via().Params.Add("branch", branch(refused))
		b.peer.send(ack)
		s.AnswerOffer([]byte(sdp))
		res := b.peer.response(200, sipmsg.INVITE)
		if string(res.Body()) != sdp || res.Contact() == nil {
			t.Errorf("answer %s", res)
		}
		b.peer.response(200, sipmsg.INVITE) // its ACK is lost
		d.seq--
		b.peer.send(d.again("ACK"))
		b.peer.silent(time.Minute)
		d.seq++
		b.over(s, d)
	})
}

// A 200 to a re-INVITE that is never acknowledged is repeated for 64·T1, and then the call is
// ended by a BYE (RFC 3261 §13.3.1.4, §14.2).
func TestAckOfAReinviteLost(t *testing.T) {
	inBubble(t, nil, func(b *bench) {
		s, d := b.up()
		b.peer.send(d.request("INVITE", held))
		event[sip.Reoffer](b, s)
		start := time.Now()
		s.AnswerOffer([]byte(sdp))
		for range 11 {
			b.peer.response(200, sipmsg.INVITE)
		}
		bye := b.peer.request(sipmsg.BYE)
		if took := time.Since(start); took != 32*time.Second {
			t.Errorf("BYE after %v", took)
		}
		b.peer.answer(bye, 200, "OK", "x", "")
		if o := b.ended(s); o.By != sip.EndedAckTimeout || !o.Answered {
			t.Errorf("outcome %+v", o)
		}
	})
}

func TestReinviteRefused(t *testing.T) {
	inBubble(t, nil, func(b *bench) {
		s, d := b.up()
		b.peer.send(d.request("INVITE", held))
		event[sip.Reoffer](b, s)
		s.RejectOffer(488)
		res := b.peer.response(488, sipmsg.INVITE)
		ack := d.again("ACK")
		ack.Via().Params.Add("branch", branch(res))
		b.peer.send(ack)
		b.over(s, d)
	})
}

func branch(m sipmsg.Message) string { return m.Via().Params.GetOr("branch", "") }

func TestReinviteWithoutDecision(t *testing.T) {
	inBubble(t, nil, func(b *bench) {
		s, d := b.up()
		b.peer.send(d.request("INVITE", held))
		b.peer.response(100, sipmsg.INVITE)
		res := b.peer.response(504, sipmsg.INVITE)
		ack := d.again("ACK")
		ack.Via().Params.Add("branch", branch(res))
		b.peer.send(ack)
		event[sip.Reoffer](b, s)
		b.over(s, d)
	})
}

func TestReinviteWithoutOffer(t *testing.T) {
	inBubble(t, nil, func(b *bench) {
		s, d := b.up()
		b.peer.send(d.request("INVITE"))
		if r := event[sip.Reoffer](b, s); len(r.Body) != 0 {
			t.Errorf("reoffer %+v", r)
		}
		s.AnswerOffer([]byte(sdp))
		b.peer.response(200, sipmsg.INVITE)
		b.peer.send(d.again("ACK", held))
		if r := event[sip.ReofferResult](b, s); r.Code != 200 || string(r.Body) != held {
			t.Errorf("result %+v", r)
		}
		b.over(s, d)
	})
}

func TestByeWhileAReinviteIsOpen(t *testing.T) {
	inBubble(t, nil, func(b *bench) {
		s, d := b.up()
		b.peer.send(d.request("INVITE", held))
		event[sip.Reoffer](b, s)
		invite := d.again("ACK")
		b.peer.send(d.request("BYE"))
		codes := map[string]int{}
		for range 2 {
			res := b.peer.read(time.Second).(*sipmsg.Response)
			codes[string(res.CSeq().MethodName)] = res.StatusCode
			if res.CSeq().MethodName == sipmsg.INVITE {
				invite.Via().Params.Add("branch", branch(res))
				b.peer.send(invite)
			}
		}
		if codes["BYE"] != 200 || codes["INVITE"] != 487 {
			t.Errorf("answers %v", codes)
		}
		s.AnswerOffer([]byte(sdp))
		b.ended(s)
		b.peer.silent(time.Minute)
	})
}

// The answer to a re-INVITE that was cancelled is no answer to the next one.
func TestAnswerToACancelledReinvite(t *testing.T) {
	inBubble(t, nil, func(b *bench) {
		s, d := b.up()
		first := d.request("INVITE", held)
		b.peer.send(first)
		cancelled := event[sip.Reoffer](b, s)
		b.peer.send(cancelOf(first))
		b.peer.response(200, sipmsg.CANCEL)
		refused := b.peer.response(487, sipmsg.INVITE)
		ack := d.again("ACK")
		ack.Via().Params.Add("branch", branch(refused))
		b.peer.send(ack)
		b.peer.send(d.request("INVITE", "v=0\r\nmore"))
		next := event[sip.Reoffer](b, s)
		s.Do(func() {
			if cancelled.IsOpen() || !next.IsOpen() {
				t.Errorf("open are %v and %v, want the second alone", cancelled.IsOpen(), next.IsOpen())
			}
			cancelled.Answer([]byte("v=0\r\nof the first"))
			cancelled.Reject(488)
			next.Reject(200) // which refuses nothing
		})
		b.peer.silent(100 * time.Millisecond)
		s.Do(func() { next.Answer([]byte(sdp)) })
		if res := b.peer.response(200, sipmsg.INVITE); string(res.Body()) != sdp {
			t.Errorf("answer %s", res)
		}
		b.peer.send(d.again("ACK"))
		b.over(s, d)
	})
}

func TestReinviteFromUs(t *testing.T) {
	inBubble(t, nil, func(b *bench) {
		s, d := b.up()
		s.Reoffer([]byte(held))
		inv := b.peer.request(sipmsg.INVITE)
		if string(inv.Body()) != held || inv.To().Params.GetOr("tag", "") != "a" {
			t.Errorf("re-INVITE %s", inv)
		}
		b.peer.answer(inv, 200, "OK", "a", sdp, "Contact: <sip:moved@"+peerAddr+">")
		b.peer.request(sipmsg.ACK)
		b.peer.answer(inv, 200, "OK", "a", sdp, "Contact: <sip:moved@"+peerAddr+">") // the ACK was lost
		if ack := b.peer.request(sipmsg.ACK); ack.Recipient.User != "moved" {
			t.Errorf("ACK to %s, want the new target", ack.Recipient.String())
		}
		if r := event[sip.ReofferResult](b, s); r.Code != 200 || string(r.Body) != sdp {
			t.Errorf("result %+v", r)
		}
		s.Reoffer([]byte(held))
		inv = b.peer.request(sipmsg.INVITE)
		b.peer.answer(inv, 488, "No", "a", "")
		ack := b.peer.request(sipmsg.ACK)
		if branch(ack) != branch(inv) || ack.Recipient.String() != inv.Recipient.String() {
			t.Errorf("the ACK is not that of the re-INVITE: %s", ack)
		}
		if r := event[sip.ReofferResult](b, s); r.Code != 488 {
			t.Errorf("result %+v", r)
		}
		b.over(s, d)
	})
}

func TestGlare(t *testing.T) {
	inBubble(t, nil, func(b *bench) {
		s, d := b.up()
		s.Reoffer([]byte(held))
		inv := b.peer.request(sipmsg.INVITE)
		b.peer.send(d.request("INVITE", "v=0\r\ntheirs")) // they meet
		res := b.peer.response(491, sipmsg.INVITE)
		ack := d.again("ACK")
		ack.Via().Params.Add("branch", branch(res))
		b.peer.send(ack)
		b.peer.answer(inv, 491, "Request Pending", "a", "")
		b.peer.request(sipmsg.ACK)
		start := time.Now()
		inv = b.peer.request(sipmsg.INVITE) // the owner of the Call-ID waits 2.1 to 4 s
		if took := time.Since(start); took < 2100*time.Millisecond || took > 4*time.Second {
			t.Errorf("sent again after %v", took)
		}
		b.peer.answer(inv, 200, "OK", "a", sdp)
		b.peer.request(sipmsg.ACK)
		if r := event[sip.ReofferResult](b, s); r.Code != 200 {
			t.Errorf("result %+v", r)
		}
		b.over(s, d)
	})
}

func TestUpdate(t *testing.T) {
	inBubble(t, nil, func(b *bench) {
		s, d := b.up()
		up := d.request("UPDATE")
		up.Contact().Address.User = "elsewhere"
		b.peer.send(up)
		b.peer.response(200, sipmsg.UPDATE)
		b.peer.send(d.request("UPDATE", held))
		event[sip.Reoffer](b, s)
		s.AnswerOffer([]byte(sdp))
		if res := b.peer.response(200, sipmsg.UPDATE); string(res.Body()) != sdp {
			t.Errorf("answer %s", res)
		}
		s.Hangup(sip.Cause{})
		bye := b.peer.request(sipmsg.BYE)
		if bye.Recipient.User != "phone" { // the last UPDATE named the phone again
			t.Errorf("BYE to %s", bye.Recipient.String())
		}
		b.peer.answer(bye, 200, "OK", "a", "")
		b.ended(s)
	})
}

func TestRouteSetIsFrozenAndTargetRefreshed(t *testing.T) {
	inBubble(t, nil, func(b *bench) {
		next := newPeer(t, b.net.listen(nextAddr))
		s := b.call()
		inv := b.peer.request(sipmsg.INVITE)
		b.peer.answer(inv, 200, "OK", "a", sdp, "Contact: <sip:phone@203.0.113.7>",
			"Record-Route: <sip:far.example;lr>", "Record-Route: <sip:"+nextAddr+";lr>")
		ack := next.request(sipmsg.ACK)
		routes := ack.GetHeaders("Route")
		if len(routes) != 2 || routes[0].Value() != "<sip:"+nextAddr+";lr>" || routes[1].Value() != "<sip:far.example;lr>" ||
			ack.Recipient.String() != "sip:phone@203.0.113.7" {
			t.Errorf("ACK %s", ack)
		}
		event[sip.Answered](b, s)
		d := &peerDialog{inv: inv, tag: "a"}
		up := d.request("UPDATE", "Record-Route: <sip:other.example;lr>")
		up.Contact().Address.User = "moved"
		b.peer.send(up)
		b.peer.response(200, sipmsg.UPDATE)
		s.Hangup(sip.Cause{})
		bye := next.request(sipmsg.BYE)
		if len(bye.GetHeaders("Route")) != 2 || bye.Recipient.User != "moved" {
			t.Errorf("BYE %s", bye)
		}
		next.sendTo(sipmsg.NewResponseFromRequest(bye, 200, "OK", nil).String(), ourAddr)
		b.ended(s)
	})
}

func TestStrictRouter(t *testing.T) {
	inBubble(t, nil, func(b *bench) {
		next := newPeer(t, b.net.listen(nextAddr))
		s := b.call()
		inv := b.peer.request(sipmsg.INVITE)
		b.peer.answer(inv, 200, "OK", "a", sdp, "Record-Route: <sip:"+nextAddr+">")
		ack := next.request(sipmsg.ACK)
		if ack.Recipient.String() != "sip:"+nextAddr || ack.Route().Address.String() != "sip:phone@"+peerAddr {
			t.Errorf("ACK %s", ack)
		}
		event[sip.Answered](b, s)
		b.over(s, &peerDialog{inv: inv, tag: "a"})
	})
}

func TestContactBehindNAT(t *testing.T) {
	inBubble(t, nil, func(b *bench) {
		public := newPeer(t, b.net.listen("198.51.100.9:5060"))
		s := b.call(func(o *sip.Outgoing) { o.Trunk.Targets = []string{"198.51.100.9:5060"} })
		inv := public.request(sipmsg.INVITE)
		public.answer(inv, 200, "OK", "a", sdp, "Contact: <sip:phone@192.168.1.7>")
		if ack := public.request(sipmsg.ACK); ack.Recipient.String() != "sip:phone@192.168.1.7" {
			t.Errorf("ACK %s", ack)
		}
		event[sip.Answered](b, s)
		s.Hangup(sip.Cause{})
		public.answer(public.request(sipmsg.BYE), 200, "OK", "a", "")
		b.ended(s)
	})
}

func TestRequestsOutOfOrder(t *testing.T) {
	inBubble(t, nil, func(b *bench) {
		s, d := b.up()
		b.peer.send(d.request("INFO"))
		b.peer.response(200, sipmsg.INFO)
		event[sip.InfoReceived](b, s)
		d.seq -= 5
		b.peer.send(d.request("INFO"))
		b.peer.response(500, sipmsg.INFO)
		d.seq += 5
		unknown := d.request("BYE")
		unknown.From().Params.Add("tag", "stranger")
		b.peer.send(unknown)
		b.peer.response(481, sipmsg.BYE)
		b.over(s, d)
	})
}

func TestTheyNoLongerKnowTheCall(t *testing.T) {
	inBubble(t, nil, func(b *bench) {
		s, _ := b.up()
		s.Info("text/plain", []byte("x"))
		b.peer.answer(b.peer.request(sipmsg.INFO), 481, "Gone", "a", "")
		if o := b.ended(s); o.By != sip.EndedRemote {
			t.Errorf("outcome %+v", o)
		}
	})
}
