package sip_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	sipmsg "github.com/emiago/sipgo/sip"

	"ringflow/sip"
)

// supportedBy is what a message of ours says that we support.
func supportedBy(t *testing.T, m sipmsg.Message) []string {
	t.Helper()
	h := m.GetHeaders("Supported")
	if len(h) != 1 {
		t.Fatalf("%d Supported header fields in %s", len(h), m)
	}
	return strings.Split(h[0].Value(), ", ")
}

// Whatever message advertises extensions advertises the same ones, and each of
// them may be required of every request that takes Require.
func TestEveryExtensionThatWeAdvertiseMayBeRequired(t *testing.T) {
	inBubble(t, nil, func(b *bench) {
		s := b.call()
		inv := b.peer.request(sipmsg.INVITE)
		tags := supportedBy(t, inv)
		if !slices.Contains(tags, "100rel") || !slices.Contains(tags, "timer") {
			t.Errorf("INVITE supports %v", tags)
		}
		b.peer.answer(inv, 200, "OK", "a", sdp, "Allow: UPDATE", "Session-Expires: 600;refresher=uac")
		b.peer.request(sipmsg.ACK)
		event[sip.Answered](b, s)
		d := &peerDialog{inv: inv, tag: "a", seq: 100}
		same := func(m sipmsg.Message) {
			t.Helper()
			if got := supportedBy(t, m); !slices.Equal(got, tags) {
				t.Errorf("%v are supported, want %v: %s", got, tags, m)
			}
		}
		for _, tag := range append(tags, "100REL", strings.Join(tags, " ,"), strings.Join(tags, ",,"), "") {
			require := "Require: " + tag
			b.peer.send(d.request("INVITE", require, sdp))
			event[sip.Reoffer](b, s)
			s.AnswerOffer([]byte(sdp))
			same(b.peer.response(200, sipmsg.INVITE))
			b.peer.send(d.again("ACK"))
			b.peer.send(d.request("UPDATE", require))
			same(b.peer.response(200, sipmsg.UPDATE))
			b.peer.send(d.request("OPTIONS", require))
			same(b.peer.response(200, sipmsg.OPTIONS))
			b.peer.send(d.request("INFO", require))
			b.peer.response(200, sipmsg.INFO)
			event[sip.InfoReceived](b, s)
		}
		b.peer.sendTo(rawRequest("OPTIONS", "outside", "Require: "+tags[0]), ourAddr)
		same(b.peer.response(200, sipmsg.OPTIONS))
		s.Reoffer([]byte(held))
		re := b.peer.request(sipmsg.INVITE)
		same(re)
		b.peer.answer(re, 200, "OK", "a", sdp, "Session-Expires: 600;refresher=uac")
		b.peer.request(sipmsg.ACK)
		event[sip.ReofferResult](b, s)
		up := b.peer.request(sipmsg.UPDATE) // the session timer
		same(up)
		b.peer.answer(up, 200, "OK", "a", "")
		b.peer.send(d.request("BYE", "Require: "+tags[0]))
		b.peer.response(200, sipmsg.BYE)
		b.ended(s)
	})
}

func TestExtensionThatWeDoNotKnow(t *testing.T) {
	for _, c := range []struct {
		fields []string
		want   string
	}{
		{[]string{"Require: precondition"}, "precondition"},
		{[]string{"Require: 100rel, Precondition"}, "Precondition"},
		{[]string{"Require: timer", "Require: replaces,100rel,nothingSupportsThis"}, "replaces, nothingSupportsThis"},
		{[]string{"Require: 100relx"}, "100relx"},
	} {
		for _, method := range []string{"INVITE", "UPDATE", "INFO", "BYE", "OPTIONS", "PRACK"} {
			t.Run(method+" "+c.want, func(t *testing.T) {
				inBubble(t, nil, func(b *bench) {
					s, d := b.up()
					b.peer.send(d.request(method, c.fields...))
					res := b.peer.response(420, sipmsg.RequestMethod(method))
					if h := res.GetHeader("Unsupported"); h == nil || h.Value() != c.want {
						t.Errorf("Unsupported %v, want %s", h, c.want)
					}
					b.over(s, d) // the call goes on
				})
			})
		}
	}
}

// A caller that requires reliable provisional responses gets none, and its answer.
func TestInviteThatRequires100rel(t *testing.T) {
	change, taken := taking(func(s *sip.Session) {
		s.Respond(180, "Ringing", nil)
		time.Sleep(100 * time.Millisecond)
		s.Answer([]byte(sdp))
	})
	inBubble(t, change, func(b *bench) {
		inv := mustRequest(invite("1"))
		inv.AppendHeader(sipmsg.NewHeader("Require", "100rel"))
		b.peer.send(inv)
		res := b.peer.response(200, sipmsg.INVITE)
		b.peer.send(reply(inv, res, "ACK"))
		s := taken.next()
		event[sip.Answered](b, s)
		b.peer.send(reply(inv, res, "BYE"))
		b.peer.response(200, sipmsg.BYE)
		b.ended(s)
	})
}

// Since a re-INVITE of ours says that it supports 100rel, what comes of it reliably
// is acknowledged: each once, in the order of its numbers.
func TestPrackOfAReinvite(t *testing.T) {
	inBubble(t, nil, func(b *bench) {
		s, d := b.up()
		for i := range 2 {
			s.Reoffer([]byte(held))
			inv := b.peer.request(sipmsg.INVITE)
			seq := inv.CSeq().SeqNo
			rel := func(rseq int) {
				b.peer.answer(inv, 183, "Session Progress", "a", "", "Require: 100rel", fmt.Sprint("RSeq: ", rseq))
			}
			for _, rseq := range []int{70 + 10*i, 71 + 10*i} { // the second re-INVITE numbers its own
				rel(rseq)
				p := b.peer.request(sipmsg.PRACK)
				if want := fmt.Sprintf("%d %d INVITE", rseq, seq); p.GetHeader("RAck").Value() != want || p.CSeq().SeqNo <= seq {
					t.Errorf("PRACK %s, want RAck %s", p, want)
				}
				b.peer.answer(p, 200, "OK", "a", "")
				rel(rseq) // a copy
			}
			rel(75 + 10*i) // one is missing
			b.peer.answer(inv, 183, "Session Progress", "a", "", "Require: 100rel")
			b.peer.answer(inv, 183, "Session Progress", "a", "", "RSeq: 72")
			b.peer.silent(100 * time.Millisecond)
			b.peer.answer(inv, 200, "OK", "a", sdp)
			b.peer.request(sipmsg.ACK)
			event[sip.ReofferResult](b, s)
		}
		b.over(s, d)
	})
}
