package sip_test

import (
	"fmt"
	"testing"
	"time"

	sipmsg "github.com/emiago/sipgo/sip"

	"ringflow/sip"
)

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
