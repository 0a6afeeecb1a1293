package sip_test

import (
	"strings"
	"testing"
	"time"

	sipmsg "github.com/emiago/sipgo/sip"

	"ringflow/sip"
)

// secondInvite is an INVITE outside a dialog with the Call-ID and From tag of
// invite(id), and another CSeq number.
func secondInvite(id string) *sipmsg.Request {
	return mustRequest(strings.Replace(invite(id), "CSeq: 1 INVITE", "CSeq: 7 INVITE", 1))
}

// A second INVITE of the same caller must not take the place of a call that
// rings or is up: its BYE would find no dialog.
func TestSecondInviteLeavesTheFirstCallAlone(t *testing.T) {
	for name, take := range map[string]func(*sip.Session){
		"up":      func(s *sip.Session) { s.Answer([]byte(sdp)) },
		"ringing": func(s *sip.Session) { s.Respond(180, "Ringing", nil) },
	} {
		t.Run(name, func(t *testing.T) {
			change, taken := taking(take)
			inBubble(t, change, func(b *bench) {
				inv := mustRequest(invite("1"))
				b.peer.send(inv)
				var up *sipmsg.Response
				if name == "up" {
					up = b.peer.response(200, sipmsg.INVITE)
					b.peer.send(reply(inv, up, "ACK"))
				} else {
					up = b.peer.response(180, sipmsg.INVITE)
				}
				first := taken.next()
				b.peer.send(secondInvite("1"))
				refused := b.peer.response(500, sipmsg.INVITE)
				if refused.GetHeader("Retry-After") == nil {
					t.Error("no Retry-After")
				}
				if n := b.agent.Sessions(); n != 1 {
					t.Errorf("%d sessions, want 1", n)
				}
				if name == "up" {
					b.peer.send(reply(inv, up, "BYE"))
					b.peer.response(200, sipmsg.BYE)
				} else {
					first.Reject(486, "Busy Here")
					ack := reply(inv, b.peer.response(486, sipmsg.INVITE), "ACK")
					ack.Via().Params.Add("branch", branch(inv))
					b.peer.send(ack)
				}
				b.ended(first)
			})
		})
	}
}

// A caller that was refused, as by a challenge, calls again so.
func TestSecondInviteAfterARefusalIsTaken(t *testing.T) {
	refuse := true
	change, taken := taking(func(s *sip.Session) {
		if refuse {
			refuse = false
			s.Reject(401, "Unauthorized")
			return
		}
		s.Answer([]byte(sdp))
	})
	inBubble(t, change, func(b *bench) {
		b.peer.sendTo(invite("1"), ourAddr)
		b.peer.response(401, sipmsg.INVITE) // its ACK is lost
		first := taken.next()
		second := secondInvite("1")
		b.peer.send(second)
		up := b.peer.response(200, sipmsg.INVITE)
		b.peer.send(reply(second, up, "ACK"))
		s := taken.next()
		b.peer.send(reply(second, up, "BYE"))
		for {
			m, ok := b.peer.read(time.Hour).(*sipmsg.Response)
			if !ok || m.StatusCode == 200 {
				break
			}
		}
		b.ended(s)
		b.ended(first)
		time.Sleep(time.Minute)
		for b.peer.read(time.Millisecond) != nil {
		}
	})
}
