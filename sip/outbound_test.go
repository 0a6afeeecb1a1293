package sip_test

import (
	"testing"
	"time"

	sipmsg "github.com/emiago/sipgo/sip"

	"ringflow/sip"
)

func TestCallAnsweredAndHungUpByUs(t *testing.T) {
	inBubble(t, nil, func(b *bench) {
		s := b.call()
		inv := b.peer.request(sipmsg.INVITE)
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
		bye := b.peer.request(sipmsg.BYE)
		if got := bye.GetHeader("Reason"); got == nil || got.Value() != `Q.850;cause=16;text="Normal \"clearing\""` {
			t.Errorf("Reason %v", got)
		}
		if bye.CSeq().SeqNo <= inv.CSeq().SeqNo {
			t.Error("CSeq does not rise")
		}
		b.peer.answer(bye, 200, "OK", "a", "")
		o := b.ended(s)
		if !o.Answered || o.Code != 200 || o.By != sip.EndedLocal || o.Trunk != "carrier" || o.Target != peerAddr || len(o.Tried) != 1 {
			t.Errorf("outcome %+v", o)
		}
		if b.agent.Sessions() != 0 {
			t.Error("the session is still in the table when Ended is told")
		}
	})
}

func TestCallHungUpByThem(t *testing.T) {
	inBubble(t, nil, func(b *bench) {
		s, d := b.up()
		b.peer.send(d.request("BYE", "Reason: Q.850;cause=16"))
		b.peer.response(200, sipmsg.BYE)
		o := b.ended(s)
		if o.By != sip.EndedRemote || o.Q850 != 16 || !o.Answered {
			t.Errorf("outcome %+v", o)
		}
	})
}

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

var _ = time.Second
