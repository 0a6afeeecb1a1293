package sip_test

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"

	sipmsg "github.com/emiago/sipgo/sip"

	"ringflow/sip"
)

// However late Notify is called, and however much has happened by then,
// every event is reported once, in order, and Ended last.
func TestNotifyMissesNothing(t *testing.T) {
	const want = "Progress Progress Answered Ended"
	for begins := range 5 {
		inBubble(t, nil, func(b *bench) {
			s := b.call()
			reported := make(chan string, 32)
			notify := func(at int) {
				if synctest.Wait(); at != begins {
					return
				}
				s.Notify(func(e sip.Event) {
					reported <- strings.TrimPrefix(fmt.Sprintf("%T", e), "sip.")
					if _, last := e.(sip.Ended); last {
						if s.Outcome().By != sip.EndedLocal {
							t.Errorf("outcome %+v when Ended is reported", s.Outcome())
						}
						close(reported)
					}
				})
			}
			notify(0)
			inv := b.peer.request(sipmsg.INVITE)
			b.peer.answer(inv, 180, "Ringing", "a", "")
			notify(1)
			b.peer.answer(inv, 183, "Progress", "a", sdp)
			b.peer.answer(inv, 200, "OK", "a", sdp)
			b.peer.request(sipmsg.ACK)
			notify(2)
			s.Hangup(sip.Cause{})
			bye := b.peer.request(sipmsg.BYE)
			notify(3)
			b.peer.answer(bye, 200, "OK", "a", "")
			notify(4)
			var got []string
			for e := range reported {
				got = append(got, e)
			}
			if text := strings.Join(got, " "); text != want {
				t.Errorf("from %d on: told %s, want %s", begins, text, want)
			}
		})
	}
}

// Any number of events may come before Notify.
func TestNotifyAfterABacklog(t *testing.T) {
	inBubble(t, nil, func(b *bench) {
		s := b.call()
		inv := b.peer.request(sipmsg.INVITE)
		for i := range 40 {
			b.peer.answer(inv, 180, fmt.Sprint(i), "a", "")
		}
		b.peer.answer(inv, 486, "Busy Here", "a", "")
		b.peer.request(sipmsg.ACK)
		synctest.Wait()
		next, over := 0, make(chan struct{})
		s.Notify(func(e sip.Event) {
			switch e := e.(type) {
			case sip.Progress:
				if e.Reason != fmt.Sprint(next) {
					t.Errorf("told %q, want %d", e.Reason, next)
				}
				next++
			case sip.Ended:
				close(over)
			}
		})
		if <-over; next != 40 {
			t.Errorf("%d of 40 events", next)
		}
	})
}
