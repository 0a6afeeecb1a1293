package sip_test

import (
	"strings"
	"testing"
	"time"

	sipmsg "github.com/emiago/sipgo/sip"

	"ringflow/sip"
)

// What a final refusal says about why is kept with its outcome.
func TestRefusalExplainsItself(t *testing.T) {
	inBubble(t, nil, func(b *bench) {
		s := b.call()
		inv := b.peer.request(sipmsg.INVITE)
		b.peer.answer(inv, 180, "Ringing\x1b[2J", "a", "")
		b.peer.answer(inv, 603, "Network\tBlocked\x07", "a", "", "Reason: Q.850;cause=21",
			`rEaSoN: SIP;cause=603;text="v=analytics1;url=https://example.com/\"redress\"";location=RLN`,
			`Warning: 399 sbc "see \"portal\""`, "Call-Info: <https://example.com/card>;purpose=jwscard")
		b.peer.request(sipmsg.ACK)
		if p := event[sip.Progress](b, s); p.Reason != "Ringing [2J" {
			t.Errorf("progress %q", p.Reason)
		}
		o := b.ended(s)
		e := o.Explanation
		if !o.Blocked() || o.Code != 603 || o.Reason != "Network Blocked" || o.Q850 != 21 || o.Attempts[0].Reason != o.Reason ||
			e.Text() != `v=analytics1;url=https://example.com/"redress"` || e.Location() != "RLN" ||
			len(e.Warnings) != 1 || e.Warnings[0] != `399 sbc: see "portal"` || e.CallInfo != "https://example.com/card" {
			t.Errorf("outcome %+v", o)
		}
	})
}

// So is what a BYE says.
func TestByeExplainsItself(t *testing.T) {
	inBubble(t, nil, func(b *bench) {
		s, d := b.up()
		b.peer.send(d.request("BYE", `Reason: SIP;cause=607;text="Unwanted", Q.850;cause=16;text="Normal"`))
		b.peer.response(200, sipmsg.BYE)
		if o := b.ended(s); o.Blocked() || o.Q850 != 16 || o.Explanation.Text() != "Unwanted | Normal" {
			t.Errorf("outcome %+v", o)
		}
	})
}

// A call that the network blocked is not tried on another target, even if a gateway
// has made a failure of its own of the answer.
func TestBlockedCallIsTriedOnce(t *testing.T) {
	inBubble(t, nil, func(b *bench) {
		next := newPeer(t, b.net.listen(nextAddr))
		s := b.call(func(o *sip.Outgoing) { o.Trunk.Targets = []string{peerAddr, nextAddr} })
		b.peer.answer(b.peer.request(sipmsg.INVITE), 503, "Service Unavailable", "x", "", `Reason: SIP;cause=603;text="v=analytics1;tel=+12025550199"`)
		b.peer.request(sipmsg.ACK)
		next.silent(time.Minute)
		if o := b.ended(s); !o.Blocked() || len(o.Attempts) != 1 || o.Code != 503 {
			t.Errorf("outcome %+v", o)
		}
	})
}

// What is kept of an answer that was gone on from is not what the next one said.
func TestExplanationIsOfTheLastRefusal(t *testing.T) {
	inBubble(t, nil, func(b *bench) {
		next := newPeer(t, b.net.listen(nextAddr))
		s := b.call(func(o *sip.Outgoing) { o.Trunk.Targets = []string{peerAddr, nextAddr} })
		b.peer.answer(b.peer.request(sipmsg.INVITE), 503, "Full", "x", "", `Warning: 399 a "`+strings.Repeat("full ", 30)+`"`)
		b.peer.request(sipmsg.ACK)
		next.answer(next.request(sipmsg.INVITE), 486, "Busy Here", "y", "")
		next.request(sipmsg.ACK)
		if o := b.ended(s); o.Code != 486 || len(o.Explanation.Warnings) != 0 {
			t.Errorf("outcome %+v", o)
		}
	})
}
