package sip_test

import (
	"runtime"
	"strings"
	"testing"
	"testing/synctest"

	sipmsg "github.com/emiago/sipgo/sip"

	"ringflow/sip"
)

// Each ACK of a refusal is read, also one that comes after the next refusal:
// sipgo would park a goroutine with it.
func TestAcksOfSeveralRefusedReinvites(t *testing.T) {
	inBubble(t, nil, func(b *bench) {
		s, d := b.up()
		b.peer.send(d.request("INVITE", held))
		event[sip.Reoffer](b, s)
		var acks []*sipmsg.Request
		for range 3 {
			b.peer.send(d.request("INVITE", held))
			ack := d.again("ACK")
			ack.Via().Params.Add("branch", branch(b.peer.response(500, sipmsg.INVITE)))
			acks = append(acks, ack)
		}
		for _, ack := range acks {
			b.peer.send(ack)
		}
		synctest.Wait()
		stacks := make([]byte, 1<<20)
		if n := strings.Count(string(stacks[:runtime.Stack(stacks, true)]), "ackSend("); n != 0 {
			t.Errorf("%d goroutines wait with an ACK that nobody reads", n)
		}
		s.RejectOffer(488)
		b.peer.response(488, sipmsg.INVITE)
		b.over(s, d)
	})
}
