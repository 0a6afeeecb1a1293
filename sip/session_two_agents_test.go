package sip_test

import (
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	sipmsg "github.com/emiago/sipgo/sip"

	"ringflow/sip"
)

// phone starts a second Agent, which takes calls, at nextAddr.
func (b *bench) phone(take func(*sip.Session)) *sip.Agent {
	b.Helper()
	a, err := sip.Listen(sip.Config{Conn: b.net.listen(nextAddr), Inbound: take, AllowFrom: anywhere,
		Log: slog.New(slog.NewTextHandler(b.log, nil))})
	if err != nil {
		b.Fatal(err)
	}
	return a
}

func toPhone(o *sip.Outgoing) { o.Trunk.Targets = []string{nextAddr} }

func TestTwoAgentsTalk(t *testing.T) {
	inBubble(t, nil, func(b *bench) {
		taken := make(chan *sip.Session, 1)
		phone := b.phone(func(s *sip.Session) {
			s.Respond(180, "Ringing", nil)
			time.Sleep(2 * time.Second)
			s.Answer([]byte("v=0\r\nphone"))
			taken <- s
		})
		defer phone.Close()
		s := b.call(toPhone)
		if p := event[sip.Progress](b, s); p.Code != 180 {
			t.Errorf("progress %+v", p)
		}
		if a := event[sip.Answered](b, s); string(a.Body) != "v=0\r\nphone" {
			t.Errorf("answered %+v", a)
		}
		their := <-taken
		event[sip.Answered](b, their)
		if their.From() != "+12025550100" || their.To() != "+12025550123" || string(their.Offer()) != sdp ||
			their.Remote().String() != ourAddr {
			t.Errorf("inbound from %s to %s at %s", their.From(), their.To(), their.Remote())
		}

		s.Reoffer([]byte("v=0\r\nhold"))
		if r := event[sip.Reoffer](b, their); string(r.Body) != "v=0\r\nhold" {
			t.Errorf("reoffer %+v", r)
		}
		their.AnswerOffer([]byte("v=0\r\nheld"))
		if r := event[sip.ReofferResult](b, s); r.Code != 200 || string(r.Body) != "v=0\r\nheld" {
			t.Errorf("result %+v", r)
		}
		their.Reoffer([]byte("v=0\r\nback"))
		event[sip.Reoffer](b, s)
		s.RejectOffer(488)
		if r := event[sip.ReofferResult](b, their); r.Code != 488 {
			t.Errorf("result %+v", r)
		}
		s.Info("application/dtmf-relay", []byte("Signal=5\r\n"))
		if i := event[sip.InfoReceived](b, their); i.ContentType != "application/dtmf-relay" || string(i.Body) != "Signal=5\r\n" {
			t.Errorf("info %+v", i)
		}
		their.Hangup(sip.Cause{Q850: 16})
		if o := b.ended(s); o.By != sip.EndedRemote || o.Q850 != 16 {
			t.Errorf("our outcome %+v", o)
		}
		if o := b.ended(their); o.By != sip.EndedLocal || !o.Answered {
			t.Errorf("their outcome %+v", o)
		}
		if n := phone.Sessions(); n != 0 {
			t.Errorf("the phone keeps %d sessions", n)
		}
	})
}

func TestInboundRefused(t *testing.T) {
	inBubble(t, nil, func(b *bench) {
		phone := b.phone(func(s *sip.Session) { s.Reject(486, "Busy Here", sip.Header{Name: "Reason", Value: "Q.850;cause=17"}) })
		defer phone.Close()
		o := b.ended(b.call(toPhone))
		if o.Code != 486 || o.Q850 != 17 || o.By != sip.EndedRemote {
			t.Errorf("outcome %+v", o)
		}
		time.Sleep(time.Second)
		if n := phone.Sessions(); n != 0 {
			t.Errorf("the phone keeps %d sessions", n)
		}
	})
}

func TestInboundCancelled(t *testing.T) {
	inBubble(t, nil, func(b *bench) {
		taken := make(chan *sip.Session, 1)
		phone := b.phone(func(s *sip.Session) { s.Respond(180, "Ringing", nil); taken <- s })
		defer phone.Close()
		s := b.call(toPhone)
		event[sip.Progress](b, s)
		s.Hangup(sip.Cause{})
		if o := b.ended(s); o.Code != 487 || o.By != sip.EndedLocal {
			t.Errorf("our outcome %+v", o)
		}
		if o := b.ended(<-taken); o.Code != 487 || o.By != sip.EndedRemote {
			t.Errorf("their outcome %+v", o)
		}
		time.Sleep(time.Second)
		if n := phone.Sessions(); n != 0 {
			t.Errorf("the phone keeps %d sessions", n)
		}
	})
}

func TestRingLimitBetweenAgents(t *testing.T) {
	inBubble(t, nil, func(b *bench) {
		phone := b.phone(func(s *sip.Session) { s.Respond(180, "Ringing", nil) })
		defer phone.Close()
		start := time.Now()
		o := b.ended(b.call(toPhone))
		if o.By != sip.EndedRingLimit || o.Code != 487 || time.Since(start) != 15*time.Second {
			t.Errorf("after %v: %+v", time.Since(start), o)
		}
		time.Sleep(time.Second)
	})
}

func TestInboundWithoutTakerIsForbidden(t *testing.T) {
	inBubble(t, nil, func(b *bench) {
		for i := range 1000 {
			b.peer.sendTo(invite(fmt.Sprint(i)), ourAddr)
			b.peer.response(403, sipmsg.INVITE)
		}
		time.Sleep(11 * time.Second)
		b.peer.sendTo(strings.Replace(invite("last"), "To: <sip:us@", "To: <sip:"+strings.Repeat("9", 4000)+"@", 1), ourAddr)
		b.peer.response(403, sipmsg.INVITE)
		b.peer.sendTo(rawRequest("BYE", "other"), ourAddr)
		b.peer.response(481, "BYE")
		lines := strings.Split(strings.TrimSpace(b.log.String()), "\n")
		if len(lines) != 2 || len(lines[1]) > 1000 || !strings.Contains(lines[1], "held_back=999") ||
			!strings.Contains(lines[0], `msg="a call from outside was refused" from=`+peerAddr+` to=us code=403 reason="no calls are taken here"`) {
			t.Errorf("log %q", lines)
		}
	})
}

// invite is an INVITE of the peer.
func invite(id string, fields ...string) string {
	return rawRequest("INVITE", id, append([]string{"Contact: <sip:caller@" + peerAddr + ">"}, fields...)...)
}

// rawRequest is a request of the peer outside a dialog; the field "To: …" or a
// body "v=0…" replaces the usual one.
func rawRequest(method, id string, fields ...string) string {
	d := &peerDialog{inv: mustRequest("INVITE sip:us@" + ourAddr + " SIP/2.0\r\nFrom: <sip:us@" + ourAddr +
		">\r\nTo: <sip:caller@" + peerAddr + ">\r\nCall-ID: call" + id + "\r\nContact: <sip:us@" + ourAddr + ">\r\n\r\n"),
		tag: "t" + id, seq: 0}
	return d.request(method, fields...).String()
}

func mustRequest(raw string) *sipmsg.Request {
	m, err := sipmsg.ParseMessage([]byte(raw))
	if err != nil {
		panic(err)
	}
	return m.(*sipmsg.Request)
}

func TestIPv6(t *testing.T) {
	inBubble(t, func(c *sip.Config) { c.Conn = c.Conn.(*memConn).net.listen("[2001:db8::1]:5060") }, func(b *bench) {
		phone, err := sip.Listen(sip.Config{Conn: b.net.listen("[2001:db8::2]:5070"), AllowFrom: anywhere, Inbound: func(s *sip.Session) { s.Answer(nil) }})
		if err != nil {
			t.Fatal(err)
		}
		defer phone.Close()
		s := b.call(func(o *sip.Outgoing) { o.Trunk.Targets = []string{"[2001:db8::2]:5070"} })
		event[sip.Answered](b, s)
		s.Hangup(sip.Cause{})
		if o := b.ended(s); !o.Answered {
			t.Errorf("outcome %+v", o)
		}
		time.Sleep(time.Minute)
	})
}
