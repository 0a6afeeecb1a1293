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

const moved = "v=0\r\nmoved"

// ring places a call, has a phone of the peer ring with a tag and SDP (empty: none),
// reliably or not, and returns the phone's side of its early dialog.
func (b *bench) ring(inv *sipmsg.Request, s *sip.Session, tag, body string, reliable bool) *peerDialog {
	b.Helper()
	var fields []string
	if reliable {
		fields = []string{"Require: 100rel", "RSeq: 1"}
	}
	b.peer.answer(inv, 183, "Session Progress", tag, body, fields...)
	if reliable {
		b.peer.answer(b.peer.request(sipmsg.PRACK), 200, "OK", tag, "")
	}
	if p := event[sip.Progress](b, s); p.ToTag != tag || string(p.Body) != body {
		b.Errorf("progress %+v", p)
	}
	return &peerDialog{inv: inv, tag: tag, seq: 100}
}

// busy ends a call that has not been answered.
func (b *bench) busy(inv *sipmsg.Request, s *sip.Session) {
	b.Helper()
	b.peer.answer(inv, 486, "Busy Here", "z", "")
	b.peer.request(sipmsg.ACK)
	if o := b.ended(s); o.Code != 486 {
		b.Errorf("outcome %+v", o)
	}
}

func retryAfter(t *testing.T, res *sipmsg.Response) {
	t.Helper()
	if h := res.GetHeader("Retry-After"); h == nil {
		t.Errorf("no Retry-After in %s", res)
	}
}

// An UPDATE with an offer is taken before the answer once our own offer has been
// answered, by an 18x that is acknowledged or by one that is not (RFC 3311 §5.2,
// RFC 3261 §13.2.1).
func TestUpdateWithAnOfferBeforeTheAnswer(t *testing.T) {
	for _, reliable := range []bool{true, false} {
		t.Run(fmt.Sprint("reliable ", reliable), func(t *testing.T) {
			inBubble(t, nil, func(b *bench) {
				s := b.call()
				inv := b.peer.request(sipmsg.INVITE)
				d := b.ring(inv, s, "a", sdp, reliable)
				for range 2 {
					b.peer.send(d.request("UPDATE", moved))
					if r := event[sip.Reoffer](b, s); string(r.Body) != moved || r.ToTag != "a" {
						t.Errorf("reoffer %+v", r)
					}
					s.AnswerOffer([]byte(held))
					res := b.peer.response(200, sipmsg.UPDATE)
					if string(res.Body()) != held || res.Contact() == nil || res.Contact().Address.User != "+12025550100" || res.GetHeader("Session-Expires") != nil {
						t.Errorf("answer %s", res)
					}
				}
				b.peer.answer(inv, 200, "OK", "a", "")
				b.peer.request(sipmsg.ACK)
				if a := event[sip.Answered](b, s); a.ToTag != "a" || len(a.Body) != 0 {
					t.Errorf("answered %+v", a)
				}
				// It is the same dialog: its numbers go on.
				late := d.again("INFO")
				b.peer.send(late)
				b.peer.response(500, sipmsg.INFO)
				b.over(s, d)
			})
		})
	}
}

func TestUpdateThatIsRefusedBeforeTheAnswer(t *testing.T) {
	for _, c := range []struct {
		name     string
		body     string // of the 18x
		reliable bool
		update   []string
		code     int
	}{
		{"our offer is open", "", false, []string{moved}, 491},
		{"our offer is open after a reliable 18x", "", true, []string{moved}, 491},
		{"no offer, our offer is open", "", false, nil, 200},
		{"no offer after a reliable 18x", "", true, nil, 200},
		{"no offer", sdp, true, nil, 200},
		{"no offer, without PRACK", sdp, false, nil, 200},
		{"a session timer that is too short", sdp, true, []string{"Session-Expires: 30", "Supported: timer"}, 422},
		{"an offer with a session timer that is too short", sdp, true, []string{"Session-Expires: 30", moved}, 422},
		{"an extension that we do not know", sdp, true, []string{"Require: precondition", moved}, 420},
	} {
		t.Run(c.name, func(t *testing.T) {
			inBubble(t, nil, func(b *bench) {
				s := b.call()
				inv := b.peer.request(sipmsg.INVITE)
				d := b.ring(inv, s, "a", c.body, c.reliable)
				b.peer.send(d.request("UPDATE", c.update...))
				if res := b.peer.response(c.code, sipmsg.UPDATE); len(res.Body()) != 0 || c.code == 200 && res.Contact() == nil {
					t.Errorf("answer %s", res)
				}
				b.busy(inv, s)
			})
		})
	}
	t.Run("of a phone without a response", func(t *testing.T) {
		inBubble(t, nil, func(b *bench) {
			s := b.call()
			inv := b.peer.request(sipmsg.INVITE)
			d := &peerDialog{inv: inv, tag: "q", seq: 1}
			b.peer.send(d.request("UPDATE", moved))
			b.peer.response(491, sipmsg.UPDATE)
			b.peer.send(d.request("UPDATE"))
			b.peer.response(200, sipmsg.UPDATE)
			b.busy(inv, s)
		})
	})
	t.Run("out of order", func(t *testing.T) {
		inBubble(t, nil, func(b *bench) {
			s := b.call()
			inv := b.peer.request(sipmsg.INVITE)
			d := b.ring(inv, s, "a", sdp, true)
			b.peer.send(d.request("UPDATE"))
			b.peer.response(200, sipmsg.UPDATE)
			d.seq -= 5
			b.peer.send(d.request("UPDATE"))
			b.peer.response(500, sipmsg.UPDATE)
			b.busy(inv, s)
		})
	})
	t.Run("after the CANCEL", func(t *testing.T) {
		inBubble(t, nil, func(b *bench) {
			s := b.call()
			inv := b.peer.request(sipmsg.INVITE)
			d := b.ring(inv, s, "a", sdp, true)
			s.Hangup(sip.Cause{})
			b.peer.answer(b.peer.request(sipmsg.CANCEL), 200, "OK", "a", "")
			b.peer.send(d.request("UPDATE", moved))
			b.peer.response(481, sipmsg.UPDATE)
			b.peer.answer(inv, 487, "Request Terminated", "a", "")
			b.peer.request(sipmsg.ACK)
			b.ended(s)
		})
	})
	t.Run("INVITE", func(t *testing.T) {
		inBubble(t, nil, func(b *bench) {
			s := b.call()
			inv := b.peer.request(sipmsg.INVITE)
			d := b.ring(inv, s, "a", sdp, true)
			b.peer.send(d.request("INVITE", moved))
			ack := d.again("ACK")
			ack.Via().Params.Add("branch", branch(b.peer.response(491, sipmsg.INVITE)))
			b.peer.send(ack)
			b.busy(inv, s)
		})
	})
}

// One offer is decided at a time: meanwhile another UPDATE of the same phone has to
// wait, with an offer or without, and one of another phone if it makes an offer.
func TestUpdateWhileAnotherIsOpen(t *testing.T) {
	inBubble(t, nil, func(b *bench) {
		s := b.call()
		inv := b.peer.request(sipmsg.INVITE)
		d := b.ring(inv, s, "a", sdp, true)
		other := b.ring(inv, s, "b", sdp, true)
		b.peer.send(d.request("UPDATE", moved))
		open := d.seq
		event[sip.Reoffer](b, s)
		for _, up := range []*sipmsg.Request{d.request("UPDATE", moved), d.request("UPDATE"), other.request("UPDATE", moved)} {
			b.peer.send(up)
			retryAfter(t, b.peer.response(500, sipmsg.UPDATE))
		}
		b.peer.send(other.request("UPDATE"))
		b.peer.response(200, sipmsg.UPDATE)
		s.AnswerOffer([]byte(held))
		if res := b.peer.response(200, sipmsg.UPDATE); int(res.CSeq().SeqNo) != open || string(res.Body()) != held {
			t.Errorf("answer %s", res)
		}
		b.peer.send(other.request("UPDATE", held))
		if r := event[sip.Reoffer](b, s); r.ToTag != "b" {
			t.Errorf("reoffer %+v", r)
		}
		s.RejectOffer(488)
		b.peer.response(488, sipmsg.UPDATE)
		b.peer.send(other.request("UPDATE", held)) // a refused offer changes nothing
		event[sip.Reoffer](b, s)
		s.AnswerOffer([]byte(held))
		b.peer.response(200, sipmsg.UPDATE)
		b.busy(inv, s)
	})
}

// An UPDATE without a decision is answered, whatever becomes of the call.
func TestUpdateWithoutDecision(t *testing.T) {
	for _, c := range []struct {
		name string
		then func(*bench, *sip.Session, *sipmsg.Request)
		code int
	}{
		{"for long", func(b *bench, s *sip.Session, inv *sipmsg.Request) {}, 504},
		{"when we hang up", func(b *bench, s *sip.Session, _ *sipmsg.Request) { s.Hangup(sip.Cause{}) }, 487},
		{"when the call is refused", func(b *bench, s *sip.Session, inv *sipmsg.Request) { b.peer.answer(inv, 486, "Busy", "z", "") }, 487},
		{"when another phone answers", func(b *bench, s *sip.Session, inv *sipmsg.Request) { b.peer.answer(inv, 200, "OK", "b", sdp) }, 481},
		{"when the same phone answers", func(b *bench, s *sip.Session, inv *sipmsg.Request) { b.peer.answer(inv, 200, "OK", "a", "") }, 504},
		{"when the INVITE is challenged", func(b *bench, s *sip.Session, inv *sipmsg.Request) {
			b.peer.answer(inv, 407, "Login", "a", "", `Proxy-Authenticate: Digest realm="r", nonce="n"`)
		}, 481},
	} {
		t.Run(c.name, func(t *testing.T) {
			inBubble(t, nil, func(b *bench) {
				s := b.call(withCredentials, func(o *sip.Outgoing) { o.RingLimit = 2 * time.Minute; o.SetupLimit = 2 * time.Minute })
				inv := b.peer.request(sipmsg.INVITE)
				d := b.ring(inv, s, "a", sdp, true)
				b.peer.send(d.request("UPDATE", moved))
				event[sip.Reoffer](b, s)
				c.then(b, s, inv)
				code, after := 0, time.Now()
				for code == 0 && time.Since(after) < time.Minute {
					switch m := b.peer.read(time.Minute).(type) {
					case *sipmsg.Response:
						code = m.StatusCode
					case *sipmsg.Request:
						switch m.Method {
						case sipmsg.CANCEL:
							b.peer.answer(m, 200, "OK", "a", "")
						case sipmsg.INVITE:
							inv = m
						}
					}
				}
				if took := time.Since(after); code != c.code || code == 504 && took != 32*time.Second || code != 504 && took != 0 {
					t.Errorf("%d after %v, want %d", code, took, c.code)
				}
				s.AnswerOffer([]byte(held)) // too late
				synctest.Wait()
				s.Hangup(sip.Cause{})
				for over := false; !over; {
					m, ok := b.peer.read(time.Second).(*sipmsg.Request)
					switch {
					case !ok:
						over = true
					case m.Method == sipmsg.BYE:
						b.peer.answer(m, 200, "OK", "a", "")
					case m.Method == sipmsg.CANCEL:
						b.peer.answer(m, 200, "OK", "a", "")
						b.peer.answer(inv, 487, "Request Terminated", "a", "")
					case m.Method == sipmsg.INVITE:
						b.peer.answer(m, 487, "Request Terminated", "a", "")
					}
				}
				time.Sleep(time.Minute)
			})
		})
	}
}

// What the INVITE's responses said before an UPDATE is past: said again, it changes
// nothing; another description does.
func TestResponsesAfterAnUpdate(t *testing.T) {
	for _, c := range []struct{ body, want string }{{sdp, ""}, {"", ""}, {"v=0\r\nthird", "v=0\r\nthird"}} {
		for _, code := range []int{183, 200} {
			t.Run(fmt.Sprint(code, " ", c.want), func(t *testing.T) {
				inBubble(t, nil, func(b *bench) {
					s := b.call()
					inv := b.peer.request(sipmsg.INVITE)
					d := b.ring(inv, s, "a", sdp, false)
					b.ring(inv, s, "b", sdp, false)
					b.peer.send(d.request("UPDATE", moved))
					event[sip.Reoffer](b, s)
					s.AnswerOffer([]byte(held))
					b.peer.response(200, sipmsg.UPDATE)
					b.peer.answer(inv, 183, "Session Progress", "b", sdp) // it is another phone's
					if p := event[sip.Progress](b, s); string(p.Body) != sdp {
						t.Errorf("progress %+v", p)
					}
					b.peer.answer(inv, code, "x", "a", c.body)
					if code == 183 {
						if p := event[sip.Progress](b, s); string(p.Body) != c.want {
							t.Errorf("progress %+v", p)
						}
						b.busy(inv, s)
						return
					}
					b.peer.request(sipmsg.ACK)
					if a := event[sip.Answered](b, s); string(a.Body) != c.want {
						t.Errorf("answered %+v", a)
					}
					b.over(s, d)
				})
			})
		}
	}
}

// The target that an UPDATE names is where requests of the early dialog go.
func TestUpdateMovesTheTargetBeforeTheAnswer(t *testing.T) {
	inBubble(t, nil, func(b *bench) {
		s := b.call()
		inv := b.peer.request(sipmsg.INVITE)
		d := b.ring(inv, s, "a", "", true)
		up := d.request("UPDATE")
		up.Contact().Address.User = "moved"
		b.peer.send(up)
		b.peer.response(200, sipmsg.UPDATE)
		res := sipmsg.NewResponseFromRequest(inv, 180, "Ringing", nil)
		res.To().Params.Add("tag", "a")
		res.AppendHeader(sipmsg.NewHeader("Require", "100rel"))
		res.AppendHeader(sipmsg.NewHeader("RSeq", "2"))
		b.peer.send(res)
		prack := b.peer.request(sipmsg.PRACK)
		if prack.Recipient.User != "moved" {
			t.Errorf("PRACK to %s", prack.Recipient.String())
		}
		b.peer.answer(prack, 200, "OK", "a", "")
		res = sipmsg.NewResponseFromRequest(inv, 200, "OK", []byte(sdp)) // it names none either
		res.To().Params.Add("tag", "a")
		b.peer.send(res)
		if ack := b.peer.request(sipmsg.ACK); ack.Recipient.User != "moved" {
			t.Errorf("ACK to %s", ack.Recipient.String())
		}
		event[sip.Progress](b, s)
		event[sip.Answered](b, s)
		b.over(s, d)
	})
}

// Inside a call the same rules hold (RFC 3311 §5.2, RFC 3261 §14.2).
func TestOffersThatMeetInsideACall(t *testing.T) {
	const ourOffer, theirReinvite, theirUpdate, ourAnswer, ourCounterOffer = "our re-INVITE", "their re-INVITE", "their UPDATE", "our answer without its ACK", "our offer without its ACK"
	for _, c := range []struct {
		open                        string
		update, updateOffer, invite int
	}{
		{ourOffer, 200, 491, 491},
		{theirReinvite, 200, 500, 500},
		{theirUpdate, 500, 500, 500},
		{ourAnswer, 200, 0, 500}, // 0: it is taken
		{ourCounterOffer, 200, 491, 491},
	} {
		for request, want := range map[string]int{"UPDATE": c.update, "UPDATE " + moved: c.updateOffer, "INVITE " + moved: c.invite} {
			t.Run(strings.ReplaceAll(c.open+", "+request, "\r\n", " "), func(t *testing.T) {
				inBubble(t, nil, func(b *bench) {
					s, d := b.up()
					var theirs, ours *sipmsg.Request
					switch c.open {
					case ourOffer:
						s.Reoffer([]byte(held))
						ours = b.peer.request(sipmsg.INVITE)
					case theirUpdate:
						theirs = d.request("UPDATE", held)
					case ourCounterOffer:
						theirs = d.request("INVITE")
					default:
						theirs = d.request("INVITE", held)
					}
					if theirs != nil {
						b.peer.send(theirs)
						event[sip.Reoffer](b, s)
					}
					if c.open == ourAnswer || c.open == ourCounterOffer {
						s.AnswerOffer([]byte(sdp))
						b.peer.response(200, sipmsg.INVITE)
					}
					method, body, _ := strings.Cut(request, " ")
					fields := []string{}
					if body != "" {
						fields = append(fields, body)
					}
					b.peer.send(d.request(method, fields...))
					if want == 0 {
						event[sip.Reoffer](b, s)
						s.AnswerOffer([]byte(sdp))
						b.peer.response(200, sipmsg.UPDATE)
					} else if res := b.peer.response(want, sipmsg.RequestMethod(method)); want == 500 {
						retryAfter(t, res)
					} else if method == "INVITE" && want > 299 {
						ack := d.again("ACK")
						ack.Via().Params.Add("branch", branch(res))
						b.peer.send(ack)
					}
					if ours != nil {
						b.peer.answer(ours, 488, "No", "a", "")
						b.peer.request(sipmsg.ACK)
						event[sip.ReofferResult](b, s)
					}
					s.Hangup(sip.Cause{})
					codes := []int{}
					for bye := false; !bye; {
						switch m := b.peer.read(time.Second).(type) {
						case *sipmsg.Request:
							bye = m.Method == sipmsg.BYE
							b.peer.answer(m, 200, "OK", "a", "")
						case *sipmsg.Response:
							codes = append(codes, m.StatusCode)
						default:
							t.Fatal("no BYE")
						}
					}
					if open := c.open == theirReinvite || c.open == theirUpdate; open != (len(codes) == 1 && codes[0] == 487) && c.open != ourAnswer && c.open != ourCounterOffer {
						t.Errorf("what was open is answered %v when we hang up", codes)
					}
					time.Sleep(time.Minute)
				})
			})
		}
	}
}

// A caller may update before our answer too, and with an offer once we have answered.
func TestUpdateOfACaller(t *testing.T) {
	change, taken := taking(func(s *sip.Session) {
		s.Respond(180, "Ringing", nil)
		time.Sleep(time.Second)
		s.Answer([]byte(sdp))
	})
	inBubble(t, change, func(b *bench) {
		raw := invite("1", sdp)
		inv := mustRequest(raw)
		inv.AppendHeader(sipmsg.NewHeader("Session-Expires", "600;refresher=uac"))
		b.peer.send(inv)
		ringing := b.peer.response(180, sipmsg.INVITE)
		b.peer.send(reply(inv, ringing, "UPDATE"))
		b.peer.response(200, sipmsg.UPDATE)
		up := reply(inv, ringing, "UPDATE", moved)
		up.CSeq().SeqNo += 5
		b.peer.send(up)
		retryAfter(t, b.peer.response(500, sipmsg.UPDATE)) // its own offer is open
		again := reply(inv, ringing, "INVITE", moved)
		again.CSeq().SeqNo += 10
		b.peer.send(again)
		refused := b.peer.response(500, sipmsg.INVITE)
		retryAfter(t, refused)
		ack := reply(inv, ringing, "ACK")
		ack.CSeq().SeqNo = again.CSeq().SeqNo
		ack.Via().Params.Add("branch", branch(refused))
		b.peer.send(ack)
		res := b.peer.response(200, sipmsg.INVITE)
		if h := res.GetHeader("Session-Expires"); h == nil || h.Value() != "600;refresher=uac" {
			t.Errorf("the UPDATE took the session timer of the INVITE: %v", h)
		}
		s := taken.next()
		up = reply(inv, res, "UPDATE", moved) // before the ACK
		up.CSeq().SeqNo += 15
		b.peer.send(up)
		event[sip.Reoffer](b, s)
		b.peer.send(reply(inv, res, "ACK"))
		event[sip.Answered](b, s)
		s.AnswerOffer([]byte(held))
		if res := b.peer.response(200, sipmsg.UPDATE); string(res.Body()) != held {
			t.Errorf("answer %s", res)
		}
		bye := reply(inv, res, "BYE")
		bye.CSeq().SeqNo += 20
		b.peer.send(bye)
		b.peer.response(200, sipmsg.BYE)
		b.ended(s)
	})
}

func TestPrack(t *testing.T) {
	inBubble(t, nil, func(b *bench) {
		s := b.call()
		inv := b.peer.request(sipmsg.INVITE)
		rel := func(code int, tag string, rseq int) {
			b.peer.answer(inv, code, fmt.Sprint("r", rseq), tag, "", "Require: 100rel", fmt.Sprintf("RSeq: %d", rseq))
		}
		rack := func(tag, want string) {
			t.Helper()
			p := b.peer.request(sipmsg.PRACK)
			if p.GetHeader("RAck").Value() != want || p.To().Params.GetOr("tag", "") != tag {
				t.Errorf("PRACK %s, want RAck %s", p, want)
			}
			b.peer.answer(p, 200, "OK", tag, "")
		}
		rel(183, "a", 7)
		rack("a", "7 1 INVITE")
		rel(183, "a", 7) // a copy
		rel(180, "a", 9) // one is missing
		b.peer.silent(100 * time.Millisecond)
		rel(180, "a", 8)
		rack("a", "8 1 INVITE")
		rel(180, "b", 1) // another phone numbers its own
		rack("b", "1 1 INVITE")
		for _, want := range []string{"r7", "r8", "r1"} {
			if p := event[sip.Progress](b, s); p.Reason != want {
				t.Errorf("progress %+v, want %s", p, want)
			}
		}
		b.peer.answer(inv, 200, "OK", "a", sdp)
		b.peer.request(sipmsg.ACK)
		event[sip.Answered](b, s)
		s.Hangup(sip.Cause{})
		bye := b.peer.request(sipmsg.BYE)
		if bye.CSeq().SeqNo != 4 { // INVITE 1, PRACK 2 and 3
			t.Errorf("BYE has CSeq %d", bye.CSeq().SeqNo)
		}
		b.peer.answer(bye, 200, "OK", "a", "")
		b.ended(s)
	})
}
