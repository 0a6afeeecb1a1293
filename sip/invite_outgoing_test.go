package sip_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	sipmsg "github.com/emiago/sipgo/sip"

	"ringflow/sip"
)

// up brings a call up and returns the peer's side of its dialog.
func (b *bench) up(change ...func(*sip.Outgoing)) (*sip.Session, *peerDialog) {
	b.Helper()
	s := b.call(change...)
	inv := b.peer.request(sipmsg.INVITE)
	b.peer.answer(inv, 200, "OK", "a", sdp)
	b.peer.request(sipmsg.ACK)
	event[sip.Answered](b, s)
	return s, &peerDialog{inv: inv, tag: "a", seq: 100}
}

// over ends a call from the peer's side.
func (b *bench) over(s *sip.Session, d *peerDialog) sip.Outcome {
	b.Helper()
	b.peer.send(d.request("BYE"))
	b.peer.response(200, sipmsg.BYE)
	return b.ended(s)
}

func TestCallAnsweredAndHungUpByUs(t *testing.T) {
	inBubble(t, nil, func(b *bench) {
		s := b.call()
		inv := b.peer.request(sipmsg.INVITE)
		if inv.Recipient.String() != "sip:+12025550123@10.0.0.2:5060" || string(inv.Body()) != sdp {
			t.Errorf("INVITE %s", inv)
		}
		b.peer.answer(inv, 100, "Trying", "", "")
		b.peer.answer(inv, 180, "Ringing", "a", "")
		if p := event[sip.Progress](b, s); p.Code != 180 || p.ToTag != "a" {
			t.Errorf("progress %+v", p)
		}
		b.peer.answer(inv, 200, "OK", "a", sdp)
		ack := b.peer.request(sipmsg.ACK)
		if got := ack.Recipient.String(); got != "sip:phone@10.0.0.2:5060" {
			t.Errorf("ACK goes to %s, want the Contact", got)
		}
		if a := event[sip.Answered](b, s); a.Code != 200 || string(a.Body) != sdp {
			t.Errorf("answered %+v", a)
		}
		s.Hangup(sip.Cause{Q850: 16, Text: `Normal "clearing"`})
		s.Hangup(sip.Cause{Q850: 31})
		bye := b.peer.request(sipmsg.BYE)
		if got := bye.GetHeader("Reason"); got == nil || got.Value() != `Q.850;cause=16;text="Normal \"clearing\""` {
			t.Errorf("Reason %v", got)
		}
		if bye.CSeq().SeqNo <= inv.CSeq().SeqNo {
			t.Error("CSeq does not rise")
		}
		b.peer.answer(bye, 200, "OK", "a", "")
		o := b.ended(s)
		if !o.Answered || o.Code != 200 || o.By != sip.EndedLocal || o.Trunk != "carrier" || o.Target != peerAddr || len(o.Attempts) != 1 {
			t.Errorf("outcome %+v", o)
		}
		if b.agent.Sessions() != 0 {
			t.Error("the session is still in the table when Ended is reported")
		}
	})
}

// A phone may ring with sound, and another of the same call answer with none.
func TestAnswerNamesThePhoneThatGaveIt(t *testing.T) {
	inBubble(t, nil, func(b *bench) {
		s := b.call()
		inv := b.peer.request(sipmsg.INVITE)
		b.peer.answer(inv, 183, "Session Progress", "a", sdp)
		b.peer.answer(inv, 200, "OK", "b", "")
		b.peer.request(sipmsg.ACK)
		if p := event[sip.Progress](b, s); p.ToTag != "a" {
			t.Errorf("progress of %q", p.ToTag)
		}
		if a := event[sip.Answered](b, s); a.ToTag != "b" {
			t.Errorf("answered by %q", a.ToTag)
		}
		b.over(s, &peerDialog{inv: inv, tag: "b"})
	})
}

func TestCallHungUpByThem(t *testing.T) {
	inBubble(t, nil, func(b *bench) {
		s, d := b.up()
		b.peer.send(d.request("BYE", "Reason: SIP;cause=200, Q.850;cause=16"))
		b.peer.response(200, sipmsg.BYE)
		o := b.ended(s)
		if o.By != sip.EndedRemote || o.Q850 != 16 || !o.Answered {
			t.Errorf("outcome %+v", o)
		}
	})
}

func TestEachRepeatedProvisionalIsReportedInOrder(t *testing.T) {
	inBubble(t, nil, func(b *bench) {
		s := b.call()
		inv := b.peer.request(sipmsg.INVITE)
		for i := range 12 {
			b.peer.answer(inv, 180, fmt.Sprint("Ringing ", i), "a", "")
		}
		b.peer.answer(inv, 200, "OK", "a", sdp)
		for i := range 12 {
			if p := event[sip.Progress](b, s); p.Reason != fmt.Sprint("Ringing ", i) {
				t.Fatalf("progress %d is %q", i, p.Reason)
			}
		}
		event[sip.Answered](b, s)
		b.peer.request(sipmsg.ACK)
		b.over(s, &peerDialog{inv: inv, tag: "a"})
	})
}

func TestProvisionalJustBeforeTheAnswerIsNeverLost(t *testing.T) {
	inBubble(t, nil, func(b *bench) {
		for range 200 {
			s := b.call()
			inv := b.peer.request(sipmsg.INVITE)
			b.peer.answer(inv, 180, "Ringing", "a", "")
			b.peer.answer(inv, 183, "Progress", "a", sdp)
			b.peer.answer(inv, 200, "OK", "a", sdp)
			event[sip.Progress](b, s)
			if p := event[sip.Progress](b, s); string(p.Body) != sdp {
				t.Fatalf("early media lost: %+v", p)
			}
			event[sip.Answered](b, s)
			b.peer.request(sipmsg.ACK)
			b.over(s, &peerDialog{inv: inv, tag: "a"})
		}
	})
}

func TestRefusals(t *testing.T) {
	for _, code := range []int{302, 403, 404, 408, 410, 480, 484, 486, 488, 500, 503, 600, 603, 604, 607, 608} {
		t.Run(fmt.Sprint(code), func(t *testing.T) {
			inBubble(t, nil, func(b *bench) {
				s := b.call()
				inv := b.peer.request(sipmsg.INVITE)
				b.peer.answer(inv, 180, "Ringing", "a", "")
				b.peer.answer(inv, code, "No", "a", "", `Reason: Q.850;cause=21;text="no, thanks"`)
				ack := b.peer.request(sipmsg.ACK)
				if ack.Via().Params.GetOr("branch", "") != inv.Via().Params.GetOr("branch", "-") ||
					ack.Recipient.String() != inv.Recipient.String() {
					t.Errorf("the ACK is not that of the INVITE: %s", ack)
				}
				event[sip.Progress](b, s)
				o := b.ended(s)
				if o.Code != code || o.Answered || o.By != sip.EndedRemote || o.Q850 != 21 || o.Explanation.Text() != "no, thanks" || o.RangAt.IsZero() {
					t.Errorf("outcome %+v", o)
				}
				b.peer.answer(inv, code, "No", "a", "") // its ACK was lost
				b.peer.request(sipmsg.ACK)
			})
		})
	}
}

func TestLimits(t *testing.T) {
	t.Run("ring", func(t *testing.T) {
		inBubble(t, nil, func(b *bench) {
			s := b.call()
			inv := b.peer.request(sipmsg.INVITE)
			time.Sleep(300 * time.Millisecond)
			b.peer.answer(inv, 180, "Ringing", "a", "")
			start := time.Now()
			cancel := b.peer.request(sipmsg.CANCEL)
			if took := time.Since(start); took != 15*time.Second {
				t.Errorf("CANCEL after %v", took)
			}
			b.peer.answer(cancel, 200, "OK", "a", "")
			b.peer.answer(inv, 487, "Request Terminated", "a", "")
			b.peer.request(sipmsg.ACK)
			event[sip.Progress](b, s)
			if o := b.ended(s); o.By != sip.EndedRingLimit || o.Code != 487 {
				t.Errorf("outcome %+v", o)
			}
		})
	})
	t.Run("setup", func(t *testing.T) {
		inBubble(t, nil, func(b *bench) {
			s := b.call()
			inv := b.peer.request(sipmsg.INVITE)
			start := time.Now()
			b.peer.answer(inv, 100, "Trying", "", "")
			cancel := b.peer.request(sipmsg.CANCEL)
			if took := time.Since(start); took != 25*time.Second {
				t.Errorf("CANCEL after %v", took)
			}
			b.peer.answer(cancel, 200, "OK", "a", "")
			b.peer.answer(inv, 487, "Request Terminated", "a", "")
			b.peer.request(sipmsg.ACK)
			if o := b.ended(s); o.By != sip.EndedSetupLimit {
				t.Errorf("outcome %+v", o)
			}
		})
	})
	t.Run("no reply", func(t *testing.T) {
		inBubble(t, nil, func(b *bench) {
			start := time.Now()
			s := b.call()
			if o := b.ended(s); o.By != sip.EndedNoReply || o.Code != 0 || time.Since(start) != 25*time.Second || len(o.Attempts) != 1 {
				t.Errorf("after %v: %+v", time.Since(start), o)
			}
			for range 6 { // 0, 0.5, 1.5, 3.5, 7.5, 15.5 s
				b.peer.request(sipmsg.INVITE)
			}
			b.peer.silent(time.Minute)
		})
	})
	t.Run("no reply to the INVITE with credentials", func(t *testing.T) {
		inBubble(t, nil, func(b *bench) {
			s := b.call(withCredentials)
			b.peer.answer(b.peer.request(sipmsg.INVITE), 401, "Login", "x", "", `WWW-Authenticate: Digest realm="r", nonce="n", qop="auth"`)
			if o := b.ended(s); o.By != sip.EndedNoReply {
				t.Errorf("outcome %+v", o)
			}
		})
	})
}

func with(h sip.Header) func(string) []sip.Header {
	return func(string) []sip.Header { return []sip.Header{h} }
}

func TestOutgoingThatCannotBePlaced(t *testing.T) {
	for name, change := range map[string]func(*sip.Outgoing){
		"no trunk":          func(o *sip.Outgoing) { o.Trunk = nil },
		"no targets":        func(o *sip.Outgoing) { o.Trunk.Targets = nil },
		"no number":         func(o *sip.Outgoing) { o.To = "" },
		"line break in To":  func(o *sip.Outgoing) { o.To = "1\r\nX: y" },
		"NUL in From":       func(o *sip.Outgoing) { o.From = "a\x00" },
		"break in Display":  func(o *sip.Outgoing) { o.Display = "a\nb" },
		"break in a header": func(o *sip.Outgoing) { o.Headers = with(sip.Header{"X-A", "1\r\nVia: x"}) },
		"header name":       func(o *sip.Outgoing) { o.Headers = with(sip.Header{"X A:", "1"}) },
		"our own header":    func(o *sip.Outgoing) { o.Headers = with(sip.Header{"call-id", "1"}) },
		"domain":            func(o *sip.Outgoing) { o.Trunk.Domain = "a>b" },
		"host of From":      func(o *sip.Outgoing) { o.FromHost = "a b" },
		"break in the host": func(o *sip.Outgoing) { o.FromHost = "a\r\nb" },
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, nil, func(b *bench) {
				s := b.call(change)
				o := b.ended(s)
				if o.By != sip.EndedLocal || o.Err == nil {
					t.Errorf("outcome %+v", o)
				}
				b.peer.silent(time.Minute)
			})
		})
	}
}

func TestIdentityOfAnInvite(t *testing.T) {
	inBubble(t, nil, func(b *bench) {
		s := b.call(func(o *sip.Outgoing) {
			o.Trunk.Domain, o.Display = "carrier.example", `Bo "B" \ Co`
			o.Headers = func(domain string) []sip.Header {
				return []sip.Header{{"P-Asserted-Identity", "<sip:+12025550100@" + domain + ">"}}
			}
		})
		inv := b.peer.request(sipmsg.INVITE)
		if inv.Recipient.String() != "sip:+12025550123@carrier.example" {
			t.Errorf("Request-URI %s", inv.Recipient.String())
		}
		if !strings.HasPrefix(inv.From().Value(), `"Bo \"B\" \\ Co" <sip:+12025550100@carrier.example>;tag=`) {
			t.Errorf("From %s", inv.From().Value())
		}
		if inv.GetHeader("P-Asserted-Identity").Value() != "<sip:+12025550100@carrier.example>" || inv.Contact().Address.String() != "sip:+12025550100@10.0.0.1:5060" {
			t.Errorf("INVITE %s", inv)
		}
		b.peer.answer(inv, 486, "Busy", "x", "")
		b.peer.request(sipmsg.ACK)
		b.ended(s)
	})
}
