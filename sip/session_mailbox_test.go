package sip_test

import (
	"context"
	"errors"
	"testing"
	"time"

	sipmsg "github.com/emiago/sipgo/sip"
	"github.com/miekg/dns"

	"ringflow/sip"
)

// blackHole is a Resolver that answers nothing.
type blackHole struct{}

func (blackHole) Query(ctx context.Context, _ string, _ uint16) ([]dns.RR, error) {
	<-ctx.Done()
	return nil, errors.New("no answer")
}

// A session that waits for DNS gets more messages than its mailbox holds. Those
// dropped must not be taken for answers to a call that is over.
func TestABurstOfAnswersDoesNotEndTheCall(t *testing.T) {
	inBubble(t, func(c *sip.Config) { c.Resolver = blackHole{} }, func(b *bench) {
		s := b.call()
		inv := b.peer.request(sipmsg.INVITE)
		b.peer.answer(inv, 183, "Progress", "a", "", "Require: 100rel", "RSeq: 1", "Contact: <sip:x@gateway.example>")
		time.Sleep(time.Millisecond) // the session looks the gateway up, to send its PRACK
		for range 1000 {
			b.peer.answer(inv, 180, "Ringing", "a", "")
		}
		b.peer.answer(b.peer.request("PRACK"), 200, "OK", "a", "")
		b.peer.silent(5 * time.Second)
		b.peer.answer(inv, 200, "OK", "a", sdp)
		b.peer.request(sipmsg.ACK)
		s.Hangup(sip.Cause{})
		b.peer.answer(b.peer.request(sipmsg.BYE), 200, "OK", "a", "")
		if o := b.ended(s); !o.Answered || o.By != sip.EndedLocal {
			t.Errorf("outcome %+v", o)
		}
	})
}
