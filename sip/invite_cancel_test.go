package sip_test

import (
	"fmt"
	"reflect"
	"testing"
	"testing/synctest"
	"time"

	sipmsg "github.com/emiago/sipgo/sip"

	"ringflow/sip"
)

func TestHangupWaitsForAProvisional(t *testing.T) {
	inBubble(t, nil, func(b *bench) {
		s := b.call()
		inv := b.peer.request(sipmsg.INVITE)
		s.Hangup(sip.Cause{})
		b.peer.silent(400 * time.Millisecond)
		b.peer.answer(inv, 100, "Trying", "", "")
		cancel := b.peer.request(sipmsg.CANCEL)
		if cancel.Via().Value() != inv.Via().Value() || cancel.To().Params.Has("tag") || cancel.CSeq().SeqNo != inv.CSeq().SeqNo {
			t.Errorf("CANCEL does not match its INVITE: %s", cancel)
		}
		b.peer.answer(cancel, 200, "OK", "a", "")
		b.peer.answer(inv, 487, "Request Terminated", "a", "")
		b.peer.request(sipmsg.ACK)
		if o := b.ended(s); o.By != sip.EndedLocal || o.Code != 487 {
			t.Errorf("outcome %+v", o)
		}
	})
}

func TestHangupOfASilentTarget(t *testing.T) {
	inBubble(t, nil, func(b *bench) {
		s := b.call()
		inv := b.peer.request(sipmsg.INVITE)
		start := time.Now()
		s.Hangup(sip.Cause{})
		if o := b.ended(s); o.By != sip.EndedLocal || time.Since(start) != 4*time.Second {
			t.Errorf("after %v: %+v", time.Since(start), o)
		}
		for range 3 {
			b.peer.request(sipmsg.INVITE)
		}
		b.peer.silent(time.Minute)
		// It wakes up: no phone may be left ringing or in a call.
		b.peer.answer(inv, 180, "Ringing", "a", "")
		cancel := b.peer.request(sipmsg.CANCEL)
		if cancel.Via().Params.GetOr("branch", "") != inv.Via().Params.GetOr("branch", "-") ||
			cancel.Recipient.String() != inv.Recipient.String() || cancel.To().Params.Has("tag") {
			t.Errorf("CANCEL does not match its INVITE: %s", cancel)
		}
		b.peer.answer(inv, 200, "OK", "a", sdp)
		b.peer.request(sipmsg.ACK)
		b.peer.answer(b.peer.request(sipmsg.BYE), 200, "OK", "a", "")
		b.peer.silent(time.Minute)
	})
}

// However late each response comes, the end is reported within MaxHangup.
func TestMaxHangup(t *testing.T) {
	const late = 4*time.Second - time.Millisecond
	inBubble(t, nil, func(b *bench) {
		s := b.call()
		inv := b.peer.request(sipmsg.INVITE)
		start := time.Now()
		s.Hangup(sip.Cause{})
		time.Sleep(late)
		b.peer.answer(inv, 100, "Trying", "", "")
		time.Sleep(late)
		b.peer.answer(inv, 200, "OK", "a", sdp)
		b.ended(s) // the BYE has no response
		if took := time.Since(start); took > b.agent.MaxHangup() || took < 11*time.Second {
			t.Errorf("it took %v, and at most %v are said", took, b.agent.MaxHangup())
		}
		time.Sleep(time.Minute)
	})
}

func TestAnswerThatCrossesOurCancel(t *testing.T) {
	inBubble(t, nil, func(b *bench) {
		s := b.call()
		inv := b.peer.request(sipmsg.INVITE)
		b.peer.answer(inv, 180, "Ringing", "a", "")
		event[sip.Progress](b, s)
		s.Hangup(sip.Cause{})
		cancel := b.peer.request(sipmsg.CANCEL)
		b.peer.answer(inv, 200, "OK", "a", sdp)
		b.peer.answer(cancel, 200, "OK", "a", "")
		b.peer.request(sipmsg.ACK)
		bye := b.peer.request(sipmsg.BYE)
		if bye.To().Params.GetOr("tag", "") != "a" {
			t.Errorf("BYE to another leg: %s", bye)
		}
		b.peer.answer(inv, 200, "OK", "a", sdp) // the ACK was lost
		b.peer.request(sipmsg.ACK)
		b.peer.answer(bye, 200, "OK", "a", "")
		if o := b.ended(s); o.By != sip.EndedLocal || o.Answered {
			t.Errorf("outcome %+v", o)
		}
	})
}

func TestCancelRefusedOrNeverCarriedOut(t *testing.T) {
	for _, code := range []int{481, 200} {
		for _, wait := range []time.Duration{0, 27 * time.Second, time.Hour} {
			t.Run(fmt.Sprint(code, " ", wait), func(t *testing.T) {
				inBubble(t, nil, func(b *bench) {
					s := b.call()
					inv := b.peer.request(sipmsg.INVITE)
					b.peer.answer(inv, 180, "Ringing", "a", "")
					event[sip.Progress](b, s)
					s.Hangup(sip.Cause{})
					start := time.Now()
					b.peer.answer(b.peer.request(sipmsg.CANCEL), code, "x", "a", "")
					o := b.ended(s)
					if o.By != sip.EndedLocal || o.Code != 0 || o.Answered || time.Since(start) != 4*time.Second {
						t.Errorf("after %v: %+v", time.Since(start), o)
					}
					time.Sleep(wait)
					b.peer.answer(inv, 200, "OK", "a", sdp) // after all
					b.peer.request(sipmsg.ACK)
					b.peer.answer(b.peer.request(sipmsg.BYE), 200, "OK", "a", "")
					synctest.Wait()
					if after := s.Outcome(); !reflect.DeepEqual(after, o) {
						t.Errorf("the outcome was told as %+v, and is now %+v", o, after)
					}
				})
			})
		}
	}
}

// A far end that does not answer a CANCEL delays nothing, whatever led to
// it; the session stays, unseen, as long as a 200 may cross.
func TestCancelUnansweredEndsAnyway(t *testing.T) {
	for by, c := range map[sip.EndedBy]struct {
		code        int
		hangup      bool
		after, gone time.Duration
	}{
		sip.EndedLocal:      {180, true, 4 * time.Second, 32 * time.Second},
		sip.EndedRingLimit:  {180, false, 19 * time.Second, 47 * time.Second},
		sip.EndedSetupLimit: {100, false, 29 * time.Second, 57 * time.Second},
	} {
		t.Run(string(by), func(t *testing.T) {
			inBubble(t, nil, func(b *bench) {
				start := time.Now()
				s := b.call()
				b.peer.answer(b.peer.request(sipmsg.INVITE), c.code, "x", "a", "")
				if c.hangup {
					synctest.Wait()
					s.Hangup(sip.Cause{})
				}
				if o := b.ended(s); o.By != by || o.Code != 0 || time.Since(start) != c.after {
					t.Errorf("after %v: %+v", time.Since(start), o)
				}
				s.Hangup(sip.Cause{})
				time.Sleep(c.gone - c.after - time.Millisecond)
				if b.agent.Sessions() != 1 {
					t.Error("the session no longer waits for a 200 that crosses")
				}
				time.Sleep(2 * time.Millisecond)
				if b.agent.Sessions() != 0 {
					t.Errorf("the session is there after %v", time.Since(start))
				}
			})
		})
	}
}

func TestEveryFurtherLegThatAnswersIsEnded(t *testing.T) {
	inBubble(t, nil, func(b *bench) {
		s := b.call()
		inv := b.peer.request(sipmsg.INVITE)
		b.peer.answer(inv, 180, "Ringing", "a", "")
		b.peer.answer(inv, 180, "Ringing", "b", "")
		b.peer.answer(inv, 200, "OK", "a", sdp)
		b.peer.request(sipmsg.ACK)
		event[sip.Progress](b, s)
		event[sip.Progress](b, s)
		event[sip.Answered](b, s)
		endLeg := func(tag string) {
			t.Helper()
			b.peer.answer(inv, 200, "OK", tag, sdp, "Contact: <sip:"+tag+"@"+peerAddr+">")
			ack, bye := b.peer.request(sipmsg.ACK), b.peer.request(sipmsg.BYE)
			for _, r := range []*sipmsg.Request{ack, bye} {
				if r.To().Params.GetOr("tag", "") != tag || r.Recipient.User != tag {
					t.Errorf("leg %s is ended by %s", tag, r)
				}
			}
			b.peer.answer(bye, 200, "OK", tag, "")
		}
		endLeg("b")
		b.peer.answer(inv, 200, "OK", "b", sdp) // its ACK was lost
		if ack := b.peer.request(sipmsg.ACK); ack.To().Params.GetOr("tag", "") != "b" {
			t.Errorf("ACK to %s", ack.To())
		}
		b.peer.answer(inv, 200, "OK", "a", sdp) // ours too
		if ack := b.peer.request(sipmsg.ACK); ack.To().Params.GetOr("tag", "") != "a" {
			t.Errorf("ACK to %s", ack.To())
		}
		time.Sleep(40 * time.Second)
		endLeg("c")
		b.over(s, &peerDialog{inv: inv, tag: "a"})
		time.Sleep(time.Hour)
		endLeg("d") // the session is gone
		b.peer.silent(time.Minute)
	})
}

func TestByeUnansweredEndsAnyway(t *testing.T) {
	inBubble(t, nil, func(b *bench) {
		s, _ := b.up()
		start := time.Now()
		s.Hangup(sip.Cause{})
		o := b.ended(s)
		if took := time.Since(start); took != 4*time.Second || o.By != sip.EndedLocal || !o.Answered {
			t.Errorf("after %v: %+v", took, o)
		}
		if b.agent.Sessions() != 1 {
			t.Error("the session no longer repeats its BYE")
		}
		time.Sleep(30 * time.Second)
		for range 11 {
			b.peer.request(sipmsg.BYE)
		}
		b.peer.silent(time.Minute)
	})
}

func TestByesThatCross(t *testing.T) {
	inBubble(t, nil, func(b *bench) {
		s, d := b.up()
		s.Hangup(sip.Cause{})
		bye := b.peer.request(sipmsg.BYE)
		b.peer.send(d.request("BYE"))
		b.peer.response(200, sipmsg.BYE)
		b.peer.answer(bye, 481, "Gone", "a", "")
		if o := b.ended(s); o.By != sip.EndedLocal {
			t.Errorf("outcome %+v", o)
		}
	})
}
