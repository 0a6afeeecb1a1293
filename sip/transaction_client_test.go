package sip_test

import (
	"testing"
	"time"

	sipmsg "github.com/emiago/sipgo/sip"

	"ringflow/sip"
)

// at waits for requests at these times.
func (b *bench) at(start time.Time, method sipmsg.RequestMethod, seconds ...float64) {
	b.Helper()
	for _, want := range seconds {
		b.peer.request(method)
		if took := time.Since(start); took != time.Duration(want*float64(time.Second)) {
			b.Fatalf("%s at %v, want %v s", method, took, want)
		}
	}
}

// Timer A doubles without end, and stops with the first answer (RFC 3261 §17.1.1.2).
func TestAnInviteIsRepeatedUntilAResponse(t *testing.T) {
	inBubble(t, nil, func(b *bench) {
		start := time.Now()
		s := b.call(func(o *sip.Outgoing) { o.SetupLimit = time.Hour })
		b.at(start, sipmsg.INVITE, 0, 0.5, 1.5, 3.5, 7.5, 15.5, 31.5)
		if o := b.ended(s); o.By != sip.EndedNoReply || time.Since(start) != 32*time.Second {
			t.Errorf("after %v: %+v", time.Since(start), o)
		}
		b.peer.silent(time.Minute)
	})
	inBubble(t, nil, func(b *bench) {
		s := b.call(func(o *sip.Outgoing) { o.SetupLimit = time.Hour })
		b.peer.request(sipmsg.INVITE)
		invite := b.peer.request(sipmsg.INVITE)
		b.peer.answer(invite, 100, "Trying", "", "")
		b.peer.silent(time.Minute)
		b.peer.answer(invite, 486, "Busy Here", "x", "")
		b.peer.request(sipmsg.ACK)
		if o := b.ended(s); o.Code != 486 {
			t.Errorf("%+v", o)
		}
	})
}

// Timer E doubles up to T2, and is T2 after a provisional response (§17.1.2.2). The
// BYE to a surplus leg outlives its session.
func TestAByeIsRepeatedUntilItIsAnswered(t *testing.T) {
	inBubble(t, nil, func(b *bench) {
		s, d := b.up()
		b.peer.answer(d.inv, 200, "OK", "surplus", sdp)
		b.peer.request(sipmsg.ACK)
		start := time.Now()
		b.peer.request(sipmsg.BYE)
		b.over(s, d)
		b.at(start, sipmsg.BYE, 0.5, 1.5, 3.5, 7.5, 11.5, 15.5, 19.5, 23.5, 27.5, 31.5)
		b.peer.silent(time.Minute)
	})
	inBubble(t, nil, func(b *bench) {
		s, d := b.up()
		b.peer.answer(d.inv, 200, "OK", "surplus", sdp)
		b.peer.request(sipmsg.ACK)
		start := time.Now()
		bye := b.peer.request(sipmsg.BYE)
		b.over(s, d)
		b.peer.answer(bye, 100, "Trying", "", "")
		b.at(start, sipmsg.BYE, 0.5, 4.5, 8.5)
		b.peer.answer(bye, 200, "OK", "surplus", "")
		b.peer.silent(time.Minute)
	})
}
