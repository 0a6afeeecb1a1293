package sip_test

import (
	"context"
	"fmt"
	"net"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	sipmsg "github.com/emiago/sipgo/sip"

	"ringflow/sip"
)

// A reload leaves a trunk alone whose settings stay, also if it is another value; registers
// one that has changed; and unregisters one that is gone.
func TestRegistrationsChange(t *testing.T) {
	inBubble(t, nil, func(b *bench) {
		b.grants(b.register(registering()), 3600)
		same := registering(func(t *sip.Trunk) { t.Ping = time.Minute })
		b.agent.SetRegistrations([]*sip.Trunk{same}, nil)
		b.peer.silent(30 * time.Minute)
		b.stands(same, sip.PhaseRegistered, "200")
		b.stands(registering(), sip.PhaseRegistered, "200") // that a call has had since before

		// The same binding with another password goes on in the same Call-ID.
		changed := registering(func(t *sip.Trunk) { t.Password = "another" })
		b.agent.SetRegistrations([]*sip.Trunk{changed}, nil)
		second := b.within(0, 0)
		if second.CSeq().SeqNo != 2 || len(contactsOf(second)) != 1 || expiresOf(second) != "3600" {
			t.Errorf("REGISTER %s", second)
		}
		b.grants(second, 3600)
		b.peer.silent(30 * time.Minute)

		// Another user is another binding: the one before is removed.
		other := registering(func(t *sip.Trunk) { t.Name, t.Username = "other", "bob" })
		b.agent.SetRegistrations([]*sip.Trunk{other}, nil)
		for range 2 {
			req := b.within(0, 0)
			if user, expires := req.To().Address.User, expiresOf(req); user+expires != "alice0" && user+expires != "bob3600" {
				t.Errorf("%s for %s s", user, expires)
			}
			b.grants(req, 3600)
		}
		b.stands(other, sip.PhaseRegistered, "200")
		if s := b.agent.Registration(changed); s.Phase != "" {
			t.Errorf("a trunk that is gone has %+v", s)
		}
		b.agent.SetRegistrations(nil, nil)
		b.grants(b.within(0, 0), 0)
		b.peer.silent(2 * time.Hour)
		if s := b.agent.Registration(&sip.Trunk{Targets: []string{peerAddr}}); s.Phase != "" || s.Registered() {
			t.Errorf("a trunk that does not register has %+v", s)
		}
	})
}

// Trunks with the same settings share a registration, by whatever name.
func TestRegistrationIsShared(t *testing.T) {
	inBubble(t, nil, func(b *bench) {
		one, two := registering(), registering(func(t *sip.Trunk) { t.Name = "second" })
		b.grants(b.register(one, two), 3600)
		b.stands(one, sip.PhaseRegistered, "200")
		b.stands(two, sip.PhaseRegistered, "200")
		if log := b.log.String(); !strings.Contains(log, `trunks="[carrier second]"`) {
			t.Errorf("log %s", log)
		}
		b.agent.SetRegistrations([]*sip.Trunk{two}, nil)
		b.peer.silent(30 * time.Minute)
		b.unregisters()
	})
}

// The next registrar is asked once one is silent, refuses to serve, or cannot be reached;
// none is asked after a refusal of the account.
func TestRegistrarsInFailover(t *testing.T) {
	two := func(t *sip.Trunk) { t.Register.Registrars = []string{peerAddr, nextAddr} }
	for name, first := range map[string]func(*bench, *sipmsg.Request){
		"silent": func(b *bench, _ *sipmsg.Request) {
			b.peer.request(sipmsg.REGISTER)
			b.peer.request(sipmsg.REGISTER)
			b.peer.request(sipmsg.REGISTER)
		},
		"503": func(b *bench, req *sipmsg.Request) {
			b.peer.answer(req, 503, "Unavailable", "x", "", "Retry-After: 3000")
		},
		"408": func(b *bench, req *sipmsg.Request) { b.peer.answer(req, 408, "Timeout", "x", "") },
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, nil, func(b *bench) {
				trunk := registering(two)
				second := newPeer(t, b.net.listen(nextAddr))
				start := time.Now()
				first(b, b.register(trunk))
				req := second.request(sipmsg.REGISTER)
				if took := time.Since(start); took > 4*time.Second {
					t.Errorf("the second registrar after %v", took)
				}
				second.answer(req, 200, "OK", "x", "", "Contact: "+bareContact(req)+";expires=600")
				if s := b.stands(trunk, sip.PhaseRegistered, "200"); s.Registrar != nextAddr {
					t.Errorf("the state is %+v", s)
				}
				// The refresh begins where the binding is, and the first takes it if that fails.
				req = second.request(sipmsg.REGISTER)
				second.answer(req, 500, "Broken", "x", "")
				b.grants(b.within(0, 0), 600)
				if s := b.stands(trunk, sip.PhaseRegistered, "200"); s.Registrar != peerAddr {
					t.Errorf("the state is %+v", s)
				}
			})
		})
	}
	inBubble(t, nil, func(b *bench) {
		trunk := registering(two)
		second := newPeer(t, b.net.listen(nextAddr))
		b.peer.answer(b.register(trunk), 403, "Forbidden", "x", "")
		b.stands(trunk, sip.PhaseFailed, "403")
		second.silent(2 * time.Minute)
	})
	inBubble(t, nil, func(b *bench) { // every one is dead
		trunk := registering(func(t *sip.Trunk) { t.Register.Registrars = []string{noRoute, "10.0.0.8:5060"} })
		b.agent.SetRegistrations([]*sip.Trunk{trunk}, nil)
		time.Sleep(33 * time.Second)
		if s := b.stands(trunk, sip.PhaseFailed, "no answer"); s.Attempts[0] != 2 {
			t.Errorf("the state is %+v", s)
		}
	})
	inBubble(t, func(c *sip.Config) { c.Resolver = noNames{} }, func(b *bench) {
		trunk := registering(func(t *sip.Trunk) { t.Targets = []string{"sip.example.com"} })
		b.agent.SetRegistrations([]*sip.Trunk{trunk}, nil)
		b.stands(trunk, sip.PhaseFailed, "look up sip.example.com")
	})
}

// A refresh that fails leaves the binding until it expires.
func TestRegistrationLapses(t *testing.T) {
	inBubble(t, nil, func(b *bench) {
		trunk := registering()
		b.grants(b.register(trunk), 600)
		start := time.Now()
		b.peer.answer(b.within(5*time.Minute, 9*time.Minute), 503, "Unavailable", "x", "")
		b.stands(trunk, sip.PhaseRegistered, "503 Unavailable")
		if log := b.log.String(); !strings.Contains(log, `level=WARN msg="a trunk's registration was not refreshed"`) {
			t.Errorf("log %s", log)
		}
		for time.Since(start) < 10*time.Minute {
			if m := b.peer.read(10*time.Minute - time.Since(start)); m != nil {
				b.stands(trunk, sip.PhaseRegistered, "503")
				b.peer.answer(m.(*sipmsg.Request), 503, "Unavailable", "x", "")
			}
		}
		b.stands(trunk, sip.PhaseFailed, "503")
		b.grants(b.peer.request(sipmsg.REGISTER), 600)
		b.stands(trunk, sip.PhaseRegistered, "200")
		if log := b.log.String(); strings.Count(log, `"a trunk is registered"`) != 2 || strings.Count(log, `"a trunk is not registered"`) != 1 {
			t.Errorf("log %s", log)
		}
	})
}

// A response that comes after the Agent has gone on answers nothing.
func TestRegistrationAgainstGarbage(t *testing.T) {
	inBubble(t, nil, func(b *bench) {
		trunk := registering()
		req := b.register(trunk)
		for _, raw := range []string{
			"SIP/2.0 200 OK\r\n\r\n", "\x00\xff",
			strings.Replace(sipmsg.NewResponseFromRequest(req, 200, "OK", nil).String(), "z9hG4bK", "z9hG4bKx", 1),
			strings.Replace(sipmsg.NewResponseFromRequest(req, 200, "OK", nil).String(), "CSeq: 1", "CSeq: 7", 1),
		} {
			b.peer.sendTo(raw, ourAddr)
		}
		b.stands(trunk, sip.PhaseRegistering, "")
		b.peer.answer(req, 200, "OK", "x", "", "Contact: <>;;,\"", "Contact: *", "Contact: <sip:alice@10.0.0.1>;expires=;expires=-1", "Expires: 99999999999", "Service-Route: <<>,"+strings.Repeat("<sip:a;lr>,", 40), "Flow-Timer: x")
		b.stands(trunk, sip.PhaseRegistered, "200")
		b.peer.answer(req, 403, "Late", "x", "")
		b.stands(trunk, sip.PhaseRegistered, "200")
		s := b.call(func(o *sip.Outgoing) { o.Trunk = trunk })
		inv := b.peer.request(sipmsg.INVITE)
		if inv.GetHeader("Route") != nil {
			t.Errorf("a service route of 40 proxies is used: %s", inv)
		}
		b.peer.answer(inv, 486, "Busy Here", "x", "")
		b.peer.request(sipmsg.ACK)
		b.ended(s)
	})
}

// Keep-alives go over the flow while there is a binding, and no other.
func TestRegistrationKeepAlive(t *testing.T) {
	inBubble(t, func(c *sip.Config) { c.KeepAlive = 25 * time.Second }, func(b *bench) {
		trunk := registering()
		b.grants(b.register(trunk), 600)
		start, pings := time.Now(), 0
		for time.Since(start) < 5*time.Minute {
			pk := <-b.peer.conn.in
			if string(pk.raw) != "\r\n\r\n" {
				break
			}
			pings++
		}
		if pings < 12 || pings > 15 {
			t.Errorf("%d keep-alives in %v", pings, time.Since(start))
		}
		b.agent.SetRegistrations(nil, nil)
		for {
			pk := <-b.peer.conn.in
			if m, err := sipmsg.ParseMessage(pk.raw); err == nil {
				b.grants(m.(*sipmsg.Request), 0)
				break
			}
		}
		b.peer.silent(time.Hour)
	})
}

// What a ping was seen to come from another address makes the binding again: the address of
// the translator has changed.
func TestRegistrationAfterAChangeOfAddress(t *testing.T) {
	inBubble(t, nil, func(b *bench) {
		trunk := registering(func(t *sip.Trunk) { t.Register.Contact = sip.ContactReceived })
		req := b.register(trunk)
		seenAt(req, "198.51.100.7:41000")
		b.peer.answer(req, 401, "Unauthorized", "x", "", challengeField("r", "n", ""))
		req = b.within(0, 0)
		seenAt(req, "198.51.100.7:41000")
		b.grants(req, 3600)
		b.agent.SetPings(map[sip.Target]sip.Ping{pinged: {Interval: 30 * time.Second, Trunk: trunk}})
		ping := b.peer.request(sipmsg.OPTIONS)
		seenAt(ping, "198.51.100.7:41000")
		b.peer.answer(ping, 200, "OK", "x", "")
		ping = b.peer.request(sipmsg.OPTIONS)
		seenAt(ping, "203.0.113.9:41000")
		b.peer.answer(ping, 200, "OK", "x", "")
		req = b.within(0, time.Second)
		seenAt(req, "203.0.113.9:41000")
		b.grants(req, 3600)
		var extra sipmsg.Message = b.within(0, 0)
		if cs := contactsOf(extra); len(cs) != 2 || !strings.Contains(cs[0], "203.0.113.9:41000") || cs[1] != "<sip:alice@198.51.100.7:41000>;expires=0" {
			t.Errorf("the Contacts are %q", cs)
		}
		seenAt(extra.(*sipmsg.Request), "203.0.113.9:41000")
		b.grants(extra.(*sipmsg.Request), 3600)
		b.stands(trunk, sip.PhaseRegistered, "200")
		b.agent.SetPings(nil)
	})
}

// Over TCP registration and calls share one connection; once it ends the binding is made
// again over another one, and a registrar that always ends it is not hammered.
func TestRegistrationOverTCP(t *testing.T) {
	inTCPBubble(t, func(b *bench, n *tcpNetwork, far net.Listener) {
		trunk := registering(func(t *sip.Trunk) { t.Transport = sip.TCP })
		grant := func(p *tcpPeer) *sipmsg.Request {
			req := p.request(sipmsg.REGISTER)
			res := sipmsg.NewResponseFromRequest(req, 200, "OK", nil)
			res.AppendHeader(sipmsg.NewHeader("Contact", bareContact(req)+";expires=3600"))
			p.write(res.String())
			synctest.Wait()
			return req
		}
		b.agent.SetRegistrations([]*sip.Trunk{trunk}, nil)
		p := b.accepts(far)
		if c := contactsOf(grant(p))[0]; c != "<sip:alice@"+ourAddr+";transport=tcp>;expires=3600" {
			t.Errorf("Contact is %s", c)
		}
		s := b.call(func(o *sip.Outgoing) { o.Trunk = trunk })
		inv := p.request(sipmsg.INVITE) // over the same connection
		p.answer(inv, 200, "OK", "a", sdp)
		p.request(sipmsg.ACK)
		event[sip.Answered](b, s)
		d := &peerDialog{inv: inv, tag: "a", seq: 100}
		p.write(strings.ReplaceAll(d.request("BYE").String(), "SIP/2.0/UDP", "SIP/2.0/TCP"))
		p.response(200, sipmsg.BYE)
		b.ended(s)

		time.Sleep(10 * time.Minute)
		p.conn.Close()
		start := time.Now()
		p = b.accepts(far)
		if id := grant(p).CSeq().SeqNo; id != 2 {
			t.Errorf("CSeq %d", id)
		}
		if took := time.Since(start); took > time.Second {
			t.Errorf("the binding was made again after %v", took)
		}
		start = time.Now()
		for range 6 {
			p.conn.Close()
			p = b.accepts(far)
			grant(p)
		}
		if took := time.Since(start); took < 4*time.Minute {
			t.Errorf("a registrar that ends each connection had 6 REGISTERs in %v", took)
		}
		b.stands(trunk, sip.PhaseRegistered, "200")
		p.conn.Close()
	})
}

// A call goes through the outbound proxies in their order, the Request-URI and From as
// the domains are set.
func TestOutboundProxies(t *testing.T) {
	inBubble(t, nil, func(b *bench) {
		second := newPeer(t, b.net.listen(nextAddr))
		s := b.call(func(o *sip.Outgoing) {
			o.Trunk = &sip.Trunk{Name: "carrier", Targets: []string{"trunk.example.com:5070"}, OutboundProxies: []string{peerAddr, nextAddr}, FromDomain: "home.example.com"}
		})
		inv := b.peer.request(sipmsg.INVITE)
		if inv.Recipient.String() != "sip:+12025550123@trunk.example.com:5070" || inv.From().Address.String() != "sip:+12025550100@home.example.com" || inv.GetHeader("Route").Value() != "<sip:"+peerAddr+";lr>" {
			t.Errorf("INVITE %s", inv)
		}
		b.peer.answer(inv, 503, "Unavailable", "x", "")
		b.peer.request(sipmsg.ACK)
		inv = second.request(sipmsg.INVITE)
		if inv.GetHeader("Route").Value() != "<sip:"+nextAddr+";lr>" {
			t.Errorf("INVITE %s", inv)
		}
		second.answer(inv, 486, "Busy Here", "x", "")
		second.request(sipmsg.ACK)
		if o := b.ended(s); o.Target != nextAddr || fmt.Sprint(o.Attempts) != "[{10.0.0.2:5060 503 Unavailable <nil> false} {10.0.0.3:5060 486 Busy Here <nil> false}]" {
			t.Errorf("outcome %+v", o)
		}
	})
}

// AwaitRegistration returns once the first REGISTER has come to something.
func TestAwaitRegistration(t *testing.T) {
	inBubble(t, nil, func(b *bench) {
		trunk := registering()
		req := b.register(trunk)
		ctx, cancel := context.WithTimeout(b.Context(), 5*time.Second)
		defer cancel()
		start := time.Now()
		go func() {
			time.Sleep(time.Second)
			b.peer.answer(req, 403, "Forbidden", "x", "")
		}()
		b.agent.AwaitRegistration(ctx, trunk)
		if took := time.Since(start); took != time.Second {
			t.Errorf("it took %v", took)
		}
		b.agent.AwaitRegistration(ctx, trunk)
		b.agent.AwaitRegistration(ctx, nil)
		b.agent.Close()
		b.agent.SetRegistrations([]*sip.Trunk{registering(func(t *sip.Trunk) { t.Username = "late" })}, nil)
		b.agent.Unregister(ctx)
	})
}
