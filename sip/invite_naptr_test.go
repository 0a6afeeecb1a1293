package sip_test

import (
	"context"
	"net/netip"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	sipmsg "github.com/emiago/sipgo/sip"
	"github.com/miekg/dns"

	"ringflow/sip"
)

// naptrZone is a Resolver whose name has two NAPTR records: UDP at peerAddr, then TCP at
// nextAddr.
type naptrZone struct{}

func (naptrZone) Query(_ context.Context, name string, kind uint16) ([]dns.RR, error) {
	head := dns.RR_Header{Rrtype: kind, Ttl: 60}
	switch {
	case kind == dns.TypeNAPTR:
		return []dns.RR{
			&dns.NAPTR{Hdr: head, Order: 1, Preference: 20, Flags: "s", Service: "SIP+D2T", Replacement: "_sip._tcp.carrier.example."},
			&dns.NAPTR{Hdr: head, Order: 1, Preference: 10, Flags: "s", Service: "SIP+D2U", Replacement: "_sip._udp.carrier.example."},
		}, nil
	case kind == dns.TypeSRV && strings.HasPrefix(name, "_sip._udp."):
		return []dns.RR{&dns.SRV{Hdr: head, Target: "udp.carrier.example.", Port: 5060}}, nil
	case kind == dns.TypeSRV && strings.HasPrefix(name, "_sip._tcp."):
		return []dns.RR{&dns.SRV{Hdr: head, Target: "tcp.carrier.example.", Port: 5060}}, nil
	case strings.HasPrefix(name, "udp."):
		return addressRecords(kind, hostOf(peerAddr)), nil
	case strings.HasPrefix(name, "tcp."):
		return addressRecords(kind, hostOf(nextAddr)), nil
	}
	return nil, sip.ErrNoName
}

// The servers of the next NAPTR record are called once those of the first are silent or refuse,
// over their transport, and from then on at once while the first are out of service. They are
// peers as the first ones are.
func TestNextNAPTRIsTried(t *testing.T) {
	for _, silent := range []bool{true, false} {
		n := newTCPNetwork()
		inBubble(t, func(cfg *sip.Config) {
			cfg.Streams, cfg.Resolver, cfg.AllowFrom = n.of("10.0.0.1"), naptrZone{}, nil
		}, func(b *bench) {
			far, err := n.of("10.0.0.3").Listen(netip.MustParseAddrPort(nextAddr))
			if err != nil {
				t.Fatal(err)
			}
			defer far.Close()
			trunk := &sip.Trunk{Name: "carrier", Targets: []string{"carrier.example"}, Transport: sip.Auto}
			b.agent.SetPeers([]sip.Target{trunk.Target("carrier.example")})
			var p *tcpPeer
			for call := range 4 {
				start := time.Now()
				s := b.call(func(o *sip.Outgoing) { o.Trunk = trunk })
				passed := call > 1 // out of service after two failures
				if !passed {
					first := b.peer.request(sipmsg.INVITE)
					if silent {
						for range 2 {
							b.peer.request(sipmsg.INVITE)
						}
					} else {
						b.peer.answer(first, 503, "Service Unavailable", "a", "")
						b.peer.request(sipmsg.ACK)
					}
				}
				if p == nil {
					p = b.accepts(far)
				}
				inv := p.request(sipmsg.INVITE)
				want := time.Duration(0)
				if silent && !passed {
					want = 3 * time.Second
				}
				if took := time.Since(start); took != want || inv.Via().Transport != "TCP" || inv.Recipient.Host != "carrier.example" {
					t.Errorf("call %d: after %s %s", call, took, inv)
				}
				p.answer(inv, 486, "Busy Here", "b", "")
				p.request(sipmsg.ACK)
				attempts := 2
				if passed {
					attempts = 1
				}
				if o := b.ended(s); o.Code != 486 || len(o.Attempts) != attempts {
					t.Errorf("call %d: %+v", call, o)
				}
			}
			if h := b.agent.Health(trunk.Target("carrier.example")); !h.InService || !strings.Contains(h.Reason, peerAddr) {
				t.Errorf("the target is %+v", h)
			}
		})
	}
}

// A trunk is reachable if the servers of its second NAPTR record answer pings alone.
func TestPingOfTheNextNAPTR(t *testing.T) {
	n := newTCPNetwork()
	inBubble(t, func(cfg *sip.Config) { cfg.Streams, cfg.Resolver = n.of("10.0.0.1"), naptrZone{} }, func(b *bench) {
		far, err := n.of("10.0.0.3").Listen(netip.MustParseAddrPort(nextAddr))
		if err != nil {
			t.Fatal(err)
		}
		defer far.Close()
		trunk := &sip.Trunk{Name: "carrier", Targets: []string{"carrier.example"}, Transport: sip.Auto}
		target := trunk.Target("carrier.example")
		b.agent.SetPings(map[sip.Target]sip.Ping{target: {Interval: time.Minute, Trunk: trunk}})
		p := b.accepts(far)
		p.answer(p.request(sipmsg.OPTIONS), 200, "OK", "a", "")
		for b.peer.read(time.Second) != nil { // what it was asked in vain
		}
		if r := b.agent.Reachability(target); r.State != sip.Reachable {
			t.Errorf("the target is %+v", r)
		}
		b.agent.SetPings(nil)
	})
}

// silentFor is a naptrZone that does not answer questions for names that begin so.
type silentFor struct {
	naptrZone
	prefix string
}

func (z silentFor) Query(ctx context.Context, name string, kind uint16) ([]dns.RR, error) {
	if strings.HasPrefix(name, z.prefix) {
		<-ctx.Done()
		return nil, ctx.Err()
	}
	return z.naptrZone.Query(ctx, name, kind)
}

// A DNS that does not answer for what comes behind the first servers keeps the first call of a
// trunk for a second at most, and not at all where it matters to no call.
func TestFirstServersDoNotWaitForTheNext(t *testing.T) {
	for prefix, most := range map[string]time.Duration{"tcp.": time.Second, "_sip._tcp.": time.Second, "_sips._tcp.": 0} {
		t.Run(prefix, func(t *testing.T) {
			inBubble(t, func(cfg *sip.Config) { cfg.Resolver = silentFor{prefix: prefix} }, func(b *bench) {
				start := time.Now()
				s := b.call(func(o *sip.Outgoing) {
					o.Trunk = &sip.Trunk{Name: "carrier", Targets: []string{"carrier.example"}, Transport: sip.Auto}
				})
				b.peer.answer(b.peer.request(sipmsg.INVITE), 486, "Busy Here", "a", "")
				if took := time.Since(start); took > most {
					t.Errorf("INVITE after %v, want %v at most", took, most)
				}
				b.peer.request(sipmsg.ACK)
				b.ended(s)
			})
		})
	}
}

// A server of the second NAPTR record redirects a call within the trunk.
func TestRedirectionByTheNextNAPTR(t *testing.T) {
	for _, contact := range []string{"sip:+12025550123@10.0.0.3;transport=tcp", "sip:+12025550123@10.0.0.3", "sip:+12025550123@carrier.example;x=1"} {
		t.Run(contact, func(t *testing.T) {
			n := newTCPNetwork()
			inBubble(t, func(cfg *sip.Config) { cfg.Streams, cfg.Resolver = n.of("10.0.0.1"), naptrZone{} }, func(b *bench) {
				far, err := n.of("10.0.0.3").Listen(netip.MustParseAddrPort(nextAddr))
				if err != nil {
					t.Fatal(err)
				}
				defer far.Close()
				trunk := &sip.Trunk{Name: "carrier", Targets: []string{"carrier.example"}, Transport: sip.Auto, Redirects: sip.FollowRedirects}
				b.agent.SetPeers([]sip.Target{trunk.Target("carrier.example")})
				synctest.Wait()
				s := b.call(func(o *sip.Outgoing) { o.Trunk = trunk })
				b.peer.answer(b.peer.request(sipmsg.INVITE), 503, "Service Unavailable", "a", "")
				b.peer.request(sipmsg.ACK)
				p := b.accepts(far)
				res := sipmsg.NewResponseFromRequest(p.request(sipmsg.INVITE), 302, "Moved", nil)
				res.To().Params.Add("tag", "b")
				res.AppendHeader(sipmsg.NewHeader("Contact", "<"+contact+">"))
				p.write(res.String())
				p.request(sipmsg.ACK)
				again := p.request(sipmsg.INVITE)
				if again.Recipient.String() != contact {
					t.Errorf("INVITE %s", again)
				}
				p.answer(again, 486, "Busy Here", "c", "")
				p.request(sipmsg.ACK)
				if o := b.ended(s); o.Code != 486 || len(o.Attempts) != 3 {
					t.Errorf("outcome %+v", o)
				}
			})
		})
	}
}

// A registrar that the second NAPTR record alone reaches is asked there.
func TestRegistrationQueryOfTheNextNAPTR(t *testing.T) {
	n := newTCPNetwork()
	inBubble(t, func(cfg *sip.Config) { cfg.Streams, cfg.Resolver = n.of("10.0.0.1"), naptrZone{} }, func(b *bench) {
		far, err := n.of("10.0.0.3").Listen(netip.MustParseAddrPort(nextAddr))
		if err != nil {
			t.Fatal(err)
		}
		defer far.Close()
		results := b.queries(registering(func(t *sip.Trunk) { t.Targets, t.Transport = []string{"carrier.example"}, sip.Auto }), 5*time.Second)
		b.peer.answer(b.peer.request(sipmsg.REGISTER), 503, "Service Unavailable", "x", "")
		p := b.accepts(far)
		p.answer(p.request(sipmsg.REGISTER), 200, "OK", "x", "")
		got := <-results
		if len(got) != 2 || got[0].Code != 503 || got[1].Code != 200 || got[1].Transport != sip.TCP || got[1].Addr.String() != nextAddr {
			t.Errorf("the results are %+v", got)
		}
	})
}

// streamZone is a Resolver whose name has two NAPTR records over TCP: at peerAddr, then at
// nextAddr.
type streamZone struct{ naptrZone }

func (z streamZone) Query(ctx context.Context, name string, kind uint16) ([]dns.RR, error) {
	head := dns.RR_Header{Rrtype: kind, Ttl: 60}
	switch {
	case kind == dns.TypeNAPTR:
		return []dns.RR{
			&dns.NAPTR{Hdr: head, Order: 1, Preference: 10, Flags: "s", Service: "SIP+D2T", Replacement: "first.carrier.example."},
			&dns.NAPTR{Hdr: head, Order: 1, Preference: 20, Flags: "s", Service: "SIP+D2T", Replacement: "second.carrier.example."},
		}, nil
	case strings.HasPrefix(name, "first."):
		return []dns.RR{&dns.SRV{Hdr: head, Target: "udp.carrier.example.", Port: 5060}}, nil
	case strings.HasPrefix(name, "second."):
		return []dns.RR{&dns.SRV{Hdr: head, Target: "tcp.carrier.example.", Port: 5060}}, nil
	}
	return z.naptrZone.Query(ctx, name, kind)
}

// The connections of a trunk are those to the servers of its second NAPTR record too.
func TestConnectionsToTheNextNAPTR(t *testing.T) {
	n := newTCPNetwork()
	inBubble(t, func(cfg *sip.Config) { cfg.Streams, cfg.Resolver = n.of("10.0.0.1"), streamZone{} }, func(b *bench) {
		far, err := n.of("10.0.0.3").Listen(netip.MustParseAddrPort(nextAddr))
		if err != nil {
			t.Fatal(err)
		}
		defer far.Close()
		trunk := &sip.Trunk{Name: "carrier", Targets: []string{"carrier.example"}, Transport: sip.Auto}
		s := b.call(func(o *sip.Outgoing) { o.Trunk = trunk })
		p := b.accepts(far)
		p.refuse(s)
		if open := b.agent.TrunkConnections(trunk); len(open) != 1 || open[0].Transport != sip.TCP || open[0].Addr.String() != nextAddr {
			t.Errorf("the connections are %+v", open)
		}
	})
}
