//go:build interop

package main_test

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"ringflow/flowengine/record"
	api "ringflow/internal/client"
)

// TestInteropRegistrar has Kamailio as registrar and proxy of an account that registers, and
// phones behind it.
func TestInteropRegistrar(t *testing.T) {
	matrix(t, "Kamailio 5.6 as registrar and proxy", 4, []cell{
		{"registers by digest, nonces live 8 s and end by `stale=true`", passes, staleNonces},
		{"Service-Route, Path and an outbound proxy", passes, func(t *testing.T) string { return throughEdge(t, "") }},
		{"`outbound` with Flow-Timer", passes, func(t *testing.T) string { return throughEdge(t, "outbound") }},
		{"forks to two phones: two early dialogs, one answers", passes, forks},
		{"registers over TCP, and again after the registrar has restarted", passes, func(t *testing.T) string { return restarts(t, "tcp") }},
		{"registers over TLS, and again after the registrar has restarted", passes, func(t *testing.T) string { return restarts(t, "tls") }},
		{"baresip 1.0 behind it, both by TLS and SRTP alone", passes, func(t *testing.T) string { return encryptedPhone(t, startBaresip) }},
		{"linphonec 5.1 behind it, both by TLS and SRTP alone", passes, func(t *testing.T) string { return encryptedPhone(t, startLinphone) }},
		{"two servers by SRV: the first has closed its port", "the next one at once", func(t *testing.T) string { return failsOver(t, closedPort) }},
		{"two servers by SRV: the line of the first is down", "the next one within 4 s", func(t *testing.T) string { return failsOver(t, lineDown) }},
		{"two servers by SRV: the first drops everything", "the next one within 4 s", func(t *testing.T) string { return failsOver(t, dropsAll) }},
		{"two servers by SRV: the first is gone in mid-call and comes back", "the audio goes on, calls go over the second, then over the first again", comesBack},
	})
}

// providerTrunk is a trunk of a provider whose domain is the registrar's.
func providerTrunk(targets []netip.AddrPort, keys string) trunk {
	return trunk{targets: targets, username: "ringflow", password: digestPassword,
		keys: strings.TrimSpace("domain: " + carrierRealm + "\n" + keys)}
}

// isAsked calls a phone and has it press keys.
func (s *Server) isAsked(phone softphone, then func()) execution {
	s.w.t.Helper()
	id := s.mustStart("question", map[string]string{"contact_1": customer})
	s.reaches(id, "ask", 30*time.Second)
	if then != nil {
		then()
	}
	phone.press("1937")
	x := s.outcome(id, 40*time.Second)
	if got := x.Variables["digits"]; got != "1937" {
		s.w.t.Errorf("digits is %q, want 1937: %+v", got, x.Steps)
	}
	return x
}

// providing makes a site with flows.
func providing(t *testing.T) *site {
	s := newSite(t, routed)
	s.copyFiles("../../testdata/interop/flows/*.yaml", "flows")
	return s
}

func staleNonces(t *testing.T) string {
	s := providing(t)
	at := s.phone()
	k := s.startRegistrar(at, provider{})
	phone := startBaresip(s, s.phone(), setup{number: customer, says: customerHz, registers: true, registrar: at.address})
	server := s.serveTraced(s.config(providerTrunk([]netip.AddrPort{at.sip()}, "register: true\nregister_expires: 1m"), 10*time.Second))
	until := server.boundAs(s.addr.String()).Until
	server.isAsked(phone, func() { s.speak(1, 9*time.Second) })
	if k.challenged("BYE", expired) == 0 {
		t.Error("the registrar found no nonce of a BYE expired: this test is about that")
	}
	within(t, time.Minute, "the registration is refreshed", func() string {
		if r := server.boundAs(s.addr.String()); r.Until.Equal(*until) {
			return r.Until.String()
		}
		return ""
	})
	if k.challenged("REGISTER", expired) == 0 {
		t.Error("the registrar found no nonce of a REGISTER expired: this test is about that")
	}
	server.stop()
	if k.lines(output, "REGISTER of ringflow from "+s.addr.String(), "for 0 s") == 0 {
		t.Error("the binding was not removed")
	}
	return ""
}

// throughEdge registers through the edge proxy, with an extension.
func throughEdge(t *testing.T, extension string) string {
	s := providing(t)
	at := s.phone()
	k := s.startRegistrar(at, provider{})
	phone := startBaresip(s, s.phone(), setup{number: customer, says: customerHz, registers: true, registrar: at.address})
	edge := netip.AddrPortFrom(netip.MustParseAddr(at.address), edgePort)
	tr := providerTrunk([]netip.AddrPort{at.sip()}, fmt.Sprintf("register: true\noutbound_proxies: [%q]", edge))
	if extension != "" {
		tr.keys += "\nregister_extensions: [" + extension + "]"
	}
	server := s.serveTraced(s.config(tr, 10*time.Second))
	server.boundAs(s.addr.String())
	server.isAsked(phone, nil)
	server.stop()
	if k.lines(output, "REGISTER of ringflow", "path <sip:", ";lr") == 0 {
		t.Error("no REGISTER had a Path: this test is about that")
	}
	if k.lines(output, "INVITE by udp with routes", fmt.Sprintf("<sip:%s;lr>", at.sip())) == 0 {
		t.Error("no INVITE had the service route")
	}
	if extension != "" {
		s.sees(-1, false, "SIP/2.0 200", "Require: outbound", "Flow-Timer: 20")
	}
	return ""
}

func forks(t *testing.T) string {
	s := providing(t)
	at := s.phone()
	k := s.startRegistrar(at, provider{})
	ringing := s.phone()
	startBaresip(s, ringing, setup{number: customer, registers: true, registrar: at.address, silent: true})
	answering := startLinphone(s, s.phone(), setup{number: customer, says: customerHz, registers: true, registrar: at.address})
	server := s.serveTraced(s.config(providerTrunk([]netip.AddrPort{at.sip()}, "register: true"), 10*time.Second))
	server.boundAs(s.addr.String())
	server.isAsked(answering, nil)
	server.stop()
	if n := k.lines(output, "forked to sip:"); n != 2 {
		t.Errorf("the INVITE was forked to %d phones, want 2", n)
	}
	tags := map[string]bool{}
	for _, m := range s.traced() {
		if strings.HasPrefix(m.text, "SIP/2.0 180") {
			_, to, _ := strings.Cut(m.text, "\r\nTo: ")
			to, _, _ = strings.Cut(to, "\r\n")
			tags[to] = true
		}
	}
	if len(tags) != 2 {
		t.Errorf("180 came with To %v, want two", tags)
	}
	if n := k.lines(output, "answered 487 by "+ringing.address); n != 1 {
		t.Errorf("the phone that rang was cancelled %d times, want once", n)
	}
	return ""
}

// restarts has the registrar end and come back.
func restarts(t *testing.T, transport string) string {
	s := providing(t)
	at := s.phone()
	ca := newAuthority(t)
	s.write("ca.pem", ca.root())
	k := s.startRegistrar(at, provider{ca: ca})
	target, keys := at.sip(), "register: true"
	if transport == "tls" {
		target, keys = netip.AddrPortFrom(target.Addr(), 5061), keys+"\ntls: {ca: ca.pem}"
	}
	tr := providerTrunk([]netip.AddrPort{target}, keys)
	tr.transport = transport
	server := s.serveTraced(s.config(tr, 10*time.Second))
	before := server.boundAs(s.addr.String()).AnsweredAt
	k.unplug()
	within(t, 10*time.Second, "the end of the connection is noticed", func() string {
		if log := tail(server.log, 1<<20); !strings.Contains(log, "a trunk's registration was not refreshed") && !strings.Contains(log, "a trunk is not registered") {
			return log[max(0, len(log)-1000):]
		}
		return ""
	})
	k.beginRegistrar(s.world, at)
	back := time.Now()
	within(t, 45*time.Second, "the trunk is registered anew", func() string {
		if r := server.boundAs(s.addr.String()); !r.AnsweredAt.After(*before) || r.Result != "200 OK" {
			return fmt.Sprintf("%+v", r)
		}
		return ""
	})
	took := time.Since(back)
	phone := startBaresip(s, s.phone(), setup{number: customer, says: customerHz, registers: true, registrar: at.address})
	server.isAsked(phone, nil)
	server.stop()
	return fmt.Sprintf("registered %.0f s after it is back", took.Seconds())
}

// encryptedPhone calls a phone that has registered over TLS and takes SRTP alone, over TLS.
func encryptedPhone(t *testing.T, start maker) string {
	s := providing(t)
	at := s.phone()
	ca := newAuthority(t)
	s.write("ca.pem", ca.root())
	s.startRegistrar(at, provider{ca: ca})
	phone := start(s, s.phone(), setup{number: customer, says: customerHz, registers: true, registrar: at.address, tls: ca, srtp: true})
	tr := providerTrunk([]netip.AddrPort{netip.AddrPortFrom(at.sip().Addr(), 5061)}, "register: true\ntls: {ca: ca.pem}")
	tr.transport, tr.srtp = "tls", "required"
	wire := s.capture()
	server := s.serveTraced(s.config(tr, 10*time.Second))
	server.boundAs(s.addr.String())
	x := server.isAsked(phone, nil)
	server.stop()
	wire.wellFormed()
	if legible := tshark(t, wire.file, "-Y", "sip"); legible != "" {
		t.Errorf("what went over TLS is legible:\n%s", legible)
	}
	for _, e := range s.histories(x.ID)[0].Events {
		if e.Kind == record.LegEnded && (e.Leg.Audio == nil || e.Leg.Audio.SRTP == "" || e.Leg.Audio.Reception == record.ReceptionNone) {
			t.Errorf("the audio is %+v", e.Leg.Audio)
		}
	}
	return ""
}

// Ways of a server to be gone.
type outage int

const (
	closedPort outage = iota
	lineDown
	dropsAll
)

// pair is two servers of a provider that SRV records name, and a phone behind them.
type pair struct {
	*site
	serving      *Server
	first, next  host
	firstProcess *kamailio
	nextProcess  *kamailio
	phone        softphone
}

// newPair starts all of it.
func newPair(t *testing.T, keys string) *pair {
	p := &pair{site: providing(t)}
	at := p.site.phone()
	p.phone = startBaresip(p.site, at, setup{number: customer, says: customerHz})
	p.first, p.next = p.site.phone(), p.site.phone()
	p.firstProcess = p.startRegistrar(p.first, provider{phone: at.address})
	p.nextProcess = p.startRegistrar(p.next, provider{phone: at.address})
	p.sip = fmt.Sprintf("dns: [%q]", p.resolver(
		"_sip._udp.provider.example. SRV 10 0 5060 one.provider.example.", "_sip._udp.provider.example. SRV 20 0 5060 two.provider.example.",
		"one.provider.example. A "+p.first.address, "two.provider.example. A "+p.next.address))
	tr := providerTrunk(nil, keys)
	tr.named = []string{"provider.example"}
	tr.transport = "udp"
	p.serving = p.serveTraced(p.config(tr, 10*time.Second))
	return p
}

// goes has the first server be gone.
func (p *pair) goes(how outage) {
	p.t.Helper()
	switch how {
	case closedPort:
		p.firstProcess.unplug()
	case lineDown:
		p.first.ip("link set lan down")
	case dropsAll:
		p.gateway.run(`table ip silence {
			chain both {
				type filter hook forward priority filter
				ip daddr `+p.first.address+` drop
				ip saddr `+p.first.address+` drop
			}
		}`, "nft", "-f", "-")
	}
}

// took is how long a call took from its INVITE to the answer, as the record of a server that
// has ended has it.
func (p *pair) took(id string) time.Duration {
	p.t.Helper()
	var began, answered time.Time
	for _, e := range p.histories(id)[0].Events {
		switch e.Kind {
		case record.LegDialling:
			began = e.At
		case record.LegAnswered:
			answered = e.At
		}
	}
	return answered.Sub(began)
}

// failsOver calls once the first server is gone.
func failsOver(t *testing.T, how outage) string {
	p := newPair(t, "")
	p.goes(how)
	id := p.serving.isAsked(p.phone, nil).ID
	p.serving.stop()
	took := p.took(id)
	if took > 4*time.Second {
		t.Errorf("the call was answered after %s, want 4s at most", took)
	}
	if n := p.nextProcess.lines(output, "forked to sip:"); n != 1 {
		t.Errorf("the second server passed on %d calls, want 1", n)
	}
	return fmt.Sprintf("answered after %.2f s", took.Seconds())
}

// comesBack has the first server go during a call, and come back.
func comesBack(t *testing.T) string {
	p := newPair(t, "ping: 2s")
	p.serving.isAsked(p.phone, func() {
		p.goes(lineDown)
		p.speak(1, 5*time.Second) // the audio does not go by way of it
	})
	var gone []string
	for range 3 { // the first two find out that it is out of service
		gone = append(gone, p.serving.isAsked(p.phone, nil).ID)
	}
	p.first.ip("link set lan up")
	p.first.ip("route replace default via " + p.inner().address)
	back := time.Now()
	within(t, 30*time.Second, "the first server is in service again", func() string {
		page, err := p.serving.api.Trunks(t.Context(), api.TrunksParams{})
		if err != nil || len(page.Items) != 1 || len(page.Items[0].Service) != 1 {
			return fmt.Sprintf("%+v %v", page, err)
		}
		return page.Items[0].Service[0].Reason
	})
	noticed := time.Since(back)
	after := p.serving.isAsked(p.phone, nil).ID
	p.serving.stop()
	var took []string
	for _, id := range append(gone, after) {
		long := p.took(id)
		if took = append(took, fmt.Sprintf("%.2f s", long.Seconds())); long > 4*time.Second {
			t.Errorf("a call was answered after %s, want 4s at most", long)
		}
	}
	for i, want := range []int{2, 3} {
		if n := []*kamailio{p.firstProcess, p.nextProcess}[i].lines(output, "forked to sip:"); n != want {
			t.Errorf("server %d passed on %d calls, want %d", i+1, n, want)
		}
	}
	return fmt.Sprintf("calls answered after %s; in service %.1f s after it is back", strings.Join(took, ", "), noticed.Seconds())
}
