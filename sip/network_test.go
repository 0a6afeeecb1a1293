package sip_test

import (
	"errors"
	"log/slog"
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

// network is a UDP network in memory. It keeps order and loses nothing.
type network struct {
	mu    sync.Mutex
	conns map[netip.AddrPort]*memConn
	rest  *memConn // gets what has no other receiver
}

func newNetwork() *network { return &network{conns: map[netip.AddrPort]*memConn{}} }

type packet struct {
	raw  []byte
	from netip.AddrPort
}

type memConn struct {
	net    *network
	addr   netip.AddrPort
	in     chan packet
	closed chan struct{}
	once   sync.Once
}

func (n *network) listen(addr string) *memConn {
	c := &memConn{net: n, addr: netip.MustParseAddrPort(addr), in: make(chan packet, 4096), closed: make(chan struct{})}
	n.mu.Lock()
	defer n.mu.Unlock()
	n.conns[c.addr] = c
	return c
}

func (c *memConn) ReadFromUDPAddrPort(b []byte) (int, netip.AddrPort, error) {
	select {
	case p := <-c.in:
		return copy(b, p.raw), p.from, nil
	case <-c.closed:
		return 0, netip.AddrPort{}, net.ErrClosed
	}
}

func (c *memConn) WriteToUDPAddrPort(b []byte, addr netip.AddrPort) (int, error) {
	c.net.mu.Lock()
	peer := c.net.conns[netip.AddrPortFrom(addr.Addr().Unmap(), addr.Port())]
	if peer == nil {
		peer = c.net.rest
	}
	c.net.mu.Unlock()
	if addr == netip.MustParseAddrPort(noRoute) {
		return 0, errors.New("network is unreachable")
	}
	if peer == nil {
		return len(b), nil
	}
	select {
	case peer.in <- packet{append([]byte(nil), b...), c.addr}:
	default:
	}
	return len(b), nil
}

func (c *memConn) Close() error        { c.once.Do(func() { close(c.closed) }); return nil }
func (c *memConn) LocalAddr() net.Addr { return net.UDPAddrFromAddrPort(c.addr) }

const (
	ourAddr  = "10.0.0.1:5060"
	peerAddr = "10.0.0.2:5060"
	nextAddr = "10.0.0.3:5060"
	noRoute  = "10.0.0.9:5060" // nothing can be sent there
	sdp      = "v=0\r\no=- 1 1 IN IP4 10.0.0.1\r\ns=-\r\nc=IN IP4 10.0.0.1\r\nt=0 0\r\nm=audio 4000 RTP/AVP 0\r\n"
)

// anywhere is every network.
var anywhere = []netip.Prefix{netip.MustParsePrefix("0.0.0.0/0"), netip.MustParsePrefix("::/0")}

// bench is an Agent on a network in memory, and the other side of its calls.
type bench struct {
	*testing.T
	net   *network
	agent *sip.Agent
	peer  *peer
	log   *lockedText

	mu     sync.Mutex
	events map[*sip.Session]chan sip.Event
	conns  []net.Conn // of far ends, closed after the test
}

// eventsOf are the events of a session, closed after Ended.
func (b *bench) eventsOf(s *sip.Session) <-chan sip.Event {
	b.mu.Lock()
	defer b.mu.Unlock()
	events, known := b.events[s]
	if !known {
		events = make(chan sip.Event, 1024)
		b.events[s] = events
		s.Notify(func(e sip.Event) {
			events <- e
			if _, last := e.(sip.Ended); last {
				close(events)
			}
		})
	}
	return events
}

type lockedText struct {
	mu sync.Mutex
	b  strings.Builder
}

func (l *lockedText) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedText) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// inBubble runs a test in a synctest bubble, and then holds that nothing of the
// agent lives on: no session, and no goroutine, or the bubble itself fails.
func inBubble(t *testing.T, change func(*sip.Config), test func(b *bench)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		b := &bench{T: t, net: newNetwork(), log: &lockedText{}, events: map[*sip.Session]chan sip.Event{}}
		b.peer = newPeer(t, b.net.listen(peerAddr))
		cfg := sip.Config{Conn: b.net.listen(ourAddr), UserAgent: "Ringflow", AllowFrom: anywhere,
			Log: slog.New(slog.NewTextHandler(b.log, &slog.HandlerOptions{Level: slog.LevelDebug}))}
		if change != nil {
			change(&cfg)
		}
		var err error
		if b.agent, err = sip.Listen(cfg); err != nil {
			t.Fatal(err)
		}
		test(b)
		synctest.Wait()
		for _, conn := range b.conns {
			conn.Close()
		}
		if n := b.agent.Sessions(); n != 0 && !t.Failed() {
			t.Errorf("%d sessions live on", n)
		}
		if err := b.agent.Close(); err != nil {
			t.Error(err)
		}
		b.peer.conn.Close()
	})
}

// offering is an Outgoing.Offer of one offer for all INVITEs.
func offering(offer string) func(sip.OfferFor) []byte {
	return func(sip.OfferFor) []byte { return []byte(offer) }
}

// call places a call to the peer.
func (b *bench) call(change ...func(*sip.Outgoing)) *sip.Session {
	o := sip.Outgoing{Trunk: &sip.Trunk{Name: "carrier", Targets: []string{peerAddr}}, From: "+12025550100",
		To: "+12025550123", Offer: offering(sdp), RingLimit: 15 * time.Second, SetupLimit: 25 * time.Second}
	for _, f := range change {
		f(&o)
	}
	return b.agent.Invite(o)
}

// ended waits for the end of a session, and holds that Ended came once and last.
func (b *bench) ended(s *sip.Session) sip.Outcome {
	b.Helper()
	var end *sip.Ended
	for e := range b.eventsOf(s) {
		if end != nil {
			b.Fatalf("%#v after Ended", e)
		}
		if x, ok := e.(sip.Ended); ok {
			end = &x
		}
	}
	if end == nil {
		b.Fatal("the session closed its events without Ended")
	}
	<-s.Done()
	if s.Outcome().By != end.By {
		b.Fatal("Outcome differs from Ended")
	}
	return end.Outcome
}

// event waits for the next event of a kind.
func event[E sip.Event](b *bench, s *sip.Session) E {
	b.Helper()
	select {
	case e := <-b.eventsOf(s):
		if x, ok := e.(E); ok {
			return x
		}
		var want E
		b.Fatalf("event %#v, want %T", e, want)
	case <-time.After(time.Hour):
		b.Fatal("no event")
	}
	panic("unreachable")
}

// peer is the other side, played by hand.
type peer struct {
	*testing.T
	conn *memConn
}

func newPeer(t *testing.T, c *memConn) *peer { return &peer{t, c} }

// read waits for the next message, nil if none comes within d.
func (p *peer) read(d time.Duration) sipmsg.Message {
	p.Helper()
	select {
	case pk := <-p.conn.in:
		m, err := sipmsg.ParseMessage(pk.raw)
		if err != nil {
			p.Fatalf("the agent sent what does not parse: %v\n%s", err, pk.raw)
		}
		m.SetSource(pk.from.String())
		m.SetTransport("UDP")
		return m
	case <-time.After(d):
		return nil
	}
}

// request waits for a request of that method; any other message fails the test.
func (p *peer) request(method sipmsg.RequestMethod) *sipmsg.Request {
	p.Helper()
	m := p.read(time.Hour)
	req, ok := m.(*sipmsg.Request)
	if !ok || req.Method != method {
		p.Fatalf("got %v, want %s", m, method)
	}
	return req
}

// response waits for a response with that code to that method.
func (p *peer) response(code int, method sipmsg.RequestMethod) *sipmsg.Response {
	p.Helper()
	m := p.read(time.Hour)
	res, ok := m.(*sipmsg.Response)
	if !ok || res.StatusCode != code || res.CSeq().MethodName != method {
		p.Fatalf("got %v, want %d to %s", m, code, method)
	}
	return res
}

// silent holds that nothing comes for d.
func (p *peer) silent(d time.Duration) {
	p.Helper()
	if m := p.read(d); m != nil {
		p.Fatalf("got %v, want silence", m)
	}
}

func (p *peer) sendTo(raw, to string) {
	p.Helper()
	if _, err := p.conn.WriteToUDPAddrPort([]byte(raw), netip.MustParseAddrPort(to)); err != nil {
		p.Fatal(err)
	}
}

func (p *peer) send(m sipmsg.Message) { p.Helper(); p.sendTo(m.String(), ourAddr) }

// answer responds to a request, with a To tag, extra header fields "Name: value"
// and a body.
func (p *peer) answer(req *sipmsg.Request, code int, reason, tag, body string, fields ...string) {
	p.Helper()
	res := sipmsg.NewResponseFromRequest(req, code, reason, nil)
	if code > 100 {
		res.To().Params.Remove("tag")
		res.To().Params.Add("tag", tag)
	}
	for _, f := range fields {
		name, value, _ := strings.Cut(f, ": ")
		res.AppendHeader(sipmsg.NewHeader(name, value))
	}
	if code > 100 && code < 300 && !hasField(fields, "Contact") {
		res.AppendHeader(sipmsg.NewHeader("Contact", "<sip:phone@"+p.conn.addr.String()+">"))
	}
	if body != "" {
		res.AppendHeader(sipmsg.NewHeader("Content-Type", "application/sdp"))
		res.SetBody([]byte(body))
	}
	p.send(res)
}

func hasField(fields []string, name string) bool {
	for _, f := range fields {
		if strings.HasPrefix(f, name+":") {
			return true
		}
	}
	return false
}
