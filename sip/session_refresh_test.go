package sip_test

import (
	"testing"
	"time"

	sipmsg "github.com/emiago/sipgo/sip"

	"ringflow/sip"
)

func TestSessionTimerThatTheyRefresh(t *testing.T) {
	inBubble(t, nil, func(b *bench) {
		s := b.call()
		inv := b.peer.request(sipmsg.INVITE)
		b.peer.answer(inv, 200, "OK", "a", sdp, "Session-Expires: 1800;refresher=uas")
		b.peer.request(sipmsg.ACK)
		event[sip.Answered](b, s)
		d := &peerDialog{inv: inv, tag: "a"}
		for range 4 { // an hour
			time.Sleep(15 * time.Minute)
			b.peer.send(d.request("INVITE", sdp, "Supported: timer", "Session-Expires: 1800;refresher=uac"))
			event[sip.Reoffer](b, s)
			s.AnswerOffer([]byte(sdp))
			res := b.peer.response(200, sipmsg.INVITE)
			if h := res.GetHeader("Session-Expires"); h == nil || h.Value() != "1800;refresher=uac" {
				t.Errorf("Session-Expires %v", h)
			}
			b.peer.send(d.again("ACK"))
		}
		start := time.Now() // then they fall silent
		bye := b.peer.request(sipmsg.BYE)
		if took := time.Since(start); took != 30*time.Minute-32*time.Second {
			t.Errorf("BYE after %v", took)
		}
		b.peer.answer(bye, 200, "OK", "a", "")
		if o := b.ended(s); o.By != sip.EndedExpired {
			t.Errorf("outcome %+v", o)
		}
	})
}

func TestSessionTimerThatWeRefresh(t *testing.T) {
	for _, by := range []sipmsg.RequestMethod{sipmsg.UPDATE, sipmsg.INVITE} {
		t.Run("we refresh by "+string(by), func(t *testing.T) {
			inBubble(t, nil, func(b *bench) {
				s := b.call()
				inv := b.peer.request(sipmsg.INVITE)
				allow := "INVITE, ACK, BYE"
				if by == sipmsg.UPDATE {
					allow += ", UPDATE"
				}
				b.peer.answer(inv, 200, "OK", "a", sdp, "Session-Expires: 600;refresher=uac", "Require: timer", "Allow: "+allow)
				b.peer.request(sipmsg.ACK)
				event[sip.Answered](b, s)
				for range 3 {
					start := time.Now()
					up := b.peer.request(by)
					if took := time.Since(start); took != 5*time.Minute {
						t.Errorf("refreshed after %v", took)
					}
					if by == sipmsg.INVITE && string(up.Body()) != sdp || up.GetHeader("Session-Expires").Value() != "600;refresher=uac" {
						t.Errorf("refresh %s", up)
					}
					b.peer.answer(up, 200, "OK", "a", string(up.Body()), "Session-Expires: 600;refresher=uac")
					if by == sipmsg.INVITE {
						b.peer.request(sipmsg.ACK)
					}
				}
				b.over(s, &peerDialog{inv: inv, tag: "a"})
			})
		})
	}
}

func TestSessionTimerTooShort(t *testing.T) {
	inBubble(t, nil, func(b *bench) {
		s, d := b.up()
		b.peer.send(d.request("UPDATE", "Session-Expires: 30", "Supported: timer"))
		if res := b.peer.response(422, sipmsg.UPDATE); res.GetHeader("Min-SE").Value() != "90" {
			t.Errorf("answer %s", res)
		}
		b.over(s, d)
	})
}

func TestSessionTimerThatAProxyWants(t *testing.T) {
	inBubble(t, nil, func(b *bench) {
		s, d := b.up()
		b.peer.send(d.request("UPDATE", "Session-Expires: 600", "Allow: UPDATE"))
		res := b.peer.response(200, sipmsg.UPDATE)
		if h := res.GetHeader("Session-Expires"); h == nil || h.Value() != "600;refresher=uas" || res.GetHeader("Require") != nil {
			t.Errorf("answer %s", res)
		}
		b.over(s, d)
	})
}

// answered places a call that the peer answers with a session timer.
func (b *bench) answered(fields []string, change ...func(*sip.Outgoing)) (*sip.Session, *peerDialog) {
	b.Helper()
	s := b.call(change...)
	inv := b.peer.request(sipmsg.INVITE)
	b.peer.answer(inv, 180, "Ringing", "a", "", "Allow: INVITE, ACK, BYE, UPDATE")
	event[sip.Progress](b, s)
	b.peer.answer(inv, 200, "OK", "a", sdp, fields...)
	b.peer.request(sipmsg.ACK)
	event[sip.Answered](b, s)
	return s, &peerDialog{inv: inv, tag: "a", seq: 100}
}

// TestCallsOfAnHour holds calls of 15, 31 and 61 minutes over timers that either side
// refreshes, by either method. The far end drops a call that is not refreshed in time, as
// carriers do at 15 and 30 minutes.
func TestCallsOfAnHour(t *testing.T) {
	const interval = 30 * time.Minute
	for _, length := range []time.Duration{15 * time.Minute, 31 * time.Minute, 61 * time.Minute} {
		for _, role := range []string{"uac", "uas"} {
			for _, method := range []sipmsg.RequestMethod{sipmsg.UPDATE, sipmsg.INVITE} {
				t.Run(length.String()+" refreshed by the "+role+" by "+string(method), func(t *testing.T) {
					inBubble(t, nil, func(b *bench) {
						allow := "Allow: INVITE, ACK, BYE"
						if method == sipmsg.UPDATE {
							allow += ", UPDATE"
						}
						s, d := b.answered([]string{"Session-Expires: 1800;refresher=" + role, "Require: timer", allow})
						end := time.Now().Add(length + time.Second) // no refresh is due then
						for refreshed := time.Now(); ; {
							if role == "uas" {
								next := refreshed.Add(interval / 2)
								if !next.Before(end) {
									break
								}
								time.Sleep(time.Until(next))
								refreshed = time.Now()
								if method == sipmsg.UPDATE {
									b.peer.send(d.request("UPDATE", "Supported: timer", "Session-Expires: 1800;refresher=uac"))
									b.peer.response(200, sipmsg.UPDATE)
									continue
								}
								b.peer.send(d.request("INVITE", sdp, "Supported: timer", "Session-Expires: 1800;refresher=uac"))
								event[sip.Reoffer](b, s)
								s.AnswerOffer([]byte(sdp))
								b.peer.response(200, sipmsg.INVITE)
								b.peer.send(d.again("ACK"))
								continue
							}
							m := b.peer.read(time.Until(end))
							if m == nil {
								break
							}
							req := m.(*sipmsg.Request)
							if since := time.Since(refreshed); req.Method != method || since != interval/2 {
								t.Fatalf("%s after %v", req.Method, since)
							}
							refreshed = time.Now()
							b.peer.answer(req, 200, "OK", "a", string(req.Body()), "Session-Expires: 1800;refresher=uac")
							if method == sipmsg.INVITE {
								b.peer.request(sipmsg.ACK)
							}
						}
						time.Sleep(time.Until(end))
						if o := b.over(s, d); o.By != sip.EndedRemote || time.Since(o.AnsweredAt) < length {
							t.Errorf("outcome %+v", o)
						}
					})
				})
			}
		}
	}
}

// TestRefreshThatIsRefused has a refresh by UPDATE refused: one that is not known is made by
// re-INVITE, one that is in the way of another comes again, a short one is made longer, and
// one of a call that is over there ends it here.
func TestRefreshThatIsRefused(t *testing.T) {
	for name, c := range map[string]struct {
		code     int
		fields   []string
		next     sipmsg.RequestMethod // "": the call ends
		from, to time.Duration        // after which it comes
		expires  string
	}{
		"405":                  {405, nil, sipmsg.INVITE, 0, 0, "600;refresher=uac"},
		"501":                  {501, nil, sipmsg.INVITE, 0, 0, "600;refresher=uac"},
		"488":                  {488, nil, sipmsg.INVITE, 0, 0, "600;refresher=uac"},
		"491":                  {491, nil, sipmsg.UPDATE, 2100 * time.Millisecond, 4 * time.Second, "600;refresher=uac"},
		"500 with Retry-After": {500, []string{"Retry-After: 7"}, sipmsg.UPDATE, 7 * time.Second, 7 * time.Second, "600;refresher=uac"},
		"422":                  {422, []string{"Min-SE: 1800"}, sipmsg.UPDATE, 0, 0, "1800;refresher=uac"},
		"422 without Min-SE":   {422, nil, sipmsg.INVITE, 0, 0, "600;refresher=uac"},
		"481":                  {481, nil, "", 0, 0, ""},
		"408":                  {408, nil, "", 0, 0, ""},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, nil, func(b *bench) {
				s, d := b.answered([]string{"Session-Expires: 600;refresher=uac", "Allow: INVITE, ACK, BYE, UPDATE"})
				b.peer.answer(b.peer.request(sipmsg.UPDATE), c.code, "No", "a", "", c.fields...)
				start := time.Now()
				if c.next == "" {
					if o := b.ended(s); o.By != sip.EndedRemote {
						t.Errorf("outcome %+v", o)
					}
					return
				}
				req := b.peer.request(c.next)
				if took := time.Since(start); took < c.from || took > c.to {
					t.Errorf("comes after %v", took)
				}
				if h := req.GetHeader("Session-Expires"); h == nil || h.Value() != c.expires {
					t.Errorf("Session-Expires %v", h)
				}
				if c.next == sipmsg.INVITE && string(req.Body()) != sdp {
					t.Errorf("offers %q", req.Body())
				}
				b.peer.answer(req, 200, "OK", "a", string(req.Body()), "Session-Expires: "+c.expires)
				if c.next == sipmsg.INVITE {
					b.peer.request(sipmsg.ACK)
				}
				b.over(s, d)
			})
		})
	}
}

// TestRefreshThatIsAlwaysRefused ends the call with its timer, as the far end does.
func TestRefreshThatIsAlwaysRefused(t *testing.T) {
	for _, code := range []int{491, 500, 488} {
		inBubble(t, nil, func(b *bench) {
			s, _ := b.answered([]string{"Session-Expires: 600;refresher=uac", "Allow: INVITE, ACK, BYE, UPDATE"})
			start, refreshes := time.Now(), 0
			for {
				req := b.peer.read(time.Hour).(*sipmsg.Request)
				if req.Method == sipmsg.BYE {
					b.peer.answer(req, 200, "OK", "a", "")
					break
				}
				if req.Method == sipmsg.ACK {
					continue
				}
				refreshes++
				b.peer.answer(req, code, "No", "a", "")
			}
			if took := time.Since(start); took != 10*time.Minute || refreshes > 8 {
				t.Errorf("%d: BYE after %v and %d refreshes", code, took, refreshes)
			}
			if o := b.ended(s); o.By != sip.EndedExpired {
				t.Errorf("outcome %+v", o)
			}
		})
	}
}

// TestRefreshWithAnotherAnswer has the far end move its audio in its answer to a refresh.
func TestRefreshWithAnotherAnswer(t *testing.T) {
	inBubble(t, nil, func(b *bench) {
		s, d := b.answered([]string{"Session-Expires: 600;refresher=uac", "Allow: INVITE"})
		for _, answer := range []string{sdp, held, held} {
			b.peer.answer(b.peer.request(sipmsg.INVITE), 200, "OK", "a", answer, "Session-Expires: 600;refresher=uac")
			b.peer.request(sipmsg.ACK)
		}
		if r := event[sip.ReofferResult](b, s); string(r.Body) != held {
			t.Errorf("result %+v", r)
		}
		b.over(s, d) // and no second result
	})
}

// TestSessionTimerOfATrunk requests a timer, once again with what a 422 wants, and keeps one
// that is shorter than ours could be.
func TestSessionTimerOfATrunk(t *testing.T) {
	timer := func(o *sip.Outgoing) { o.Trunk.SessionTimer = 30 * time.Minute }
	inBubble(t, nil, func(b *bench) {
		s := b.call(timer)
		inv := b.peer.request(sipmsg.INVITE)
		if inv.GetHeader("Session-Expires").Value() != "1800" || inv.GetHeader("Min-SE") != nil {
			t.Errorf("INVITE %s", inv)
		}
		b.peer.answer(inv, 422, "Session Interval Too Small", "a", "", "Min-SE: 3600")
		b.peer.request(sipmsg.ACK)
		again := b.peer.request(sipmsg.INVITE)
		if again.GetHeader("Session-Expires").Value() != "3600" || again.GetHeader("Min-SE").Value() != "3600" ||
			again.CallID().Value() != inv.CallID().Value() || again.CSeq().SeqNo != inv.CSeq().SeqNo+1 || branch(again) == branch(inv) {
			t.Errorf("INVITE %s", again)
		}
		b.peer.answer(again, 200, "OK", "b", sdp, "Session-Expires: 3600;refresher=uac", "Allow: UPDATE")
		b.peer.request(sipmsg.ACK)
		event[sip.Answered](b, s)
		start := time.Now()
		up := b.peer.request(sipmsg.UPDATE)
		if took := time.Since(start); took != 30*time.Minute || up.GetHeader("Min-SE").Value() != "3600" {
			t.Errorf("UPDATE after %v: %s", took, up)
		}
		b.peer.answer(up, 200, "OK", "b", "") // without a timer: it has ended
		if m := b.peer.read(5 * time.Hour); m != nil {
			t.Errorf("got %v", m)
		}
		b.over(s, &peerDialog{inv: again, tag: "b", seq: 100})
	})
	inBubble(t, nil, func(b *bench) { // a far end that refuses whatever is asked for
		s := b.call(timer)
		for _, least := range []string{"3600", "3600"} {
			b.peer.answer(b.peer.request(sipmsg.INVITE), 422, "Session Interval Too Small", "a", "", "Min-SE: "+least)
			b.peer.request(sipmsg.ACK)
		}
		if o := b.ended(s); o.Code != 422 || o.By != sip.EndedRemote {
			t.Errorf("outcome %+v", o)
		}
	})
	inBubble(t, nil, func(b *bench) { // 40 s, less than may be requested, is refreshed in 20
		s, d := b.answered([]string{"Session-Expires: 40;refresher=uac", "Allow: UPDATE"}, timer)
		start := time.Now()
		up := b.peer.request(sipmsg.UPDATE)
		if took := time.Since(start); took != 20*time.Second || up.GetHeader("Session-Expires").Value() != "90;refresher=uac" {
			t.Errorf("UPDATE after %v: %s", took, up)
		}
		b.peer.answer(up, 200, "OK", "a", "", "Session-Expires: 90;refresher=uac")
		b.over(s, d)
	})
}

// TestRefreshThatIsNotAnswered ends the call (RFC 4028 §10).
func TestRefreshThatIsNotAnswered(t *testing.T) {
	inBubble(t, nil, func(b *bench) {
		s, _ := b.answered([]string{"Session-Expires: 600;refresher=uac", "Allow: UPDATE"})
		start := time.Now()
		for {
			m := b.peer.read(time.Hour)
			if m == nil {
				t.Fatal("no BYE")
			}
			if req := m.(*sipmsg.Request); req.Method == sipmsg.BYE {
				b.peer.answer(req, 481, "Gone", "a", "")
				break
			}
		}
		if took := time.Since(start); took != 5*time.Minute+32*time.Second {
			t.Errorf("BYE after %v", took)
		}
		if o := b.ended(s); o.By != sip.EndedNoReply {
			t.Errorf("outcome %+v", o)
		}
	})
}
