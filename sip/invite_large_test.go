package sip_test

import (
	"context"
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	sipmsg "github.com/emiago/sipgo/sip"
	"github.com/miekg/dns"

	"ringflow/sip"
)

// bothTransports is a Resolver whose name has servers over UDP and over TCP.
type bothTransports struct{}

func (bothTransports) Query(_ context.Context, name string, kind uint16) ([]dns.RR, error) {
	if kind == dns.TypeSRV && (strings.HasPrefix(name, "_sip._udp.") || strings.HasPrefix(name, "_sip._tcp.both.")) {
		return []dns.RR{&dns.SRV{Hdr: dns.RR_Header{Rrtype: dns.TypeSRV, Ttl: 60}, Target: "sbc.example.", Port: 5060}}, nil
	}
	return addressRecords(kind, hostOf(peerAddr)), nil
}

// sized makes the INVITE of a call to a target as long as that.
func sized(b *bench, size int, target string, large sip.LargeRequests) func(*sip.Outgoing) {
	b.Helper()
	set := func(o *sip.Outgoing) {
		o.Trunk.Targets, o.Trunk.Transport, o.Trunk.LargeRequests, o.Trunk.Domain = []string{target}, sip.Auto, large, "carrier.example"
	}
	padded := func(n int) func(*sip.Outgoing) {
		return func(o *sip.Outgoing) {
			set(o)
			o.Headers = func(string) []sip.Header { return []sip.Header{{Name: "X-Pad", Value: strings.Repeat("x", n)}} }
		}
	}
	measure := b.call(padded(1), func(o *sip.Outgoing) { o.Trunk.LargeRequests = sip.LargeUDP })
	inv := b.peer.request(sipmsg.INVITE)
	length := len(inv.String())
	b.peer.answer(inv, 486, "Busy Here", "a", "")
	b.peer.request(sipmsg.ACK)
	b.ended(measure)
	return padded(size - length + 1)
}

// TestLargeInvite holds where an INVITE goes by its size: over TCP above 1,300 bytes where
// the target has TCP, and over UDP with a warning where it has not.
func TestLargeInvite(t *testing.T) {
	for _, c := range []struct {
		size   int
		target string
		large  sip.LargeRequests
		tcp    bool
		warns  bool
	}{
		{1299, "both.example", "", false, false},
		{1300, "both.example", "", false, false},
		{1301, "both.example", "", true, false},
		{1501, "both.example", "", true, false},
		{4000, "both.example", "", true, false},
		{1299, "udp.example", "", false, false},
		{1301, "udp.example", "", false, true},
		{4000, "udp.example", "", false, true},
		{1301, peerAddr, "", false, true},
		{1299, peerAddr, sip.LargeTCP, false, false},
		{1301, peerAddr, sip.LargeTCP, true, false},
		{4000, "both.example", sip.LargeUDP, false, true},
	} {
		t.Run(fmt.Sprint(c.size, c.target, c.large), func(t *testing.T) {
			n := newTCPNetwork()
			inBubble(t, func(cfg *sip.Config) { cfg.Streams, cfg.Resolver = n.of("10.0.0.1"), bothTransports{} }, func(b *bench) {
				far, err := n.of("10.0.0.2").Listen(netip.MustParseAddrPort(peerAddr))
				if err != nil {
					t.Fatal(err)
				}
				defer far.Close()
				s := b.call(sized(b, c.size, c.target, c.large))
				if c.tcp {
					p := b.accepts(far)
					inv := p.request(sipmsg.INVITE)
					if inv.Via().Transport != "TCP" || !strings.HasSuffix(inv.Contact().Address.String(), ";transport=tcp") {
						t.Errorf("got %s", inv)
					}
					p.answer(inv, 200, "OK", "a", sdp)
					p.request(sipmsg.ACK)
					event[sip.Answered](b, s)
					s.Hangup(sip.Cause{})
					p.answer(p.request(sipmsg.BYE), 200, "OK", "a", "")
				} else {
					inv := b.peer.request(sipmsg.INVITE)
					if got := len(inv.String()); got != c.size {
						t.Errorf("the INVITE has %d bytes", got)
					}
					b.peer.answer(inv, 486, "Busy Here", "a", "")
					b.peer.request(sipmsg.ACK)
				}
				b.ended(s)
				if warned := strings.Contains(b.log.String(), "too large for UDP"); warned != c.warns {
					t.Errorf("log %s", b.log)
				}
			})
		})
	}
}

// A large INVITE whose connection is refused goes over UDP after all, in the same call and
// under another branch.
func TestLargeInviteWithoutAConnection(t *testing.T) {
	n := newTCPNetwork()
	inBubble(t, func(cfg *sip.Config) { cfg.Streams, cfg.Resolver = n.of("10.0.0.1"), bothTransports{} }, func(b *bench) {
		start := time.Now()
		s := b.call(sized(b, 1400, "both.example", ""))
		inv := b.peer.request(sipmsg.INVITE)
		if inv.Via().Transport != "UDP" || time.Since(start) != 0 {
			t.Errorf("after %v: %s", time.Since(start), inv)
		}
		b.peer.answer(inv, 486, "Busy Here", "a", "")
		b.peer.request(sipmsg.ACK)
		if o := b.ended(s); o.Code != 486 || len(o.Attempts) != 1 || n.dialled != 1 {
			t.Errorf("%d connections, %+v", n.dialled, o)
		}
	})
}

// answerer is a far end over either transport.
type answerer interface {
	request(sipmsg.RequestMethod) *sipmsg.Request
	answer(req *sipmsg.Request, code int, reason, tag, body string, fields ...string)
}

// A 513 has the INVITE sent once more over TCP where the target has that, and once more without
// what it can do without; then it is a failure of the target. The outcome says so.
func TestMessageTooLarge(t *testing.T) {
	for target, tcp := range map[string]bool{"both.example": true, "udp.example": false} {
		for _, takes := range []bool{true, false} {
			t.Run(fmt.Sprint(target, takes), func(t *testing.T) {
				n := newTCPNetwork()
				inBubble(t, func(cfg *sip.Config) { cfg.Streams, cfg.Resolver = n.of("10.0.0.1"), bothTransports{} }, func(b *bench) {
					far, err := n.of("10.0.0.2").Listen(netip.MustParseAddrPort(peerAddr))
					if err != nil {
						t.Fatal(err)
					}
					defer far.Close()
					s := b.call(func(o *sip.Outgoing) {
						o.Trunk.Targets, o.Trunk.Username = []string{target}, "me"
						o.Headers = func(string) []sip.Header { return []sip.Header{{Name: "X-Wanted", Value: "yes"}} }
						o.Offer = func(f sip.OfferFor) []byte {
							if f.Least {
								return []byte("v=0\r\n")
							}
							return []byte(sdp)
						}
					})
					inv := b.peer.request(sipmsg.INVITE)
					b.peer.answer(inv, 513, "Message Too Large", "a", "")
					b.peer.request(sipmsg.ACK)
					var p answerer = b.peer
					seq := inv.CSeq().SeqNo
					if tcp {
						p = b.accepts(far)
						again := p.request(sipmsg.INVITE)
						seq++
						if again.CSeq().SeqNo != seq || string(*again.CallID()) != string(*inv.CallID()) || string(again.Body()) != sdp {
							t.Errorf("sent again as %s", again)
						}
						p.answer(again, 513, "Message Too Large", "a", "")
						p.request(sipmsg.ACK)
					}
					least := p.request(sipmsg.INVITE)
					if least.CSeq().SeqNo != seq+1 || string(least.Body()) != "v=0\r\n" || least.GetHeader("Allow") != nil || least.GetHeader("User-Agent") != nil ||
						least.GetHeader("X-Wanted") == nil || least.GetHeader("Supported") == nil || branch(least) == branch(inv) {
						t.Errorf("sent at last as %s", least)
					}
					p.answer(least, 401, "Unauthorized", "a", "", `WWW-Authenticate: Digest realm="x", nonce="1"`)
					p.request(sipmsg.ACK)
					if least = p.request(sipmsg.INVITE); string(least.Body()) != "v=0\r\n" || least.GetHeader("Authorization") == nil {
						t.Errorf("with credentials sent as %s", least)
					}
					if takes {
						p.answer(least, 200, "OK", "b", sdp)
						p.request(sipmsg.ACK)
						e := event[sip.Answered](b, s)
						if len(e.Attempts) != 2 || e.Attempts[0].Code != 513 || !e.Attempts[0].Shortened || e.Attempts[1].Code != 200 || e.Attempts[1].Shortened {
							t.Errorf("answered after %+v", e.Attempts)
						}
						s.Hangup(sip.Cause{})
						p.answer(p.request(sipmsg.BYE), 200, "OK", "b", "")
						b.ended(s)
						return
					}
					p.answer(least, 513, "Message Too Large", "b", "")
					p.request(sipmsg.ACK)
					if o := b.ended(s); o.Code != 513 || len(o.Attempts) != 2 || !o.Attempts[0].Shortened || o.Attempts[1].Shortened {
						t.Errorf("outcome %+v", o)
					}
				})
			})
		}
	}
}

// A request inside a call that is too large for UDP goes over TCP where DNS or the trunk says
// that the target has it, as the ACK and what comes after it do; else, and where no connection
// can be opened, over UDP with a warning.
func TestLargeRequestInDialog(t *testing.T) {
	for _, c := range []struct {
		target  string
		large   sip.LargeRequests
		size    int // of the route
		listens bool
		tcp     bool
		warning string
	}{
		{"both.example", "", 1200, true, true, ""},
		{"both.example", "", 200, true, false, ""},
		{"both.example", sip.LargeUDP, 1200, true, false, "is too large for UDP on some paths"},
		{"udp.example", "", 1200, true, false, "is too large for UDP on some paths"},
		{"udp.example", sip.LargeTCP, 1200, true, true, ""},
		{"both.example", "", 1200, false, false, "goes over UDP, since no TCP connection could be opened"},
	} {
		t.Run(fmt.Sprint(c.target, c.large, c.size, c.listens), func(t *testing.T) {
			n := newTCPNetwork()
			inBubble(t, func(cfg *sip.Config) { cfg.Streams, cfg.Resolver = n.of("10.0.0.1"), bothTransports{} }, func(b *bench) {
				s := b.call(func(o *sip.Outgoing) {
					o.Trunk.Targets, o.Trunk.Transport, o.Trunk.LargeRequests = []string{c.target}, sip.Auto, c.large
				})
				inv := b.peer.request(sipmsg.INVITE)
				b.peer.answer(inv, 200, "OK", "a", sdp, "Record-Route: <sip:10.0.0.2;lr;x="+strings.Repeat("r", c.size)+">")
				b.peer.request(sipmsg.ACK)
				event[sip.Answered](b, s)
				var p answerer = b.peer
				over := "UDP"
				if c.listens {
					far, err := n.of("10.0.0.2").Listen(netip.MustParseAddrPort(peerAddr))
					if err != nil {
						t.Fatal(err)
					}
					defer far.Close()
					s.Reoffer([]byte(held))
					if c.tcp {
						p, over = b.accepts(far), "TCP"
					}
				} else {
					s.Reoffer([]byte(held))
				}
				again := p.request(sipmsg.INVITE)
				if again.Via().Transport != over || strings.HasSuffix(again.Contact().Address.String(), ";transport=tcp") != c.tcp || string(again.Body()) != held || again.CSeq().SeqNo != inv.CSeq().SeqNo+1 {
					t.Errorf("got %s", again)
				}
				p.answer(again, 200, "OK", "a", sdp)
				p.request(sipmsg.ACK)
				event[sip.ReofferResult](b, s)
				s.Hangup(sip.Cause{})
				p.answer(p.request(sipmsg.BYE), 200, "OK", "a", "")
				b.ended(s)
				if log := b.log.String(); strings.Contains(log, "too large") != (c.warning != "") || !strings.Contains(log, c.warning) {
					t.Errorf("log %s", log)
				}
			})
		})
	}
}

// Behind an address translator a request that goes over TCP for its size has the Contact of the
// trunk's binding over UDP, where the far end's own requests pass: its BYE ends the call.
func TestLargeRequestKeepsTheContactOfTheBinding(t *testing.T) {
	const seen = "198.51.100.7:41000"
	for name, c := range map[string]struct{ header, route int }{"INVITE": {1400, 0}, "re-INVITE": {1, 1200}} {
		t.Run(name, func(t *testing.T) {
			n := newTCPNetwork()
			inBubble(t, func(cfg *sip.Config) { cfg.Streams = n.of("10.0.0.1") }, func(b *bench) {
				far, err := n.of("10.0.0.2").Listen(netip.MustParseAddrPort(peerAddr))
				if err != nil {
					t.Fatal(err)
				}
				defer far.Close()
				trunk := registering(func(t *sip.Trunk) { t.LargeRequests, t.Register.Contact = sip.LargeTCP, sip.ContactReceived })
				for req := b.register(trunk); ; req = b.within(0, 0) {
					seenAt(req, seen)
					b.grants(req, 3600)
					if strings.Contains(contactsOf(req)[0], seen) {
						break
					}
				}
				s := b.call(func(o *sip.Outgoing) {
					o.Trunk = trunk
					o.Headers = func(string) []sip.Header { return []sip.Header{{Name: "X-Pad", Value: strings.Repeat("x", c.header)}} }
				})
				var p answerer = b.peer
				if c.header > 1 {
					p = b.accepts(far)
				}
				inv := p.request(sipmsg.INVITE)
				p.answer(inv, 200, "OK", "a", sdp, "Record-Route: <sip:10.0.0.2;lr;x="+strings.Repeat("r", c.route)+">")
				p.request(sipmsg.ACK)
				event[sip.Answered](b, s)
				s.Reoffer([]byte(held))
				if c.route > 0 {
					p = b.accepts(far)
				}
				again := p.request(sipmsg.INVITE)
				for _, req := range []*sipmsg.Request{inv, again} {
					if got := contactsOf(req)[0]; got != "<sip:+12025550100@"+seen+">" {
						t.Errorf("over %s the Contact is %s", req.Via().Transport, got)
					}
				}
				if again.Via().Transport != "TCP" {
					t.Errorf("the re-INVITE goes over %s", again.Via().Transport)
				}
				p.answer(again, 200, "OK", "a", sdp)
				p.request(sipmsg.ACK)
				event[sip.ReofferResult](b, s)
				b.peer.send((&peerDialog{inv: again, tag: "a", seq: 100}).request("BYE"))
				b.peer.response(200, sipmsg.BYE)
				if o := b.ended(s); o.By != sip.EndedRemote {
					t.Errorf("outcome %+v", o)
				}
			})
		})
	}
}
