package sip_test

import (
	"bufio"
	"io"
	"net"
	"net/netip"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	sipmsg "github.com/emiago/sipgo/sip"

	"ringflow/sip"
)

// inKeepAliveBubble runs a test with a trunk over TCP whose connection has been opened by a
// call, and has keep-alives every 25 seconds.
func inKeepAliveBubble(t *testing.T, test func(b *bench, n *tcpNetwork, far net.Listener, p *tcpPeer)) {
	t.Helper()
	n := newTCPNetwork()
	inBubble(t, func(c *sip.Config) { c.Streams, c.KeepAlive = n.of("10.0.0.1"), 25*time.Second }, func(b *bench) {
		far, err := n.of("10.0.0.2").Listen(netip.MustParseAddrPort(peerAddr))
		if err != nil {
			t.Fatal(err)
		}
		defer far.Close()
		s := b.call(overTCP)
		p := b.accepts(far)
		p.refuse(s)
		test(b, n, far, p)
		p.conn.Close()
	})
}

// refuse answers the INVITE of a call with 486.
func (p *tcpPeer) refuse(s *sip.Session) {
	p.Helper()
	p.answer(p.request(sipmsg.INVITE), 486, "Busy Here", "a", "")
	p.request(sipmsg.ACK)
	<-s.Done()
}

// expect reads exactly that text, and says after how long it came.
func (p *tcpPeer) expect(text string) time.Duration {
	p.Helper()
	start := time.Now()
	p.conn.SetReadDeadline(start.Add(24 * time.Hour))
	got := make([]byte, len(text))
	if _, err := io.ReadFull(p.r, got); err != nil || string(got) != text {
		p.Fatalf("got %q, %v; want %q", got, err, text)
	}
	return time.Since(start)
}

// A far end that drops connections on which nothing comes for 30 minutes keeps this one,
// and the next call goes over it, hours later.
func TestKeepAliveOfAnIdleConnection(t *testing.T) {
	inKeepAliveBubble(t, func(b *bench, n *tcpNetwork, far net.Listener, p *tcpPeer) {
		start := time.Now()
		for time.Since(start) < 3*time.Hour {
			if took := p.expect("\r\n\r\n"); took > 30*time.Second {
				t.Fatalf("a keep-alive after %v", took)
			}
		}
		s := b.call(overTCP)
		p.refuse(s)
		if n.dialled != 1 {
			t.Errorf("%d connections", n.dialled)
		}
	})
}

// A far end that answers keep-alives and then answers one no more has lost the connection:
// the next call opens another. One that never answers any is not held to it.
func TestKeepAliveWithoutAnswer(t *testing.T) {
	inKeepAliveBubble(t, func(b *bench, n *tcpNetwork, far net.Listener, p *tcpPeer) {
		for range 3 {
			p.expect("\r\n\r\n")
			p.write("\r\n")
		}
		p.expect("\r\n\r\n")
		start := time.Now()
		if m := p.read(time.Hour); m != nil || time.Since(start) != 10*time.Second {
			t.Errorf("got %v after %v", m, time.Since(start))
		}
		s := b.call(overTCP)
		p = b.accepts(far)
		p.refuse(s)
		for range 10 {
			p.expect("\r\n\r\n")
		}
		s = b.call(overTCP)
		p.refuse(s)
		if n.dialled != 2 {
			t.Errorf("%d connections", n.dialled)
		}
		p.conn.Close()
	})
}

// A far end whose messages answer in place of a pong, or that sends its keep-alives and no
// pongs, keeps its connection.
func TestKeepAlivesOfBothSides(t *testing.T) {
	inKeepAliveBubble(t, func(b *bench, n *tcpNetwork, far net.Listener, p *tcpPeer) {
		for range 5 {
			p.expect("\r\n\r\n")
			p.write("\r\n\r\n")
			p.expect("\r\n")
		}
		p.expect("\r\n\r\n")
		p.expect("\r\n\r\n")
		s := b.call(overTCP)
		p.refuse(s)
		if n.dialled != 1 {
			t.Errorf("%d connections", n.dialled)
		}
	})
}

// A connection that the far end opened is kept alive by the far end, whose keep-alives are
// answered in whatever parts they come.
func TestKeepAliveOfTheFarEnd(t *testing.T) {
	inKeepAliveBubble(t, func(b *bench, n *tcpNetwork, _ net.Listener, _ *tcpPeer) {
		conn, err := n.of("10.0.0.2").Dial(t.Context(), netip.MustParseAddrPort(ourAddr))
		if err != nil {
			t.Fatal(err)
		}
		p := &tcpPeer{T: t, conn: conn, r: bufio.NewReader(conn)}
		for range 3 {
			p.write("\r\n\r\n")
			if took := p.expect("\r\n"); took != 0 {
				t.Errorf("answered after %v", took)
			}
			time.Sleep(time.Minute)
		}
		synctest.Wait()
		p.write("OPTIONS sip:" + ourAddr + " SIP/2.0\r\nVia: SIP/2.0/TCP 10.0.0.2:1;branch=z9hG4bKa\r\nMax-Forwards: 70\r\nFrom: <sip:a@b>;tag=1\r\nTo: <sip:c@d>\r\nCall-ID: x\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n")
		if m := p.read(time.Second); m == nil || !strings.HasPrefix(m.String(), "SIP/2.0 200") {
			t.Errorf("got %v", m)
		}
		conn.Close()
	})
}
