package sip_test

import (
	"testing"
	"testing/synctest"
	"time"

	sipmsg "github.com/emiago/sipgo/sip"

	"ringflow/sip"
)

// A copy of a request is answered as the request was, and reported once.
func TestCopiesOfARequestAreAnsweredAlike(t *testing.T) {
	inBubble(t, nil, func(b *bench) {
		s, d := b.up()
		info := d.request("INFO", "Content-Type: application/dtmf")
		var answers []string
		for range 3 {
			b.peer.send(info)
			answers = append(answers, b.peer.raw(time.Minute))
		}
		if answers[0] == "" || answers[1] != answers[0] || answers[2] != answers[0] {
			t.Errorf("answered %q", answers)
		}
		event[sip.InfoReceived](b, s)
		bye := d.request("BYE")
		b.peer.send(bye)
		first := b.peer.raw(time.Minute)
		b.ended(s) // the next event is the end
		b.peer.send(bye)
		if again := b.peer.raw(time.Minute); again != first || first == "" {
			t.Errorf("answered %q, and then %q", first, again)
		}
	})
}

// A re-INVITE that its sender gives up before it is decided changes nothing.
func TestReinviteCancelled(t *testing.T) {
	inBubble(t, nil, func(b *bench) {
		s, d := b.up()
		re := d.request("INVITE", held)
		b.peer.send(re)
		event[sip.Reoffer](b, s)
		b.peer.send(cancelOf(re))
		b.peer.response(200, sipmsg.CANCEL)
		refused := b.peer.response(487, sipmsg.INVITE)
		ack := d.again("ACK")
		ack.Via().Params.Add("branch", branch(refused))
		b.peer.send(ack)
		synctest.Wait()
		s.AnswerOffer([]byte(sdp)) // too late
		b.peer.silent(time.Minute)
		b.peer.send(d.request("INVITE", held)) // and the next one is taken
		event[sip.Reoffer](b, s)
		s.AnswerOffer([]byte(sdp))
		b.peer.response(200, sipmsg.INVITE)
		b.peer.send(d.again("ACK"))
		b.over(s, d)
	})
}

// A far end with too many open requests is refused with 503, and none is left without an
// answer.
func TestTooManyOpenRequestsAreRefused(t *testing.T) {
	inBubble(t, nil, func(b *bench) {
		s, d := b.up()
		b.peer.send(d.request("INVITE", held))
		event[sip.Reoffer](b, s)
		synctest.Wait()
		for range 300 {
			b.peer.send(d.request("OPTIONS"))
		}
		got := map[int]int{}
		for range 300 {
			res, ok := b.peer.read(time.Millisecond).(*sipmsg.Response)
			if !ok {
				t.Fatalf("%v of 300 requests were answered", got)
			}
			got[res.StatusCode]++
		}
		if got[200]+got[503] != 300 || got[200] == 0 {
			t.Errorf("answered %v", got)
		}
		s.RejectOffer(488)
		b.peer.response(488, sipmsg.INVITE)
		b.over(s, d)
		time.Sleep(time.Minute)
		for b.peer.read(time.Millisecond) != nil {
		}
	})
}
