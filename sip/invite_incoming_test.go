package sip_test

import (
	"fmt"
	"runtime"
	"testing"
	"testing/synctest"
	"time"

	sipmsg "github.com/emiago/sipgo/sip"

	"ringflow/sip"
)

// takings are the sessions that the agent of a bubble took.
type takings struct{ sessions chan *sip.Session }

func (t *takings) next() *sip.Session { return <-t.sessions }

// taking lets the agent take calls with f.
func taking(f func(*sip.Session)) (func(*sip.Config), *takings) {
	t := &takings{}
	return func(c *sip.Config) {
		t.sessions = make(chan *sip.Session, 1024) // of the bubble
		c.Inbound = func(s *sip.Session) {
			f(s)
			t.sessions <- s
		}
	}, t
}

// reply builds a request of the caller inside the dialog that res opened.
func reply(inv *sipmsg.Request, res *sipmsg.Response, method string, fields ...string) *sipmsg.Request {
	d := &peerDialog{inv: mustRequest("INVITE sip:us@" + ourAddr + " SIP/2.0\r\nFrom: " + res.To().Value() +
		"\r\nTo: <" + inv.From().Address.String() + ">\r\nCall-ID: " + inv.CallID().Value() +
		"\r\nContact: <sip:us@" + ourAddr + ">\r\n\r\n"), tag: inv.From().Params.GetOr("tag", ""), seq: int(inv.CSeq().SeqNo)}
	if method == "ACK" {
		return d.again(method, fields...)
	}
	return d.request(method, fields...)
}

func TestAckLost(t *testing.T) {
	change, taken := taking(func(s *sip.Session) { s.Answer([]byte(sdp)) })
	inBubble(t, change, func(b *bench) {
		start := time.Now()
		b.peer.sendTo(invite("1"), ourAddr)
		// T1 doubling to T2 (RFC 3261 §13.3.1.4).
		for _, at := range []float64{0, 0.5, 1.5, 3.5, 7.5, 11.5, 15.5, 19.5, 23.5, 27.5, 31.5} {
			b.peer.response(200, sipmsg.INVITE)
			if took := time.Since(start); took != time.Duration(at*float64(time.Second)) {
				t.Fatalf("200 at %v, want %v s", took, at)
			}
		}
		bye := b.peer.request(sipmsg.BYE)
		if took := time.Since(start); took != 32*time.Second {
			t.Errorf("BYE after %v", took)
		}
		b.peer.answer(bye, 200, "OK", "x", "")
		if o := b.ended(taken.next()); o.By != sip.EndedAckTimeout || o.Answered {
			t.Errorf("outcome %+v", o)
		}
	})
}

func TestHangupBeforeTheAck(t *testing.T) {
	change, taken := taking(func(s *sip.Session) { s.Answer([]byte(sdp)); s.Hangup(sip.Cause{}) })
	inBubble(t, change, func(b *bench) {
		inv := mustRequest(invite("1"))
		b.peer.send(inv)
		res := b.peer.response(200, sipmsg.INVITE)
		b.peer.silent(400 * time.Millisecond) // BYE must wait for the ACK (§15)
		b.peer.send(reply(inv, res, "ACK"))
		b.peer.answer(b.peer.request(sipmsg.BYE), 200, "OK", "x", "")
		if o := b.ended(taken.next()); o.By != sip.EndedLocal {
			t.Errorf("outcome %+v", o)
		}
	})
}

func TestByeInsteadOfTheAck(t *testing.T) {
	change, taken := taking(func(s *sip.Session) { s.Answer([]byte(sdp)) })
	inBubble(t, change, func(b *bench) {
		inv := mustRequest(invite("1"))
		b.peer.send(inv)
		res := b.peer.response(200, sipmsg.INVITE)
		b.peer.send(reply(inv, res, "BYE"))
		b.peer.response(200, sipmsg.BYE)
		if o := b.ended(taken.next()); o.By != sip.EndedRemote {
			t.Errorf("outcome %+v", o)
		}
		b.peer.silent(time.Minute)
	})
}

func TestAckAndByeInOneBreathStayInOrder(t *testing.T) {
	change, taken := taking(func(s *sip.Session) { s.Answer([]byte(sdp)) })
	inBubble(t, change, func(b *bench) {
		for i := range 100 {
			inv := mustRequest(invite(fmt.Sprint(i)))
			b.peer.send(inv)
			res := b.peer.response(200, sipmsg.INVITE)
			b.peer.send(reply(inv, res, "ACK"))
			b.peer.send(reply(inv, res, "BYE"))
			b.peer.response(200, sipmsg.BYE)
			s := taken.next()
			event[sip.Answered](b, s)
			if o := b.ended(s); !o.Answered {
				t.Fatalf("outcome %+v", o)
			}
		}
	})
}

func TestInviteAndCancelInOneBreath(t *testing.T) {
	change, _ := taking(func(s *sip.Session) { s.Respond(180, "Ringing", nil) })
	inBubble(t, change, func(b *bench) {
		for i := range 100 {
			inv := mustRequest(invite(fmt.Sprint(i)))
			b.peer.send(inv)
			b.peer.send(cancelOf(inv))
			ok, final := 0, 0
			var refused *sipmsg.Response
			for ok == 0 || final == 0 {
				res, _ := b.peer.read(time.Minute).(*sipmsg.Response)
				switch {
				case res == nil:
					t.Fatalf("%d answers to CANCEL, %d final ones to INVITE", ok, final)
				case res.CSeq().MethodName == sipmsg.CANCEL && res.StatusCode == 200:
					ok++
				case res.StatusCode == 487:
					final, refused = final+1, res
				case res.StatusCode >= 200:
					t.Fatalf("answer %s", res)
				}
			}
			ack := mustRequest(inv.String())
			ack.Method = sipmsg.ACK
			ack.CSeq().MethodName = sipmsg.ACK
			ack.To().Params.Add("tag", refused.To().Params.GetOr("tag", ""))
			b.peer.send(ack)
			synctest.Wait()
		}
		b.peer.silent(time.Minute)
	})
}

func TestAnswerAndCancelInOneBreath(t *testing.T) {
	change, taken := taking(func(s *sip.Session) { s.Answer([]byte(sdp)) })
	inBubble(t, change, func(b *bench) {
		won := map[int]int{}
		for i := range 200 {
			inv := mustRequest(invite(fmt.Sprint(i)))
			b.peer.send(inv)
			for range i % 5 {
				runtime.Gosched()
			}
			b.peer.send(cancelOf(inv))
			var final *sipmsg.Response
			for cancelled := false; final == nil || !cancelled; {
				res, _ := b.peer.read(time.Minute).(*sipmsg.Response)
				if res == nil {
					t.Fatal("no answer")
				}
				cancelled = cancelled || res.CSeq().MethodName == sipmsg.CANCEL
				if res.CSeq().MethodName == sipmsg.INVITE && res.StatusCode >= 200 {
					final = res
				}
			}
			won[final.StatusCode]++
			ack := reply(inv, final, "ACK")
			if final.StatusCode >= 300 {
				ack.Via().Params.Add("branch", branch(final))
			}
			b.peer.send(ack)
			if final.StatusCode == 200 {
				b.peer.send(reply(inv, final, "BYE"))
				b.peer.response(200, sipmsg.BYE)
			}
			synctest.Wait()
			for len(taken.sessions) > 0 {
				if o := b.ended(taken.next()); o.By != sip.EndedRemote || o.Code != final.StatusCode {
					t.Fatalf("the caller has %d, our outcome is %+v", final.StatusCode, o)
				}
			}
		}
		t.Log("final answers:", won)
	})
}

// cancelOf is the caller's CANCEL.
func cancelOf(inv *sipmsg.Request) *sipmsg.Request {
	c := mustRequest(inv.String())
	c.Method = sipmsg.CANCEL
	c.CSeq().MethodName = sipmsg.CANCEL
	return c
}

func TestCancelAfterTheAnswerIsTooLate(t *testing.T) {
	change, taken := taking(func(s *sip.Session) { s.Answer([]byte(sdp)) })
	inBubble(t, change, func(b *bench) {
		inv := mustRequest(invite("1"))
		b.peer.send(inv)
		res := b.peer.response(200, sipmsg.INVITE)
		b.peer.send(cancelOf(inv))
		b.peer.response(200, sipmsg.CANCEL)
		b.peer.send(reply(inv, res, "ACK"))
		s := taken.next()
		event[sip.Answered](b, s)
		b.peer.send(reply(inv, res, "BYE"))
		b.peer.response(200, sipmsg.BYE)
		b.ended(s)
	})
}

func TestCopiesOfAnInvite(t *testing.T) {
	change, taken := taking(func(s *sip.Session) { s.Respond(180, "Ringing", nil) })
	inBubble(t, change, func(b *bench) {
		inv := mustRequest(invite("1"))
		b.peer.send(inv)
		ringing := b.peer.response(180, sipmsg.INVITE)
		b.peer.send(inv) // the same again
		if again := b.peer.response(180, sipmsg.INVITE); again.To().Value() != ringing.To().Value() {
			t.Error("a copy was taken for another call")
		}
		other := mustRequest(inv.String())
		other.Via().Params.Add("branch", "z9hG4bKother") // by another path
		b.peer.send(other)
		b.peer.response(482, sipmsg.INVITE)
		s := taken.next()
		s.Reject(480, "Away")
		res := b.peer.response(480, sipmsg.INVITE)
		ack := mustRequest(inv.String())
		ack.Method, ack.CSeq().MethodName = sipmsg.ACK, sipmsg.ACK
		ack.To().Params.Add("tag", res.To().Params.GetOr("tag", ""))
		b.peer.send(ack)
		b.ended(s)
		time.Sleep(10 * time.Second)
		b.peer.send(inv) // a very late copy
		b.peer.silent(time.Minute)
	})
}

func TestRefusalIsRepeatedUntilItsAck(t *testing.T) {
	change, taken := taking(func(s *sip.Session) { s.Reject(486, "Busy Here") })
	inBubble(t, change, func(b *bench) {
		b.peer.sendTo(invite("1"), ourAddr)
		s := taken.next()
		start := time.Now()
		if o := b.ended(s); o.Code != 486 || o.By != sip.EndedLocal || time.Since(start) > time.Millisecond {
			t.Errorf("told after %v: %+v", time.Since(start), o)
		}
		n := 0
		for b.peer.read(time.Minute) != nil {
			n++
		}
		if n != 11 {
			t.Errorf("%d refusals sent within 64·T1, want 11", n)
		}
	})
}

func TestHangupOfAnUnansweredInboundCall(t *testing.T) {
	change, taken := taking(func(s *sip.Session) { s.Hangup(sip.Cause{Q850: 17}) })
	inBubble(t, change, func(b *bench) {
		inv := mustRequest(invite("1"))
		b.peer.send(inv)
		res := b.peer.response(603, sipmsg.INVITE)
		if h := res.GetHeader("Reason"); h == nil || h.Value() != "Q.850;cause=17" {
			t.Errorf("Reason %v", h)
		}
		b.ended(taken.next())
		time.Sleep(time.Minute)
	})
}

func TestPanicsEndOneSessionOnly(t *testing.T) {
	change, _ := taking(func(s *sip.Session) {
		if s.From() == "bad" {
			panic("of the owner")
		}
		s.Respond(180, "Ringing", nil)
	})
	inBubble(t, change, func(b *bench) {
		bad := mustRequest(invite("1"))
		bad.From().Address.User = "bad"
		b.peer.send(bad)
		b.peer.response(500, sipmsg.INVITE)
		good := mustRequest(invite("2"))
		b.peer.send(good)
		for {
			res := b.peer.read(time.Minute).(*sipmsg.Response)
			if res.CallID().Value() == "call2" {
				break
			}
		}
		b.peer.send(cancelOf(good))
		time.Sleep(time.Minute)
	})
}

func TestDelayedOffer(t *testing.T) {
	change, taken := taking(func(s *sip.Session) { s.Answer([]byte(sdp)) })
	inBubble(t, change, func(b *bench) {
		inv := mustRequest(invite("1"))
		b.peer.send(inv)
		res := b.peer.response(200, sipmsg.INVITE)
		b.peer.send(reply(inv, res, "ACK", "v=0\r\nanswer"))
		s := taken.next()
		if a := event[sip.Answered](b, s); string(a.Body) != "v=0\r\nanswer" {
			t.Errorf("answered %+v", a)
		}
		b.peer.send(reply(inv, res, "BYE"))
		b.peer.response(200, sipmsg.BYE)
		b.ended(s)
	})
}
