package sip_test

import (
	"crypto/tls"
	"net"
	"net/netip"
	"testing"
	"testing/synctest"
	"time"

	sipmsg "github.com/emiago/sipgo/sip"

	"ringflow/sip"
)

// The connections of a trunk are those that it has opened to its target and those that its
// hosts have opened, from when they are up until they end; another trunk has none of them.
func TestConnectionsOfATrunk(t *testing.T) {
	inTCPBubble(t, func(b *bench, n *tcpNetwork, far net.Listener) {
		var trunk sip.Trunk
		change := func(o *sip.Outgoing) { overTCP(o); trunk = *o.Trunk }
		s := b.call(change)
		began := time.Now()
		p := b.accepts(far)
		inv := p.request(sipmsg.INVITE)
		p.answer(inv, 200, "OK", "a", sdp)
		p.request(sipmsg.ACK)
		event[sip.Answered](b, s)
		time.Sleep(time.Minute)
		open := b.agent.TrunkConnections(&trunk)
		if len(open) != 1 || open[0] != (sip.Connection{Transport: sip.TCP, Addr: netip.MustParseAddrPort(trunk.Targets[0]), Since: began}) {
			t.Errorf("the connections are %+v", open)
		}
		conn, err := n.of("10.0.0.2").Dial(t.Context(), netip.MustParseAddrPort(ourAddr))
		if err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		if open := b.agent.TrunkConnections(&trunk); len(open) != 2 || !open[1].Accepted || open[1].Addr.Addr() != netip.MustParseAddr("10.0.0.2") {
			t.Errorf("with one of the far end the connections are %+v", open)
		}
		other := trunk
		other.Targets = []string{"10.0.0.3:5060"}
		if open := b.agent.TrunkConnections(&other); open != nil {
			t.Errorf("another trunk has %+v", open)
		}
		other.Targets, other.Transport = trunk.Targets, sip.UDP
		if open := b.agent.TrunkConnections(&other); open != nil {
			t.Errorf("the same host over UDP has %+v", open)
		}
		if n := len(b.agent.Connections()); n != 2 {
			t.Errorf("%d connections in all", n)
		}
		conn.Close()
		p.conn.Close()
		synctest.Wait()
		if open := b.agent.Connections(); open != nil {
			t.Errorf("connections that have ended are %+v", open)
		}
		s.Hangup(sip.Cause{})
		p = b.accepts(far)
		p.answer(p.request(sipmsg.BYE), 200, "OK", "a", "")
		if o := b.ended(s); o.Transport != sip.TCP || o.Address.String() != trunk.Targets[0] {
			t.Errorf("the INVITE was sent to %v over %s", o.Address, o.Transport)
		}
	})
}

// The certificate that a target has shown is known until it expires, of that target alone.
func TestCertificateOfATarget(t *testing.T) {
	inTLSBubble(t, nil, func(b *bench, _ *tcpNetwork, far net.Listener, ca *authority) {
		var trunk sip.Trunk
		change := func(o *sip.Outgoing) { overTLS(ca)(o); trunk = *o.Trunk }
		shown := ca.issue("sip.example").Certificate
		s := b.call(change)
		if at := b.agent.CertificateOf(trunk.Target(tlsAddr)); !at.IsZero() {
			t.Errorf("before the handshake it is %v", at)
		}
		p, _ := b.acceptsTLS(far, &tls.Config{Certificates: []tls.Certificate{shown}})
		inv := p.request(sipmsg.INVITE)
		if at := b.agent.CertificateOf(trunk.Target(tlsAddr)); !at.Equal(shown.Leaf.NotAfter) {
			t.Errorf("it is %v", at)
		}
		if open := b.agent.TrunkConnections(&trunk); len(open) != 1 || open[0].Transport != sip.TLS {
			t.Errorf("the connections are %+v", open)
		}
		plain := trunk
		plain.Transport = sip.UDP
		if at := b.agent.CertificateOf(plain.Target("192.0.2.1:5060")); !at.IsZero() {
			t.Errorf("a target over UDP has %v", at)
		}
		p.answer(inv, 486, "Busy Here", "a", "")
		p.request(sipmsg.ACK)
		b.ended(s)
		p.conn.Close()
	})
}
