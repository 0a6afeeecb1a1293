//go:build interop

package main_test

import (
	"cmp"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"ringflow/flowengine/record"
)

// Phones of testdata/interop/asterisk/extensions.conf.
const (
	busyPhone     = "+12025550144"
	ringingPhone  = "+12025550145"
	pressingPhone = "+12025550146"
	earlyPhone    = "+12025550147"
	congested     = "+12025550148"
	patientPhone  = "+12025550151"
	readingPhone  = "+12025550152"
	sendingPhone  = "+12025550153"
	causePhone    = "+12025550154"
	unassigned    = "+12025550199"
)

// TestInteropAsterisk has Asterisk as the trunk.
func TestInteropAsterisk(t *testing.T) {
	wire := captureLoopback(t)
	matrix(t, "Asterisk 22 as trunk", 4, slices.Concat(asteriskTimers(), asteriskTransports(), asteriskOpus(), asteriskRefusals(), asteriskDigits(), asteriskSRTP()))
	wire.wellFormed()
	if legible := tshark(t, wire.file, "-Y", fmt.Sprintf("sip && tcp.port == %d", asteriskTLSPort)); legible != "" {
		t.Errorf("what went over TLS is legible:\n%s", legible)
	}
}

// trunkCall is a call over a trunk to Asterisk.
type trunkCall struct {
	pbx     pbx
	trunk   trunk
	ca      *authority // TLS by its certificates; nil: the trunk's transport as it is
	trusts  *authority // that of the trunk; nil: ca
	demands bool       // Asterisk wants a client certificate of ca
	proves  bool       // the trunk has one
	flow    string     // "": digits
	contact string     // "": pressingPhone
	agent   string
}

// placed is a call that has ended.
type placed struct {
	*world
	*asterisk
	t       *testing.T
	x       execution
	history record.History
}

// run places the call in a world of its own, and holds that nothing is left of it on either
// side.
func (c trunkCall) run(t *testing.T) *placed {
	t.Helper()
	p := &placed{world: newWorld(t), t: t}
	if c.flow == "" {
		c.flow = "digits"
	}
	if c.contact == "" {
		c.contact = pressingPhone
	}
	if c.trunk.username == "" {
		c.trunk.username, c.trunk.password = "ringflow", digestPassword
	}
	if c.ca != nil {
		p.secure(&c)
	}
	p.copyFiles("../../testdata/interop/flows/*.yaml", "flows")
	p.asterisk = p.startAsterisk(c.pbx)
	server := p.serveTraced(p.config(c.trunk, 10*time.Second))
	before, err := server.gauges()
	if err != nil {
		t.Fatal(err)
	}
	p.x = server.outcome(server.mustStart(c.flow, map[string]string{"contact_1": c.contact, "contact_2": c.agent}), 90*time.Second)
	server.nothingLives(10*time.Second, before["go_goroutines"])
	within(t, 10*time.Second, "Asterisk has no channel left", func() string {
		if left := p.ask("core show channels count"); !strings.Contains(left, "0 active channels") {
			return left
		}
		return ""
	})
	server.stop()
	p.history = p.histories(p.x.ID)[0]
	checkJournal(t, p.history)
	return p
}

// secure has the two sides speak TLS by certificates of the call's authority.
func (w *world) secure(c *trunkCall) {
	w.t.Helper()
	certificate, key := c.ca.issue(w.addr.String())
	c.pbx.files = map[string][]byte{"tls/asterisk.pem": certificate, "tls/asterisk.key": key, "tls/ca.pem": c.ca.root()}
	c.pbx.tls = []string{"cert_file = @RUN@/tls/asterisk.pem", "priv_key_file = @RUN@/tls/asterisk.key", "ca_list_file = @RUN@/tls/ca.pem"}
	c.pbx.transport, c.trunk.transport = "tls", "tls"
	c.trunk.targets = []netip.AddrPort{w.at(asteriskTLSPort)}
	w.write("ca.pem", cmp.Or(c.trusts, c.ca).root())
	keys := "tls:\n  ca: ca.pem"
	if c.demands {
		c.pbx.tls = append(c.pbx.tls, "verify_client = yes", "require_client_cert = yes")
	}
	if c.proves {
		own, ownKey := c.ca.issue("ringflow.example")
		w.write("client.pem", own)
		w.write("client.key", ownKey)
		keys += "\n  certificate: client.pem\n  key: client.key"
	}
	c.trunk.keys = strings.TrimPrefix(c.trunk.keys+"\n"+keys, "\n")
}

// exits expects a step's exit and the code that it had.
func (p *placed) exits(step, exit string, code int) executionStep {
	p.t.Helper()
	s := p.x.step(p.t, step)
	if s.Exit != exit || code != 0 && (s.SIP == nil || s.SIP.Code != code) {
		p.t.Errorf("step %s left by %s with %+v (%s %s), want %s with %d", step, s.Exit, s.SIP, s.Detail, s.Error, exit, code)
	}
	return s
}

// collects expects the digits that the contact was asked for.
func (p *placed) collects(want string) {
	p.t.Helper()
	p.exits("call_contact", "answered", 200)
	if got := p.x.Variables["digits"]; got != want {
		p.t.Errorf("digits is %q, want %q", got, want)
	}
}

// audio is that of a leg, as its last event tells.
func (p *placed) audio() *record.LegAudio {
	for _, e := range p.history.Events {
		if e.Kind == record.LegEnded {
			return e.Leg.Audio
		}
	}
	return nil
}

// asteriskTransports has calls over each transport.
func asteriskTransports() []cell {
	called := func(c func(*testing.T) trunkCall) func(*testing.T) string {
		return func(t *testing.T) string {
			p := c(t).run(t)
			p.collects("1234")
			p.sees(1, true, "INVITE", "\r\nAuthorization: Digest")
			return ""
		}
	}
	return []cell{
		{"UDP, digest authentication", passes, called(func(*testing.T) trunkCall { return trunkCall{} })},
		{"TCP, digest authentication", passes, called(func(*testing.T) trunkCall {
			return trunkCall{pbx: pbx{transport: "tcp"}, trunk: trunk{transport: "tcp"}}
		})},
		{"TLS, certificate of an own authority", passes, called(func(t *testing.T) trunkCall { return trunkCall{ca: newAuthority(t)} })},
		{"TLS, client certificate required", passes, called(func(t *testing.T) trunkCall { return trunkCall{ca: newAuthority(t), demands: true, proves: true} })},
		{"TLS, client certificate required and not there", "refused in the handshake; `detail` asks for `tls.certificate`", func(t *testing.T) string {
			p := trunkCall{ca: newAuthority(t), demands: true}.run(t)
			if s := p.exits("call_contact", "error", 0); !strings.Contains(s.Detail, "TLS: ") || !strings.Contains(s.Detail, "client certificate") {
				t.Errorf("the detail is %q", s.Detail)
			}
			return ""
		}},
		{"TLS, certificate of an unknown authority", "refused by Ringflow; `detail` names who signed it", func(t *testing.T) string {
			p := trunkCall{ca: newAuthority(t), trusts: newAuthority(t)}.run(t)
			if s := p.exits("call_contact", "error", 0); !strings.Contains(s.Detail, "its certificate is signed by") {
				t.Errorf("the detail is %q", s.Detail)
			}
			return ""
		}},
		{"both parties behind it, PCMU", passes, joined("ulaw")},
		{"both parties behind it, PCMA", passes, joined("alaw")},
		{"both parties behind it, G.722", passes, joined("g722")},
	}
}

// joined runs the seed flow, with both parties behind Asterisk.
func joined(codec string) func(*testing.T) string {
	return func(t *testing.T) string {
		c := trunkCall{pbx: pbx{codecs: codec}, flow: "installation-help", contact: customer, agent: agent}
		share := 0.95
		switch codec {
		case "g722":
			c.trunk.keys = "codecs: [g722]"
		case "opus": // which is lossy
			c.trunk.keys, c.pbx.modules, share = "codecs: [opus]", opusModules, 0.85
		}
		p := c.run(t)
		if p.x.Status != "finished" {
			t.Errorf("the execution is %s: %+v", p.x.Status, p.x.Steps)
		}
		p.exits("call_customer", "answered", 200)
		p.exits("announce", "ok", 0)
		p.exits("agent", "ok", 0)
		if !strings.Contains(p.asterisk.log(), "agent rung by "+customer) {
			t.Errorf("the agent was not shown the contact's number, %s", customer)
		}
		return checkRecordings(t, p.asterisk, share)
	}
}

// checkRecordings compares what Asterisk recorded at each phone. The customer is to have
// heard a share of the message at least.
func checkRecordings(t *testing.T, a *asterisk, least float64) string {
	t.Helper()
	heard := a.recording("customer-heard.wav")
	share := receivedShare(heard, announcement(t))
	if share < least {
		t.Errorf("the customer heard %.0f %% of the message as it was, want %.0f", 100*share, 100*least)
	}
	if got := tones(heard, 440); got < time.Second {
		t.Errorf("the customer heard ringback for %s, want 1s at least", got)
	}
	if got := tones(heard, agentHz); got < 5*time.Second {
		t.Errorf("the customer heard the agent for %s, want 5s at least", got)
	}
	spoken := tones(announcement(t), customerHz) // the message has its tone in some vowels
	if got := tones(heard, customerHz); got > spoken+200*time.Millisecond {
		t.Errorf("the customer heard itself for %s, and %s of that tone are the message's", got, spoken)
	}
	heard = a.recording("agent-heard.wav")
	if got := tones(heard, customerHz); got < 5*time.Second {
		t.Errorf("the agent heard the customer for %s, want 5s at least", got)
	}
	if got := tones(heard, agentHz); got > 200*time.Millisecond {
		t.Errorf("the agent heard itself for %s", got)
	}
	return fmt.Sprintf("%.0f %% of the message as it was", 100*share)
}

// asteriskRefusals has phones that refuse, ring, announce and hang up.
func asteriskRefusals() []cell {
	refused := func(contact, exit string, code int) func(*testing.T) string {
		return func(t *testing.T) string {
			trunkCall{flow: "hangup", contact: contact, pbx: pbx{codecs: "ulaw,alaw"}}.run(t).exits("call_contact", exit, code)
			return ""
		}
	}
	return []cell{
		{"busy: 486", passes, refused(busyPhone, "busy", 486)},
		{"number that nobody has: 404", passes, refused(unassigned, "invalid_number", 404)},
		{"all circuits busy: 503", passes, refused(congested, "error", 503)},
		{"rings until CANCEL: 487", passes, refused(ringingPhone, "no_answer", 487)},
		{"early media by 183, never an answer", passes, refused(earlyPhone, "no_answer", 487)},
		{"wrong password: 401", passes, func(t *testing.T) string {
			trunkCall{flow: "hangup", contact: customer, trunk: trunk{username: "ringflow", password: "guessed"}}.run(t).exits("call_contact", "error", 401)
			return ""
		}},
		{"BYE with a Q.850 cause in Reason", passes, func(t *testing.T) string {
			p := trunkCall{flow: "patience", contact: causePhone}.run(t)
			for _, e := range p.history.Events {
				if e.Kind == record.LegEnded && (e.SIP == nil || e.SIP.Cause != 38) {
					t.Errorf("the leg ended with %+v, want cause 38", e.SIP)
				}
			}
			return ""
		}},
	}
}

// asteriskTimers has what RFC 3262 and RFC 4028 add to a call.
func asteriskTimers() []cell {
	return []cell{
		{"session timer, refresher=uac: Ringflow refreshes", passes, func(t *testing.T) string {
			p := trunkCall{pbx: pbx{endpoint: []string{"timers = always", "timers_sess_expires = 90"}}, trunk: trunk{keys: "session_timer: 90s"},
				flow: "patience", contact: patientPhone}.run(t)
			p.collects("1234")
			p.sees(-1, false, "SIP/2.0 200", "refresher=uac")
			p.sees(1, true, "UPDATE")
			return ""
		}},
		{"session timer, refresher=uas: Asterisk refreshes", passes, func(t *testing.T) string {
			p := trunkCall{pbx: pbx{endpoint: []string{"timers = always", "timers_sess_expires = 90"}},
				flow: "patience", contact: patientPhone}.run(t)
			p.collects("1234")
			p.sees(-1, false, "SIP/2.0 200", "refresher=uas")
			p.sees(1, false, "UPDATE")
			return ""
		}},
		{"session interval too small: 422 with Min-SE", passes, func(t *testing.T) string {
			p := trunkCall{pbx: pbx{endpoint: []string{"timers = yes", "timers_min_se = 120"}}, trunk: trunk{keys: "session_timer: 90s"}}.run(t)
			p.collects("1234")
			p.sees(1, false, "SIP/2.0 422", "Min-SE: 120")
			p.sees(1, true, "INVITE", "Session-Expires: 120", "Min-SE: 120")
			return ""
		}},
		{"session timer required", passes, func(t *testing.T) string {
			trunkCall{pbx: pbx{endpoint: []string{"timers = required"}}, trunk: trunk{keys: "session_timer: 30m"}}.run(t).collects("1234")
			return ""
		}},
		{"100rel required", passes, func(t *testing.T) string {
			p := trunkCall{pbx: pbx{endpoint: []string{"100rel = required"}}, flow: "installation-help", contact: customer, agent: agent}.run(t)
			p.exits("agent", "ok", 0)
			p.sees(2, false, "SIP/2.0 180", "Require: 100rel")
			p.sees(2, true, "PRACK")
			return ""
		}},
	}
}

// asteriskDigits has digits in each form.
func asteriskDigits() []cell {
	received := func(mode, want string) func(*testing.T) string {
		return func(t *testing.T) string {
			trunkCall{pbx: pbx{endpoint: []string{"dtmf_mode = " + mode}}}.run(t).collects(want)
			return ""
		}
	}
	relayed := func(mode string) func(*testing.T) string {
		return func(t *testing.T) string {
			p := trunkCall{pbx: pbx{endpoint: []string{"dtmf_mode = " + mode}}, flow: "join", contact: sendingPhone, agent: readingPhone}.run(t)
			p.exits("call_contact", "answered", 200)
			if !strings.Contains(p.asterisk.log(), "read 7391") {
				t.Errorf("the agent was not sent 7391:\n%s", p.asterisk.log())
			}
			return ""
		}
	}
	return []cell{
		{"digits by RFC 4733", passes, received("rfc4733", "1234")},
		{"digits by INFO", passes, received("info", "1234")},
		{"digits in-band", "not detected: tones are audio as yet", received("inband", "")},
		{"digits through a bridge, RFC 4733", passes, relayed("rfc4733")},
		{"digits through a bridge, in-band", passes, relayed("inband")},
	}
}

// asteriskSRTP meets Asterisk's media_encryption with each policy of a trunk, and with each
// suite.
func asteriskSRTP() (cells []cell) {
	const (
		required      = "media_encryption = sdes"
		opportunistic = "media_encryption = sdes\nmedia_encryption_optimistic = yes"
		plain         = "media_encryption = no"
		usual         = "AES_CM_128_HMAC_SHA1_80"
		refused       = "refused by Asterisk: 488"
		none          = "refused: 488, the build has no such suite"
	)
	for _, x := range []struct {
		name, result, asterisk string
		trunk                  trunk
		tls                    bool
		suite                  string // agreed on, empty: plain RTP
		code                   int    // of a call that fails
	}{
		{"TLS and SRTP, AES_CM_128_HMAC_SHA1_80", passes, required, trunk{srtp: "required"}, true, usual, 0},
		{"TLS and SRTP, AES_CM_128_HMAC_SHA1_32", passes, required, trunk{srtp: "required", suites: "AES_CM_128_HMAC_SHA1_32"}, true, "AES_CM_128_HMAC_SHA1_32", 0},
		{"TLS and SRTP, AES_256_CM_HMAC_SHA1_80", none, required, trunk{srtp: "required", suites: "AES_256_CM_HMAC_SHA1_80"}, true, "", 488},
		{"TLS and SRTP, AEAD_AES_128_GCM", none, required, trunk{srtp: "required", suites: "AEAD_AES_128_GCM"}, true, "", 488},
		{"TLS and SRTP, AEAD_AES_256_GCM", none, required, trunk{srtp: "required", suites: "AEAD_AES_256_GCM"}, true, "", 488},
		{"TLS and SRTP, GCM offered before AES_CM_128_HMAC_SHA1_80", passes, required, trunk{srtp: "required", suites: "AEAD_AES_256_GCM, AES_CM_128_HMAC_SHA1_80"}, true, usual, 0},
		{"`srtp: required`, Asterisk takes both", passes, opportunistic, trunk{srtp: "required"}, false, usual, 0},
		{"`srtp: required`, Asterisk takes plain RTP", refused, plain, trunk{srtp: "required"}, false, "", 488},
		{"`srtp: optional`, Asterisk takes both", passes, opportunistic, trunk{srtp: "optional"}, false, usual, 0},
		{"`srtp: optional`, Asterisk takes plain RTP", passes, plain, trunk{srtp: "optional"}, false, "", 0},
		{"`srtp: off`, Asterisk takes SRTP", refused, required, trunk{}, false, "", 488},
		{"`srtp: off`, Asterisk takes both", passes, opportunistic, trunk{}, false, "", 0},
	} {
		cells = append(cells, cell{x.name, x.result, func(t *testing.T) string {
			c := trunkCall{pbx: pbx{endpoint: []string{x.asterisk}}, trunk: x.trunk}
			if x.tls {
				c.ca = newAuthority(t)
			}
			p := c.run(t)
			if x.code != 0 {
				if s := p.exits("call_contact", "error", x.code); !strings.Contains(s.Detail, "srtp is") {
					t.Errorf("the detail is %q, and says nothing of the trunk's srtp", s.Detail)
				}
				return ""
			}
			p.collects("1234")
			if a := p.audio(); a == nil || a.SRTP != x.suite || a.Unauthenticated != 0 || a.Reception == record.ReceptionNone {
				t.Errorf("the audio is %+v, want %q", a, x.suite)
			}
			return ""
		}})
	}
	return cells
}
