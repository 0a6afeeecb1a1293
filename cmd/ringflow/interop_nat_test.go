//go:build interop

package main_test

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	api "ringflow/internal/client"
)

// lastingPhone is an agent that stays on the line for 25 seconds.
const lastingPhone = "+12025550155"

// TestInteropNAT has Ringflow behind a router that translates its address, and an account that
// registers with Asterisk.
func TestInteropNAT(t *testing.T) {
	matrix(t, "Asterisk 22 as registrar, Ringflow behind a NAT", 4, []cell{
		{"a mapping of 15 s is held by keep-alives of 10 s", passes, func(t *testing.T) string { return mappingOfNAT(t, "10s", -1) }},
		{"the same without keep-alives", "the mapping is gone", func(t *testing.T) string { return mappingOfNAT(t, "0s", 0) }},
		{"registers by digest, Contact is the router's address", passes, registersBehindNAT},
		{"call and audio both ways, by latching", passes, callBehindNAT},
		{"Asterisk calls the registered Contact", "403: flows begin with a request over HTTP", calledBehindNAT},
		{"the router's address changes in mid-call", "registered anew by the next ping, re-INVITE, audio both ways", func(t *testing.T) string {
			return callGoesOn(t, nextPublic, (*home).move)
		}},
		{"the router's line is down for 3 s in mid-call", passes, func(t *testing.T) string {
			return callGoesOn(t, firstPublic, func(h *home) {
				h.link("down")
				h.silent(3 * time.Second)
				h.link("up")
				h.router.ip("route replace default dev wan")
			})
		}},
	})
}

// symmetric is what an endpoint of Asterisk's needs whose far end is behind a NAT.
var symmetric = []string{"rtp_symmetric = yes", "force_rport = yes", "rewrite_contact = yes"}

// account has Asterisk as the provider of the home, with an account that registers.
func (h *home) account(keys string) (*asterisk, trunk) {
	h.t.Helper()
	at := h.host()
	a := h.startAsterisk(pbx{at: at, from: publicNetwork, endpoint: symmetric, aor: []string{"minimum_expiration = 60"}})
	return a, trunk{targets: []netip.AddrPort{netip.AddrPortFrom(netip.MustParseAddr(at.address), asteriskPort)},
		username: "ringflow", password: digestPassword, keys: strings.TrimSpace("register: true\n" + keys)}
}

// boundAs waits until the only trunk is registered, with a Contact that has the text.
func (s *Server) boundAs(contact string) *api.TrunkRegistration {
	s.w.t.Helper()
	var got *api.TrunkRegistration
	within(s.w.t, 30*time.Second, "the trunk is registered by "+contact, func() string {
		page, err := s.api.Trunks(s.w.t.Context(), api.TrunksParams{})
		if err != nil || len(page.Items) != 1 {
			return fmt.Sprintf("%+v %v", page, err)
		}
		if got = page.Items[0].Registration; got == nil || got.State != "registered" || !strings.Contains(got.Contact, contact) {
			return fmt.Sprintf("%+v", got)
		}
		return ""
	})
	return got
}

func registersBehindNAT(t *testing.T) string {
	h := newHome(t, time.Minute)
	a, tr := h.account("")
	server := h.serveTraced(h.config(tr, 10*time.Second))
	contact := server.boundAs(firstPublic).Contact
	if shown := a.ask("pjsip show contacts"); !strings.Contains(shown, firstPublic) || strings.Contains(shown, homeAddress) {
		t.Errorf("Asterisk has other contacts than %s:\n%s", contact, shown)
	}
	server.stop()
	if shown := a.ask("pjsip show contacts"); !strings.Contains(shown, "No objects found") {
		t.Errorf("after the end Asterisk has contacts:\n%s", shown)
	}
	return ""
}

func callBehindNAT(t *testing.T) string {
	h := newHome(t, time.Minute)
	a, tr := h.account("")
	config := h.config(tr, 10*time.Second)
	wire := h.capture()
	server := h.serveTraced(config)
	server.boundAs(firstPublic)
	x := server.outcome(server.mustStart("installation-help", map[string]string{"contact_1": customer, "contact_2": agent}), time.Minute)
	if s := x.step(t, "agent"); x.Status != "finished" || s.Exit != "ok" {
		t.Errorf("the execution is %s, the agent's step left by %s (%s)", x.Status, s.Exit, s.Detail)
	}
	server.stop()
	wire.wellFormed()
	return checkRecordings(t, a, 0.95)
}

// calledBehindNAT has Asterisk call the Contact.
func calledBehindNAT(t *testing.T) string {
	h := newHome(t, time.Minute)
	a, tr := h.account("")
	server := h.serveTraced(h.config(tr, 10*time.Second))
	server.boundAs(firstPublic)
	a.ask("channel originate PJSIP/ringflow application Wait 1")
	within(t, 10*time.Second, "the INVITE has come and is answered", func() string {
		for _, m := range h.traced() {
			if m.ours() && strings.HasPrefix(m.text, "SIP/2.0 403") {
				return ""
			}
		}
		return "no 403"
	})
	server.stop()
	h.sees(1, false, "INVITE")
	return ""
}

// mappingOfNAT has Asterisk ask by OPTIONS whether the contact is there, after the line was
// silent for twice as long as the router keeps a mapping.
func mappingOfNAT(t *testing.T, keepAlive string, want int) string {
	h := newHome(t, 15*time.Second)
	h.sip = "keep_alive: " + keepAlive
	a, tr := h.account("")
	server := h.serveTraced(h.config(tr, 10*time.Second))
	server.boundAs(firstPublic)
	h.silent(30 * time.Second)
	a.ask("pjsip qualify ringflow")
	h.silent(3 * time.Second)
	h.sees(want, false, "OPTIONS")
	return ""
}

// silent waits for so long in which nothing is done.
func (h *home) silent(long time.Duration) {
	timer := time.NewTimer(long)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-h.t.Context().Done():
	}
}

// callGoesOn has two parties speak, while something happens to the router, and both hear each
// other again.
func callGoesOn(t *testing.T, contact string, happens func(*home)) string {
	h := newHome(t, time.Minute)
	a, tr := h.account("ping: 1s")
	server := h.serveTraced(h.config(tr, 10*time.Second))
	server.boundAs(firstPublic)
	id := server.mustStart("join", map[string]string{"contact_1": customer, "contact_2": lastingPhone})
	server.reaches(id, "agent", 30*time.Second)
	h.hears(300) // both parties speak for three seconds
	happens(h)
	began := time.Now()
	server.boundAs(contact)
	registered := time.Since(began)
	h.hears(100)
	heard := time.Since(began) - time.Second // 100 packets of two parties are a second
	x := server.outcome(id, time.Minute)
	if s := x.step(t, "agent"); x.Status != "finished" || s.Exit != "ok" {
		t.Errorf("the execution is %s, the agent's step left by %s (%s)", x.Status, s.Exit, s.Detail)
	}
	server.stop()
	for name, hz := range map[string]float64{"customer-heard.wav": agentHz, "lasting-heard.wav": customerHz} {
		if got := tones(a.recording(name), hz); got < 15*time.Second {
			t.Errorf("%s has %g Hz for %s, want 15s at least", name, hz, got)
		}
	}
	if heard > 4*time.Second {
		t.Errorf("audio came after %s, want 4s at most", heard)
	}
	return fmt.Sprintf("registered after %.1f s, audio after %.1f s", registered.Seconds(), heard.Seconds())
}
