package sip_test

import (
	"net/netip"
	"testing"
	"testing/synctest"
	"time"

	sipmsg "github.com/emiago/sipgo/sip"

	"ringflow/sip"
)

// Case 22 of a server that drops its connections: a keep-alive goes every 25 s, and after a reset
// the binding is made again over a new flow within a second. No running call ends by it: the far
// end's requests and ours come over the new flow, and so does the next call.
func TestRegistrationCase22FlowIsReset(t *testing.T) {
	n := newTCPNetwork()
	inBubble(t, func(c *sip.Config) { c.Streams, c.KeepAlive = n.of("10.0.0.1"), 25*time.Second }, func(b *bench) {
		far, err := n.of("10.0.0.2").Listen(netip.MustParseAddrPort(peerAddr))
		if err != nil {
			t.Fatal(err)
		}
		defer far.Close()
		trunk := registering(func(t *sip.Trunk) { t.Transport = sip.TCP })
		grant := func(p *tcpPeer) {
			t.Helper()
			req := p.request(sipmsg.REGISTER)
			res := sipmsg.NewResponseFromRequest(req, 200, "OK", nil)
			res.AppendHeader(sipmsg.NewHeader("Contact", bareContact(req)+";expires=3600"))
			p.write(res.String())
			synctest.Wait()
		}
		b.agent.SetRegistrations([]*sip.Trunk{trunk}, nil)
		p := b.accepts(far)
		grant(p)
		s := b.call(func(o *sip.Outgoing) { o.Trunk = trunk })
		inv := p.request(sipmsg.INVITE)
		p.answer(inv, 200, "OK", "a", sdp)
		p.request(sipmsg.ACK)
		event[sip.Answered](b, s)
		idle := func(p *tcpPeer, d time.Duration) {
			t.Helper()
			before := p.emptyLines
			if m := p.read(d); m != nil {
				t.Errorf("got %v", m)
			}
			if got, want := (p.emptyLines-before)/2, int(d/(25*time.Second)); got < want-1 || got > want+1 {
				t.Errorf("%d keep-alives in %v, want %d", got, d, want)
			}
		}
		idle(p, time.Minute)
		for range 3 {
			start := time.Now()
			p.conn.Close()
			p = b.accepts(far)
			grant(p)
			if took := time.Since(start); took > time.Second {
				t.Errorf("the binding was made again after %v", took)
			}
			b.stands(trunk, sip.PhaseRegistered, "200")
			idle(p, 10*time.Minute) // else it counts as a registrar that ends each connection
		}
		select {
		case <-s.Done():
			t.Fatalf("the call has ended: %+v", s.Outcome())
		default:
		}
		s.Reoffer([]byte(held))
		again := p.request(sipmsg.INVITE)
		p.answer(again, 200, "OK", "a", sdp)
		p.request(sipmsg.ACK)
		event[sip.ReofferResult](b, s)
		next := b.call(func(o *sip.Outgoing) { o.Trunk = trunk })
		inv = p.request(sipmsg.INVITE)
		p.answer(inv, 486, "Busy Here", "b", "")
		p.request(sipmsg.ACK)
		b.ended(next)
		s.Hangup(sip.Cause{})
		p.answer(p.request(sipmsg.BYE), 200, "OK", "a", "")
		if o := b.ended(s); !o.Answered || o.By != sip.EndedLocal {
			t.Errorf("outcome %+v", o)
		}
	})
}
