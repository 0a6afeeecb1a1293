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

// silence is a Resolver that never answers.
type silence struct{}

func (silence) Query(ctx context.Context, _ string, _ uint16) ([]dns.RR, error) {
	<-ctx.Done()
	return nil, errors.New("DNS is silent")
}

// A far end may put a name into Contact whose DNS is slow: no request waits for it.
func TestRequestsInsideADialogNeverWaitForDNS(t *testing.T) {
	inBubble(t, func(c *sip.Config) { c.Resolver = silence{} }, func(b *bench) {
		start := time.Now()
		s := b.call()
		inv := b.peer.request(sipmsg.INVITE)
		b.peer.answer(inv, 183, "Session Progress", "a", "", "Contact: <sip:x@gw.example:5060>", "Require: 100rel", "RSeq: 1")
		b.peer.answer(b.peer.request(sipmsg.PRACK), 200, "OK", "a", "")
		b.peer.answer(inv, 200, "OK", "a", sdp, "Contact: <sip:x@gw.example:5060>")
		b.peer.request(sipmsg.ACK)
		s.Hangup(sip.Cause{})
		b.peer.answer(b.peer.request(sipmsg.BYE), 200, "OK", "a", "")
		b.ended(s)
		if took := time.Since(start); took != 0 {
			t.Errorf("the call waited %v for DNS", took)
		}
	})
}

// What is looked up behind a request serves the next one.
func TestNameInContactIsUsedOnceItIsKnown(t *testing.T) {
	inBubble(t, func(c *sip.Config) { c.Resolver = slow{} }, func(b *bench) {
		next := newPeer(t, b.net.listen("10.0.0.2:5080"))
		s := b.call()
		inv := b.peer.request(sipmsg.INVITE)
		b.peer.answer(inv, 200, "OK", "a", sdp, "Contact: <sip:x@gw.example:5080>")
		b.peer.request(sipmsg.ACK)
		time.Sleep(3 * time.Second)
		b.peer.answer(inv, 200, "OK", "a", sdp, "Contact: <sip:x@gw.example:5080>") // the ACK was lost
		next.request(sipmsg.ACK)
		s.Hangup(sip.Cause{})
		next.answer(next.request(sipmsg.BYE), 200, "OK", "a", "")
		b.ended(s)
	})
}
