package sip_test

import (
	"bufio"
	"context"
	"crypto/rand"
	"errors"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	sipmsg "github.com/emiago/sipgo/sip"
	"github.com/miekg/dns"

	"ringflow/sip"
)

const unknownAddr = "10.0.0.66:5060"

func closed(c *sip.Config) { c.AllowFrom = nil }

// TestUnknownAddressIsDropped sends what scanners, misdirected phones and carriers of
// others send. Nothing is read, answered or kept, and each is counted.
func TestUnknownAddressIsDropped(t *testing.T) {
	ourForm := rand.Text()
	for name, c := range map[string]struct{ raw, reason string }{
		"OPTIONS":                   {rawRequest("OPTIONS", "1"), "request"},
		"INVITE":                    {rawRequest("INVITE", "1"), "request"},
		"REGISTER":                  {rawRequest("REGISTER", "1"), "request"},
		"MESSAGE":                   {rawRequest("MESSAGE", "1"), "request"},
		"SUBSCRIBE":                 {rawRequest("SUBSCRIBE", "1"), "request"},
		"unknown method":            {rawRequest("FROBNICATE", "1"), "request"},
		"BYE of no call":            {strings.Replace(rawRequest("BYE", "1"), ">\r\nCall-ID", ">;tag=guess\r\nCall-ID", 1), "request"},
		"BYE with a guessed tag":    {strings.NewReplacer(">\r\nCall-ID", ">;tag=abcdefghijklmnop\r\nCall-ID", "Call-ID: call1", "Call-ID: "+ourForm).Replace(rawRequest("BYE", "1")), "request"},
		"request without Call-ID":   {strings.Replace(rawRequest("BYE", "1"), "Call-ID", "X", 1), "request"},
		"request of SIP/3.0":        {"OPTIONS sip:x SIP/3.0\r\n\r\n", "request"},
		"response":                  {"SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP 10.0.0.1;branch=z9hG4bKx\r\nFrom: <sip:a>;tag=1\r\nTo: <sip:b>;tag=2\r\nCall-ID: c\r\nCSeq: 1 INVITE\r\n\r\n", "response"},
		"challenge":                 {"SIP/2.0 401 Unauthorized\r\nFrom: <sip:a>;tag=1\r\nTo: <sip:b>;tag=2\r\nCall-ID: " + ourForm + "\r\nWWW-Authenticate: Digest realm=\"x\", nonce=\"y\"\r\n\r\n", "response"},
		"garbage":                   {"\x00\x01\x02\x03garbage", "garbage"},
		"HTTP":                      {"GET / HTTP/1.1\r\nHost: x\r\n\r\n", "garbage"},
		"keepalive":                 {"\r\n\r\n", "garbage"},
		"one byte":                  {"x", "garbage"},
		"STUN":                      {"\x00\x01\x00\x00\x21\x12\xa4\x42aaaaaaaaaaaa", "garbage"},
		"64 KB without a line end":  {strings.Repeat("A", 64_000), "garbage"},
		"64 KB of line ends":        {strings.Repeat("\r\n", 32_000), "garbage"},
		"request of 30,000 lines":   {"OPTIONS sip:x SIP/2.0\r\n" + strings.Repeat("\r ", 20_000), "request"},
		"tag behind the first 4 KB": {"BYE sip:x SIP/2.0\r\nX: " + strings.Repeat("x", 5000) + "\r\n" + rawRequest("BYE", "1"), "request"},
	} {
		t.Run(name, func(t *testing.T) {
			traced := 0
			change := func(cfg *sip.Config) {
				closed(cfg)
				cfg.Trace = func(sip.Trace) { traced++ }
				cfg.Inbound = func(*sip.Session) { t.Error("a session was made") }
			}
			inBubble(t, change, func(b *bench) {
				b.agent.SetPeers([]sip.Target{{Transport: sip.UDP, Address: peerAddr}})
				unknown := newPeer(t, b.net.listen(unknownAddr))
				for range 3 {
					unknown.sendTo(c.raw, ourAddr)
				}
				unknown.silent(time.Minute)
				if traced != 0 {
					t.Error("it was read")
				}
				for reason, n := range b.agent.DroppedByReason() {
					if want := map[bool]uint64{true: 3}[reason == c.reason]; n != want {
						t.Errorf("%d dropped as %s, want %d", n, reason, want)
					}
				}
				if log := b.log.String(); strings.Count(log, "\n") != 1 || !strings.Contains(log, "level=INFO") || !strings.Contains(log, "from="+unknownAddr) {
					t.Errorf("log %s", log)
				}
			})
		})
	}
}

// resolverOf resolves one name, as a test has it.
type resolverOf struct {
	mu    sync.Mutex
	addrs []netip.Addr // none: DNS fails
}

func (r *resolverOf) set(addrs ...netip.Addr) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.addrs = addrs
}

func (r *resolverOf) Query(_ context.Context, _ string, kind uint16) ([]dns.RR, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.addrs == nil {
		return nil, errors.New("DNS is out of order")
	}
	return addressRecords(kind, r.addrs...), nil
}

// asks says whether an OPTIONS request of the peer is answered.
func (p *peer) asks(b *bench) bool {
	p.sendTo(rawRequest("OPTIONS", rand.Text()), ourAddr)
	m := p.read(time.Second)
	return m != nil
}

// TestTrunksMaySend follows who may send: the literal addresses of trunks at once, from
// whatever port; those of a name before the first call, as DNS changes, and while it is
// down; and a network that is allowed.
func TestTrunksMaySend(t *testing.T) {
	names := &resolverOf{}
	inBubble(t, func(c *sip.Config) { closed(c); c.Resolver = names }, func(b *bench) {
		literal, otherPort := b.peer, newPeer(t, b.net.listen("10.0.0.2:40000"))
		first, second := newPeer(t, b.net.listen("10.0.1.1:5060")), newPeer(t, b.net.listen("10.0.1.2:5060"))
		network := newPeer(t, b.net.listen("10.9.0.7:5060"))
		expect := func(when string, answered ...*peer) {
			t.Helper()
			for _, p := range []*peer{literal, otherPort, first, second, network} {
				want := false
				for _, a := range answered {
					want = want || a == p
				}
				if got := p.asks(b); got != want {
					t.Errorf("%s: answers %s %v, want %v", when, p.conn.addr, got, want)
				}
			}
		}
		expect("before any trunk")
		targets := []sip.Target{{Transport: sip.UDP, Address: peerAddr}, {Transport: sip.UDP, Address: "sip.carrier.example"}}
		b.agent.SetPeers(targets)
		synctest.Wait()
		expect("while DNS is down", literal, otherPort)
		names.set(first.conn.addr.Addr())
		time.Sleep(time.Minute)
		expect("once the name resolves", literal, otherPort, first)
		names.set(second.conn.addr.Addr())
		time.Sleep(3 * time.Minute)
		expect("once the name has another address", literal, otherPort, second)
		names.set()
		time.Sleep(5 * time.Hour)
		expect("while DNS is down for hours", literal, otherPort, second)
		b.agent.SetAllowed([]netip.Prefix{netip.MustParsePrefix("10.9.0.0/16")})
		expect("with a network allowed", literal, otherPort, second, network)
		b.agent.SetAllowed(nil)
		b.agent.SetPeers(targets[1:])
		expect("without the literal trunk", second)
		b.agent.SetPeers(nil)
		expect("without any trunk")
	})
}

// TestByeFromAnotherAddress has a far end that sends from an address that is no trunk's, as
// one behind several proxies does: the dialog is found by Call-ID and tags.
func TestByeFromAnotherAddress(t *testing.T) {
	inBubble(t, closed, func(b *bench) {
		other := newPeer(t, b.net.listen(unknownAddr))
		s := b.call()
		inv := b.peer.request(sipmsg.INVITE)
		other.answer(inv, 180, "Ringing", "a", "")
		event[sip.Progress](b, s)
		other.answer(inv, 200, "OK", "a", sdp, "Contact: <sip:phone@"+unknownAddr+">")
		other.request(sipmsg.ACK)
		event[sip.Answered](b, s)
		d := &peerDialog{inv: inv, tag: "a", seq: 100}

		re := d.request("INVITE", sdp)
		re.Contact().Address.Host = "10.0.0.66"
		other.send(re)
		event[sip.Reoffer](b, s)
		s.AnswerOffer([]byte(sdp))
		other.response(200, sipmsg.INVITE)
		ack := d.again("ACK")
		other.send(ack)
		other.silent(time.Minute) // the ACK was taken

		guess := strings.Replace(d.request("BYE").String(), ";tag="+inv.From().Params.GetOr("tag", ""), ";tag=abcdefghijklmnop", 1)
		other.sendTo(guess, ourAddr)
		other.silent(time.Second)
		bye := d.request("BYE")
		other.send(bye)
		other.response(200, sipmsg.BYE)
		if o := b.ended(s); o.By != sip.EndedRemote || !o.Answered {
			t.Errorf("outcome %+v", o)
		}
		other.send(bye) // its answer was lost
		other.response(200, sipmsg.BYE)
		other.answer(inv, 200, "OK", "late", sdp, "Contact: <sip:phone@"+unknownAddr+">") // a phone that answers when all is over
		other.request(sipmsg.ACK)
		other.answer(other.request(sipmsg.BYE), 200, "OK", "late", "")
		if n := b.agent.DroppedByReason()["request"]; n != 1 {
			t.Errorf("%d requests dropped", n)
		}
	})
}

// TestUnknownConnection has connections of unknown addresses: one may stay while it brings
// messages of calls, others are closed at once, after ten silent seconds, or refused past a
// hundred.
func TestUnknownConnection(t *testing.T) {
	n := newTCPNetwork()
	inBubble(t, func(c *sip.Config) { closed(c); c.Streams = n.of("10.0.0.1") }, func(b *bench) {
		far, err := n.of("10.0.0.2").Listen(netip.MustParseAddrPort(peerAddr))
		if err != nil {
			t.Fatal(err)
		}
		defer far.Close()
		s, p, inv := b.upOverTCP(far)
		dial := func() *tcpPeer {
			conn, err := n.of("10.0.0.66").Dial(t.Context(), netip.MustParseAddrPort(ourAddr))
			if err != nil {
				t.Fatal(err)
			}
			return &tcpPeer{T: t, conn: conn, r: bufio.NewReader(conn)}
		}
		isClosed := func(p *tcpPeer, within time.Duration) bool {
			start := time.Now()
			return p.read(time.Hour) == nil && time.Since(start) <= within
		}
		for _, raw := range []string{rawRequest("OPTIONS", "1"), rawRequest("INVITE", "1"), "SIP/2.0 200 OK\r\nContent-Length: 0\r\n\r\n", "GET / HTTP/1.1\r\n\r\n"} {
			q := dial()
			q.write(raw)
			if !isClosed(q, time.Second) {
				t.Errorf("the connection stays open after %q", raw)
			}
		}
		if q := dial(); !isClosed(q, 10*time.Second) {
			t.Error("a silent connection stays open")
		}
		var many []*tcpPeer
		for range 101 {
			many = append(many, dial())
		}
		if !isClosed(many[100], time.Second) || b.agent.DroppedByReason()["connection"] != 1 {
			t.Errorf("a connection too many stays open; dropped %v", b.agent.DroppedByReason())
		}
		time.Sleep(11 * time.Second)

		q, d := dial(), &peerDialog{inv: inv, tag: "a", seq: 100}
		q.write(d.request("INFO").String())
		q.response(200, sipmsg.INFO)
		time.Sleep(time.Minute)
		q.write(d.request("BYE").String())
		q.response(200, sipmsg.BYE)
		b.ended(s)
		_ = p
		if log := b.log.String(); strings.Contains(log, "level=WARN") {
			t.Errorf("log %s", log)
		}
	})
}

// BenchmarkUnknownAddress is the price of a message that is dropped.
func BenchmarkUnknownAddress(b *testing.B) {
	conn := newNetwork().listen(ourAddr)
	agent, err := sip.Listen(sip.Config{Conn: conn})
	if err != nil {
		b.Fatal(err)
	}
	defer agent.Close()
	from := netip.MustParseAddrPort(unknownAddr)
	ours := strings.NewReplacer(">\r\nCall-ID", ">;tag=abcdefghijklmnop\r\nCall-ID", "Call-ID: call1", "Call-ID: "+rand.Text()).Replace(rawRequest("BYE", "1"))
	for _, c := range []struct{ name, raw string }{
		{"options", rawRequest("OPTIONS", "1")}, {"guess", ours}, {"garbage", strings.Repeat("\x00\xff", 300)},
		{"lines", "OPTIONS sip:x SIP/2.0\r\n" + strings.Repeat("a\n", 30_000)}, {"long", "OPTIONS sip:x SIP/2.0\r\nX: " + strings.Repeat("a", 60_000)},
	} {
		b.Run(c.name, func(b *testing.B) {
			b.ReportAllocs()
			raw := []byte(c.raw)
			for b.Loop() {
				if agent.Admits(raw, from) {
					b.Fatal("admitted")
				}
			}
		})
	}
}
