package sip_test

import (
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"testing"

	sipmsg "github.com/emiago/sipgo/sip"

	"ringflow/sip"
)

func TestLateNotifyDelaysAndLosesNothing(t *testing.T) {
	inBubble(t, nil, func(b *bench) {
		s := b.call()
		inv := b.peer.request(sipmsg.INVITE)
		const many = 100
		for i := range many {
			b.peer.answer(inv, 183, fmt.Sprint(i), "a", "")
		}
		b.peer.answer(inv, 486, "Busy", "a", "")
		b.peer.request(sipmsg.ACK)
		<-s.Done() // reported, without Notify
		if b.agent.Sessions() != 0 {
			t.Error("an unread event keeps the session in the table")
		}
		var got strings.Builder
		for e := range b.eventsOf(s) {
			if p, ok := e.(sip.Progress); ok {
				fmt.Fprint(&got, p.Reason, " ")
			}
		}
		if n := len(strings.Fields(got.String())); n != many {
			t.Errorf("%d events of %d", n, many)
		}
	})
}

func TestCloseWithLiveSessions(t *testing.T) {
	inBubble(t, nil, func(b *bench) {
		up, _ := b.up()
		ringing := b.call()
		b.peer.answer(b.peer.request(sipmsg.INVITE), 180, "Ringing", "r", "")
		event[sip.Progress](b, ringing)
		if err := b.agent.Close(); err != nil {
			t.Error(err)
		}
		for _, s := range []*sip.Session{up, ringing, b.call()} {
			if o := b.ended(s); o.By != sip.EndedLocal {
				t.Errorf("outcome %+v", o)
			}
		}
	})
}

func TestPanicInsideASessionEndsItAlone(t *testing.T) {
	inBubble(t, nil, func(b *bench) {
		bad, _ := b.up()
		good, d := b.up()
		bad.Do(func() { panic("of our own making") })
		bye := b.peer.request(sipmsg.BYE)
		if o := b.ended(bad); o.By != sip.EndedLocal || o.Err == nil {
			t.Errorf("outcome %+v", o)
		}
		b.peer.answer(bye, 200, "OK", "a", "")
		b.over(good, d)
		if n := strings.Count(b.log.String(), "of our own making"); n != 1 {
			t.Errorf("the panic is logged %d times", n)
		}
	})
}

// unwell is a socket whose first reads fail.
type unwell struct {
	*memConn
	failures int
}

func (c *unwell) ReadFromUDPAddrPort(p []byte) (int, netip.AddrPort, error) {
	if c.failures > 0 {
		c.failures--
		return 0, netip.AddrPort{}, errors.New("connection refused")
	}
	return c.memConn.ReadFromUDPAddrPort(p)
}

func TestReadErrorsPass(t *testing.T) {
	inBubble(t, func(c *sip.Config) { c.Conn = &unwell{c.Conn.(*memConn), 10} }, func(b *bench) {
		s, d := b.up()
		b.over(s, d)
		if n := strings.Count(b.log.String(), "connection refused"); n != 1 {
			t.Errorf("10 errors wrote %d lines", n)
		}
	})
}
