package sip_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	sipmsg "github.com/emiago/sipgo/sip"

	"ringflow/sip"
)

// tcpNetwork is a TCP network in memory.
type tcpNetwork struct {
	mu        sync.Mutex
	listeners map[netip.AddrPort]*tcpListener
	port      uint16
	dialled   int
}

func newTCPNetwork() *tcpNetwork {
	return &tcpNetwork{listeners: map[netip.AddrPort]*tcpListener{}, port: 40000}
}

// of is the network as the agent at that host has it.
func (n *tcpNetwork) of(host string) *tcpHost { return &tcpHost{n, netip.MustParseAddr(host)} }

type tcpHost struct {
	*tcpNetwork
	addr netip.Addr
}

type tcpListener struct {
	net    *tcpNetwork
	at     netip.AddrPort
	conns  chan net.Conn
	closed chan struct{}
	once   sync.Once
}

func (h *tcpHost) Listen(at netip.AddrPort) (net.Listener, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.listeners[at] != nil {
		return nil, errors.New("address already in use")
	}
	l := &tcpListener{net: h.tcpNetwork, at: at, conns: make(chan net.Conn, 16), closed: make(chan struct{})}
	h.listeners[at] = l
	return l, nil
}

func (h *tcpHost) Dial(ctx context.Context, to netip.AddrPort) (net.Conn, error) {
	h.mu.Lock()
	h.dialled++
	h.port++
	from, l := netip.AddrPortFrom(h.addr, h.port), h.listeners[to]
	h.mu.Unlock()
	if to.String() == noRoute {
		<-ctx.Done() // as where a firewall drops what comes
		return nil, ctx.Err()
	}
	if l == nil {
		return nil, errors.New("connection refused")
	}
	ours, theirs := net.Pipe()
	l.conns <- &tcpConn{theirs, to, from}
	return &tcpConn{ours, from, to}, nil
}

func (l *tcpListener) Accept() (net.Conn, error) {
	select {
	case c := <-l.conns:
		return c, nil
	case <-l.closed:
		return nil, net.ErrClosed
	}
}

func (l *tcpListener) Close() error {
	l.once.Do(func() {
		close(l.closed)
		l.net.mu.Lock()
		defer l.net.mu.Unlock()
		delete(l.net.listeners, l.at)
	})
	return nil
}

func (l *tcpListener) Addr() net.Addr { return net.TCPAddrFromAddrPort(l.at) }

type tcpConn struct {
	net.Conn
	local, remote netip.AddrPort
}

func (c *tcpConn) LocalAddr() net.Addr  { return net.TCPAddrFromAddrPort(c.local) }
func (c *tcpConn) RemoteAddr() net.Addr { return net.TCPAddrFromAddrPort(c.remote) }

// tcpPeer is the far end of one connection, played by hand.
type tcpPeer struct {
	*testing.T
	conn net.Conn
	r    *bufio.Reader

	emptyLines int // between messages: two of each keep-alive
}

// accepts waits for a connection of the agent.
func (b *bench) accepts(l net.Listener) *tcpPeer {
	b.Helper()
	conn, err := l.Accept()
	if err != nil {
		b.Fatal(err)
	}
	return &tcpPeer{T: b.T, conn: conn, r: bufio.NewReader(conn)}
}

// read waits for the next message, nil if none comes within d or the connection ends.
func (p *tcpPeer) read(d time.Duration) sipmsg.Message {
	p.Helper()
	p.conn.SetReadDeadline(time.Now().Add(d))
	var head strings.Builder
	length := 0
	for {
		line, err := p.r.ReadString('\n')
		if err != nil {
			return nil
		}
		if line == "\r\n" && head.Len() == 0 {
			p.emptyLines++ // of a keep-alive, or the answer to one
			continue
		}
		head.WriteString(line)
		fmt.Sscanf(line, "Content-Length: %d", &length)
		if line == "\r\n" {
			break
		}
	}
	body := make([]byte, length)
	if _, err := io.ReadFull(p.r, body); err != nil {
		return nil
	}
	m, err := sipmsg.ParseMessage([]byte(head.String() + string(body)))
	if err != nil {
		p.Fatalf("the agent sent what does not parse: %v\n%s", err, head.String())
	}
	return m
}

func (p *tcpPeer) request(method sipmsg.RequestMethod) *sipmsg.Request {
	p.Helper()
	m := p.read(time.Hour)
	req, ok := m.(*sipmsg.Request)
	if !ok || req.Method != method {
		p.Fatalf("got %v, want %s", m, method)
	}
	return req
}

func (p *tcpPeer) response(code int, method sipmsg.RequestMethod) *sipmsg.Response {
	p.Helper()
	m := p.read(time.Hour)
	res, ok := m.(*sipmsg.Response)
	if !ok || res.StatusCode != code || res.CSeq().MethodName != method {
		p.Fatalf("got %v, want %d to %s", m, code, method)
	}
	return res
}

func (p *tcpPeer) write(raw string) {
	p.Helper()
	p.conn.SetWriteDeadline(time.Now().Add(time.Hour))
	if _, err := p.conn.Write([]byte(raw)); err != nil {
		p.Error(err)
	}
}

func (p *tcpPeer) answer(req *sipmsg.Request, code int, reason, tag, body string, fields ...string) {
	p.Helper()
	res := sipmsg.NewResponseFromRequest(req, code, reason, nil)
	if code > 100 {
		res.To().Params.Remove("tag")
		res.To().Params.Add("tag", tag)
	}
	res.AppendHeader(sipmsg.NewHeader("Contact", "<sip:phone@"+peerAddr+";transport=tcp>"))
	for _, f := range fields {
		name, value, _ := strings.Cut(f, ": ")
		res.AppendHeader(sipmsg.NewHeader(name, value))
	}
	if body != "" {
		res.AppendHeader(sipmsg.NewHeader("Content-Type", "application/sdp"))
		res.SetBody([]byte(body))
	}
	p.write(res.String())
}

// inTCPBubble runs a test with a trunk over TCP, whose far end listens at peerAddr.
func inTCPBubble(t *testing.T, test func(b *bench, n *tcpNetwork, far net.Listener)) {
	t.Helper()
	n := newTCPNetwork()
	inBubble(t, func(c *sip.Config) { c.Streams = n.of("10.0.0.1") }, func(b *bench) {
		far, err := n.of("10.0.0.2").Listen(netip.MustParseAddrPort(peerAddr))
		if err != nil {
			t.Fatal(err)
		}
		defer far.Close()
		test(b, n, far)
	})
}

func overTCP(o *sip.Outgoing) { o.Trunk.Transport = sip.TCP }

// A call over TCP: one connection for the requests of both sides, and nothing repeated.
func TestCallOverTCP(t *testing.T) {
	inTCPBubble(t, func(b *bench, n *tcpNetwork, far net.Listener) {
		s := b.call(overTCP)
		p := b.accepts(far)
		inv := p.request(sipmsg.INVITE)
		if via := inv.Via(); via.Transport != "TCP" || via.Host+":"+fmt.Sprint(via.Port) != ourAddr {
			t.Errorf("Via %v", via)
		}
		if c := inv.Contact().Address.String(); !strings.HasSuffix(c, "@"+ourAddr+";transport=tcp") {
			t.Errorf("Contact %s", c)
		}
		if m := p.read(20 * time.Second); m != nil {
			t.Fatalf("%v is repeated over a reliable transport", m)
		}
		p.answer(inv, 180, "Ringing", "a", "")
		event[sip.Progress](b, s)
		p.answer(inv, 200, "OK", "a", sdp)
		if a := event[sip.Answered](b, s); string(a.Body) != sdp {
			t.Errorf("answered %+v", a)
		}
		p.request(sipmsg.ACK)
		d := &peerDialog{inv: inv, tag: "a", seq: 100}
		re := strings.ReplaceAll(d.request("INVITE", held).String(), "SIP/2.0/UDP", "SIP/2.0/TCP")
		p.write(re[:20])
		p.write(re[20:]) // a message may come in parts
		event[sip.Reoffer](b, s)
		s.AnswerOffer([]byte(sdp))
		ok := p.response(200, sipmsg.INVITE)
		if c := ok.Contact().Address.String(); !strings.HasSuffix(c, ";transport=tcp") {
			t.Errorf("Contact of the answer %s", c)
		}
		if string(ok.Body()) != sdp {
			t.Errorf("answer %s", ok)
		}
		// Two messages in one write, with a keepalive between them (RFC 3261 §7.5).
		ack, info := d.again("ACK").String(), d.request("INFO").String()
		p.write(ack + "\r\n\r\n" + info)
		event[sip.InfoReceived](b, s)
		p.response(200, sipmsg.INFO)
		s.Hangup(sip.Cause{})
		bye := p.request(sipmsg.BYE)
		if m := p.read(6 * time.Second); m != nil {
			t.Fatalf("%v is repeated over a reliable transport", m)
		}
		p.answer(bye, 200, "OK", "a", "")
		if o := b.ended(s); !o.Answered {
			t.Errorf("outcome %+v", o)
		}
		if n.dialled != 1 {
			t.Errorf("%d connections", n.dialled)
		}
	})
}

// Timer B ends an INVITE without a response over TCP too, and was sent once.
func TestTimeoutOverTCP(t *testing.T) {
	inTCPBubble(t, func(b *bench, _ *tcpNetwork, far net.Listener) {
		start := time.Now()
		s := b.call(overTCP, func(o *sip.Outgoing) { o.SetupLimit = time.Hour })
		p := b.accepts(far)
		p.request(sipmsg.INVITE)
		if m := p.read(31 * time.Second); m != nil {
			t.Fatalf("got %v", m)
		}
		if o := b.ended(s); o.By != sip.EndedNoReply || time.Since(start) != 32*time.Second {
			t.Errorf("after %v: %+v", time.Since(start), o)
		}
	})
}

// A connection over which nothing came while a request waited for its response is closed,
// and the next request opens another; one that brought anything carries it.
func TestSilentConnection(t *testing.T) {
	for _, alive := range []bool{false, true} {
		t.Run(fmt.Sprintf("alive %t", alive), func(t *testing.T) {
			inTCPBubble(t, func(b *bench, _ *tcpNetwork, far net.Listener) {
				s := b.call(overTCP, func(o *sip.Outgoing) { o.SetupLimit = 20 * time.Second })
				p := b.accepts(far)
				inv := p.request(sipmsg.INVITE)
				if alive {
					time.Sleep(10 * time.Second) // of the bubble
					d := &peerDialog{inv: inv, tag: "a", seq: 100}
					p.write(d.request("OPTIONS").String())
					p.read(time.Second)
				}
				if o := b.ended(s); o.Code != 0 && o.Code != 487 {
					t.Fatalf("%+v", o)
				}
				s = b.call(overTCP)
				if !alive {
					p = b.accepts(far)
				}
				p.answer(p.request(sipmsg.INVITE), 486, "Busy Here", "a", "")
				p.request(sipmsg.ACK)
				if o := b.ended(s); o.Code != 486 {
					t.Errorf("%+v", o)
				}
			})
		})
	}
}

// A connection that cannot be opened, or breaks before a response, fails over at once.
func TestFailoverOverTCP(t *testing.T) {
	for name, meets := range map[string]func(b *bench, n *tcpNetwork, first string){
		"refused": func(*bench, *tcpNetwork, string) {},
		"broken": func(b *bench, n *tcpNetwork, first string) {
			l, err := n.of("10.0.0.3").Listen(netip.MustParseAddrPort(first))
			if err != nil {
				b.Fatal(err)
			}
			defer l.Close()
			p := b.accepts(l)
			p.request(sipmsg.INVITE)
			p.conn.Close()
		},
	} {
		t.Run(name, func(t *testing.T) {
			inTCPBubble(t, func(b *bench, n *tcpNetwork, far net.Listener) {
				start := time.Now()
				listening := make(chan struct{})
				go func() { defer close(listening); meets(b, n, nextAddr) }()
				synctest.Wait()
				s := b.call(overTCP, func(o *sip.Outgoing) { o.Trunk.Targets = []string{nextAddr, peerAddr} })
				p := b.accepts(far)
				p.answer(p.request(sipmsg.INVITE), 486, "Busy Here", "a", "")
				p.request(sipmsg.ACK)
				o := b.ended(s)
				if o.Code != 486 || len(o.Attempts) != 2 || o.Attempts[0].Err == nil || time.Since(start) != 0 {
					t.Errorf("after %v: %+v", time.Since(start), o)
				}
				<-listening
			})
		})
	}
}

// A target that takes no connection at all is given up for the next one as a silent one.
func TestConnectionThatNeverOpens(t *testing.T) {
	inTCPBubble(t, func(b *bench, _ *tcpNetwork, far net.Listener) {
		start := time.Now()
		s := b.call(overTCP, func(o *sip.Outgoing) { o.Trunk.Targets = []string{noRoute, peerAddr} })
		p := b.accepts(far)
		if took := time.Since(start); took != 3*time.Second {
			t.Errorf("the next target after %v", took)
		}
		p.answer(p.request(sipmsg.INVITE), 486, "Busy Here", "a", "")
		p.request(sipmsg.ACK)
		b.ended(s)
	})
}

// A connection that breaks in a call is opened again by the next request, of either side.
func TestReconnect(t *testing.T) {
	inTCPBubble(t, func(b *bench, n *tcpNetwork, far net.Listener) {
		s, p, inv := b.upOverTCP(far)
		p.conn.Close()
		synctest.Wait()
		s.Info("application/dtmf", []byte("5"))
		p = b.accepts(far)
		p.answer(p.request(sipmsg.INFO), 200, "OK", "a", "")
		p.conn.Close()
		synctest.Wait()
		conn, err := n.of("10.0.0.2").Dial(t.Context(), netip.MustParseAddrPort(ourAddr))
		if err != nil {
			t.Fatal(err)
		}
		p = &tcpPeer{T: t, conn: conn, r: bufio.NewReader(conn)}
		d := &peerDialog{inv: inv, tag: "a", seq: 100}
		p.write(d.request("BYE").String())
		p.response(200, sipmsg.BYE)
		if o := b.ended(s); o.By != sip.EndedRemote {
			t.Errorf("outcome %+v", o)
		}
		p.conn.Close()
	})
}

// upOverTCP places a call over TCP that is answered, and returns it with its INVITE.
func (b *bench) upOverTCP(far net.Listener) (*sip.Session, *tcpPeer, *sipmsg.Request) {
	b.Helper()
	s := b.call(overTCP)
	p := b.accepts(far)
	inv := p.request(sipmsg.INVITE)
	p.answer(inv, 200, "OK", "a", sdp)
	p.request(sipmsg.ACK)
	event[sip.Answered](b, s)
	return s, p, inv
}

// A request inside a call that was written to a connection which then breaks is sent once
// more over another, with the same branch; the log says if it is lost again.
func TestRequestLostWithItsConnection(t *testing.T) {
	for _, method := range []sipmsg.RequestMethod{sipmsg.BYE, sipmsg.INFO} {
		for _, again := range []string{"answered", "broken", "refused"} {
			t.Run(fmt.Sprintf("%s %s", method, again), func(t *testing.T) {
				inTCPBubble(t, func(b *bench, _ *tcpNetwork, far net.Listener) {
					s, p, _ := b.upOverTCP(far)
					if method == sipmsg.BYE {
						s.Hangup(sip.Cause{})
					} else {
						s.Info("application/dtmf", []byte("5"))
					}
					first := p.request(method)
					if again == "refused" {
						far.Close()
					}
					p.conn.Close()
					if again != "refused" {
						p = b.accepts(far)
						second := p.request(method)
						if branch(second) != branch(first) || second.CSeq().SeqNo != first.CSeq().SeqNo {
							t.Errorf("sent again as %s", second)
						}
						if again == "answered" {
							p.answer(second, 200, "OK", "a", "")
						} else {
							p.conn.Close()
						}
					}
					synctest.Wait()
					if method == sipmsg.INFO && again != "refused" {
						s.Hangup(sip.Cause{})
						if again == "broken" {
							p = b.accepts(far)
						}
						p.answer(p.request(sipmsg.BYE), 200, "OK", "a", "")
					}
					if method == sipmsg.INFO && again == "refused" {
						s.Hangup(sip.Cause{})
					}
					b.ended(s)
					if logged := strings.Contains(b.log.String(), "method="+string(method)); logged != (again != "answered") {
						t.Errorf("log %s", b.log.String())
					}
				})
			})
		}
	}
}

// A CANCEL that is lost with its connection is sent once more.
func TestCancelLostWithItsConnection(t *testing.T) {
	inTCPBubble(t, func(b *bench, _ *tcpNetwork, far net.Listener) {
		s := b.call(overTCP)
		p := b.accepts(far)
		inv := p.request(sipmsg.INVITE)
		p.answer(inv, 180, "Ringing", "a", "")
		event[sip.Progress](b, s)
		s.Hangup(sip.Cause{})
		p.request(sipmsg.CANCEL)
		p.conn.Close()
		p = b.accepts(far)
		p.answer(p.request(sipmsg.CANCEL), 200, "OK", "a", "")
		p.answer(inv, 487, "Request Terminated", "a", "")
		p.request(sipmsg.ACK)
		if o := b.ended(s); o.Code != 487 {
			t.Errorf("outcome %+v", o)
		}
	})
}

// A target that took the connection was reached: the error says what it did with it.
func TestTargetThatTakesTheConnection(t *testing.T) {
	for name, c := range map[string]struct{ raw, line, why string }{
		"closed":        {"", "", "the far end closed the connection"},
		"half a head":   {"SIP/2.0 200 OK\r\nVia", "SIP/2.0 200 OK", "the far end closed the connection"},
		"half a body":   {"SIP/2.0 200 OK\r\nContent-Length: 9\r\n\r\nhalf", "SIP/2.0 200 OK", "the far end closed the connection"},
		"not complete":  {"SIP/2.0 200 OK\r\n+", "SIP/2.0 200 OK", "it did not end within 10s"},
		"other service": {"SSH-2.0-OpenSSH_9.6\r\n\r\n", "SSH-2.0-OpenSSH_9.6", "it has no Content-Length"},
	} {
		t.Run(name, func(t *testing.T) {
			inTCPBubble(t, func(b *bench, _ *tcpNetwork, far net.Listener) {
				s := b.call(overTCP)
				p := b.accepts(far)
				p.request(sipmsg.INVITE)
				if c.raw != "" {
					p.write(c.raw)
				}
				if !strings.HasSuffix(c.raw, "+") {
					p.conn.Close()
				}
				o := b.ended(s)
				if o.By != sip.EndedTransport || !errors.Is(o.Err, sip.ErrConnectionLost) || !strings.Contains(o.Err.Error(), c.why) {
					t.Errorf("ended by %s: %v", o.By, o.Err)
				}
				if c.line == "" {
					if len(o.Discarded) > 0 {
						t.Errorf("discarded %+v", o.Discarded)
					}
				} else if len(o.Discarded) != 1 || o.Discarded[0].FirstLine != c.line || !strings.Contains(o.Discarded[0].Reason, c.why) {
					t.Errorf("discarded %+v", o.Discarded)
				}
			})
		})
	}
	inTCPBubble(t, func(b *bench, _ *tcpNetwork, far net.Listener) {
		far.Close()
		if o := b.ended(b.call(overTCP)); o.By != sip.EndedTransport || errors.Is(o.Err, sip.ErrConnectionLost) {
			t.Errorf("a target that refuses the connection: %v", o.Err)
		}
	})
}

// Over TCP, bytes from another port of the same host are another trunk's.
func TestGarbageOfAnotherPortOverTCP(t *testing.T) {
	inTCPBubble(t, func(b *bench, n *tcpNetwork, far net.Listener) {
		const other = "10.0.0.2:5070"
		second, err := n.of("10.0.0.2").Listen(netip.MustParseAddrPort(other))
		if err != nil {
			t.Fatal(err)
		}
		defer second.Close()
		s := b.call(overTCP)
		p := b.accepts(far)
		inv := p.request(sipmsg.INVITE)
		bad := b.call(overTCP, func(o *sip.Outgoing) { o.Trunk.Targets = []string{other} })
		q := b.accepts(second)
		q.request(sipmsg.INVITE)
		q.write("SSH-2.0-OpenSSH_9.6\r\n\r\n")
		if o := b.ended(bad); len(o.Discarded) != 1 {
			t.Errorf("discarded %+v", o.Discarded)
		}
		p.answer(inv, 486, "Busy Here", "a", "")
		p.request(sipmsg.ACK)
		if o := b.ended(s); o.Code != 486 || len(o.Discarded) != 0 {
			t.Errorf("outcome %+v", o)
		}
	})
}

// A refusal of a re-INVITE is sent once, and its transaction ends with the ACK; a copy of
// a request finds none.
func TestServerTransactionsOverTCP(t *testing.T) {
	inTCPBubble(t, func(b *bench, _ *tcpNetwork, far net.Listener) {
		s, p, inv := b.upOverTCP(far)
		d := &peerDialog{inv: inv, tag: "a", seq: 100}
		re := d.request("INVITE", held)
		p.write(re.String())
		event[sip.Reoffer](b, s)
		s.RejectOffer(488)
		res := p.response(488, sipmsg.INVITE)
		if m := p.read(20 * time.Second); m != nil {
			t.Fatalf("%v is repeated over a reliable transport", m)
		}
		ack := d.again("ACK")
		ack.Via().Params.Add("branch", branch(res))
		p.write(ack.String())
		s.Hangup(sip.Cause{})
		p.answer(p.request(sipmsg.BYE), 200, "OK", "a", "")
		b.ended(s)
	})
}

// What cannot be framed closes the connection; what came before it counts, and other
// connections stay.
func TestGarbageOnAConnection(t *testing.T) {
	long := strings.Repeat("x", 70_000)
	for name, c := range map[string]struct{ raw, why string }{
		"no Content-Length":   {"SIP/2.0 200 OK\r\nVia: x\r\n\r\n", "it has no Content-Length"},
		"two Content-Lengths": {"SIP/2.0 200 OK\r\nContent-Length: 1\r\nl: 2\r\n\r\n", "it has two Content-Lengths"},
		"no number":           {"SIP/2.0 200 OK\r\nContent-Length: many\r\n\r\n", "its Content-Length is not a number"},
		"negative":            {"SIP/2.0 200 OK\r\nContent-Length: -1\r\n\r\n", "its Content-Length is not a number"},
		"too great":           {"SIP/2.0 200 OK\r\nContent-Length: 4294967295\r\n\r\n", "its Content-Length is not a number"},
		"too long a line":     {long, "longer than 65535 bytes"},
		"too long a body":     {"SIP/2.0 200 OK\r\nX: " + long[:60_000] + "\r\nContent-Length: 6000\r\n\r\n", "longer than 65535 bytes"},
		"HTTP":                {"GET / HTTP/1.1\r\nHost: x\r\n\r\n", "it has no Content-Length"},
	} {
		t.Run(name, func(t *testing.T) {
			inTCPBubble(t, func(b *bench, n *tcpNetwork, far net.Listener) {
				s := b.call(overTCP)
				p := b.accepts(far)
				inv := p.request(sipmsg.INVITE)
				p.answer(inv, 180, "Ringing", "a", "")
				event[sip.Progress](b, s)
				bad, err := n.of("10.0.0.66").Dial(t.Context(), netip.MustParseAddrPort(ourAddr))
				if err != nil {
					t.Fatal(err)
				}
				go func() { _, _ = bad.Write([]byte(c.raw)) }()
				if m := (&tcpPeer{T: t, conn: bad, r: bufio.NewReader(bad)}).read(time.Hour); m != nil {
					t.Errorf("got %v", m)
				}
				synctest.Wait()
				if log := b.log.String(); !strings.Contains(log, c.why) {
					t.Errorf("log %s", log)
				}
				p.answer(inv, 486, "Busy Here", "a", "")
				p.request(sipmsg.ACK)
				if o := b.ended(s); o.Code != 486 {
					t.Errorf("outcome %+v", o)
				}
			})
		})
	}
}

// A far end that does not read, or begins a message and does not end it, costs itself its
// connection and nothing else.
func TestSlowFarEndsOverTCP(t *testing.T) {
	inTCPBubble(t, func(b *bench, n *tcpNetwork, far net.Listener) {
		start := time.Now()
		s := b.call(overTCP, func(o *sip.Outgoing) { o.Trunk.Targets = []string{peerAddr, nextAddr} })
		p := b.accepts(far) // and reads nothing
		second, err := n.of("10.0.0.3").Listen(netip.MustParseAddrPort(nextAddr))
		if err != nil {
			t.Fatal(err)
		}
		defer second.Close()
		q := b.accepts(second)
		inv := q.request(sipmsg.INVITE)
		if took := time.Since(start); took != 3*time.Second {
			t.Errorf("the next target after %v", took)
		}
		q.answer(inv, 180, "Ringing", "a", "")
		event[sip.Progress](b, s)
		if _, err := p.r.ReadByte(); err != nil { // after 10 s the write has failed
			t.Logf("the first connection ended: %v", err)
		}
		slow, err := n.of("10.0.0.66").Dial(t.Context(), netip.MustParseAddrPort(ourAddr))
		if err != nil {
			t.Fatal(err)
		}
		begun := time.Now()
		if _, err := slow.Write([]byte("OPTIONS sip:x SIP/2.0\r\n")); err != nil {
			t.Fatal(err)
		}
		if _, err := slow.Read(make([]byte, 1)); err == nil || time.Since(begun) != 10*time.Second {
			t.Errorf("closed after %v: %v", time.Since(begun), err)
		}
		q.answer(inv, 603, "Decline", "a", "")
		q.request(sipmsg.ACK)
		b.ended(s)
	})
}

// A ping over TCP goes over the connection of the calls.
func TestPingOverTCP(t *testing.T) {
	inTCPBubble(t, func(b *bench, n *tcpNetwork, far net.Listener) {
		target := sip.Target{Transport: sip.TCP, Address: peerAddr}
		b.agent.SetPings(every(30*time.Second, target))
		p := b.accepts(far)
		p.answer(p.request(sipmsg.OPTIONS), 200, "OK", "a", "")
		b.reaches(target, sip.Reachable, "200 OK")
		far.Close()
		p.conn.Close()
		time.Sleep(30 * time.Second)
		b.reaches(target, sip.Reachable, "connection refused")
		time.Sleep(30 * time.Second)
		b.reaches(target, sip.Unreachable, "connection refused")
		if n.dialled != 3 {
			t.Errorf("%d connections", n.dialled)
		}
	})
}

// An unknown transport is refused before anything is sent.
func TestUnknownTransport(t *testing.T) {
	inBubble(t, nil, func(b *bench) {
		s := b.call(func(o *sip.Outgoing) { o.Trunk.Transport = "sctp" })
		if o := b.ended(s); o.By != sip.EndedLocal || o.Err == nil || !strings.Contains(o.Err.Error(), `transport "sctp" is not one of [udp tcp tls]`) {
			t.Errorf("outcome %+v", o)
		}
	})
}
