//go:build interop

package main_test

import (
	"net/netip"
	"strings"
	"testing"
	"time"

	"ringflow/flowengine/record"
)

// onTrial is how long a source that nothing speaks for may stay unheard, and the
// phone behind it with it.
const onTrial = time.Second

// TestInteropPhones has each softphone as the contact, the other as the agent.
func TestInteropPhones(t *testing.T) {
	together(t, 2, []outsider{
		{"baresip/audio-from-the-address-of-its-sdp", func(t *testing.T) {
			phonesTalk(t, routed, startBaresip, startLinphone)
		}},
		{"linphone/audio-from-the-address-of-its-sdp", func(t *testing.T) {
			phonesTalk(t, routed, startLinphone, startBaresip)
		}},
		{"baresip/audio-through-a-translator", func(t *testing.T) {
			phonesTalk(t, translated, startBaresip, startLinphone)
		}},
		{"linphone/audio-through-a-translator", func(t *testing.T) {
			phonesTalk(t, translated, startLinphone, startBaresip)
		}},
		{"baresip/audio-from-another-address-of-its-machine", phoneOfTwoAddresses},
		{"baresip/public-source-that-sip-does-not-name", publicSource},
		{"linphone/keys-by-info-and-no-events-in-its-answer", keysByInfo},
	})
}

// phonesTalk is a survey: the contact hears the prompt and presses keys, then
// both hear each other, until the contact hangs up if the gateway translates, and
// the agent if not.
func phonesTalk(t *testing.T, l layout, contact, outside maker) {
	s := newSite(t, l)
	survey(s, party{at: s.phone(), start: contact}, party{at: s.phone(), start: outside}, l.translates)
	s.checkSources(!l.translates, l.translates)
}

// phoneOfTwoAddresses has a contact whose SIP and SDP say one address of its
// machine while the other is what its packets come from, since that is where the
// route to the server begins.
func phoneOfTwoAddresses(t *testing.T) {
	s := newSite(t, routed)
	survey(s, party{at: s.inner(), start: startBaresip}, party{at: s.phone(), start: startLinphone}, false)
	s.checkSources(true, true)
}

// party is a softphone to be and where it is.
type party struct {
	at    host
	start maker
	srtp  string // of its trunk; "": off
	keys  string // of its trunk, in YAML
}

// survey runs the flow of that name with a trunk for each phone.
func survey(s *site, contact, outside party, contactHangsUp bool) (id string) {
	s.t.Helper()
	customers := contact.start(s, contact.at, setup{number: customer, says: customerHz, srtp: contact.srtp != ""})
	agents := outside.start(s, outside.at, setup{number: agent, says: agentHz, srtp: outside.srtp != ""})
	s.copyFiles("../../testdata/interop/flows/*.yaml", "flows")
	// The first trunk has one channel, which the contact takes.
	server := s.serve(s.configTrunks(10*time.Second,
		trunk{name: "contact", targets: []netip.AddrPort{contact.at.sip()}, channels: 1, srtp: contact.srtp, keys: contact.keys},
		trunk{name: "agent", targets: []netip.AddrPort{outside.at.sip()}, srtp: outside.srtp, keys: outside.keys}))
	id = server.mustStart("survey", map[string]string{"contact_1": customer, "contact_2": agent})
	server.reaches(id, "ask", 30*time.Second)
	customers.press("1937")
	server.reaches(id, "agent", 30*time.Second)
	s.speak(2, 5*time.Second)
	if contactHangsUp {
		customers.hangUp()
	} else {
		agents.hangUp()
	}
	checkSurvey(s.t, server.outcome(id, 20*time.Second))
	checkPhones(s.t, customers.heard(), agents.heard())
	server.stop()
	return id
}

// checkSurvey expects every step to have left as it should.
func checkSurvey(t *testing.T, x execution) {
	t.Helper()
	if x.Status != "finished" {
		t.Errorf("the execution is %s: %+v", x.Status, x.Steps)
	}
	for _, want := range []struct{ step, exit string }{{"call_contact", "answered"}, {"say", "ok"}, {"ask", "ok"}, {"agent", "ok"}} {
		if s := x.step(t, want.step); s.Exit != want.exit {
			t.Errorf("step %s left by %s, want %s (%s)", want.step, s.Exit, want.exit, s.Error)
		}
	}
	if got := x.Variables["digits"]; got != "1937" {
		t.Errorf("digits is %q, want 1937", got)
	}
}

// checkPhones checks what the two parties of a survey heard.
func checkPhones(t *testing.T, contact, outside []int16) {
	t.Helper()
	share := receivedShare(contact, chirp()[int(onTrial.Seconds()*rate):])
	t.Logf("the contact heard %.0f %% of the prompt as it was, the agent for %s; the agent heard the contact for %s",
		100*share, tones(contact, agentHz), tones(outside, customerHz))
	if share < 0.85 {
		t.Errorf("the contact heard %.0f %% of the prompt as it was, want 85", 100*share)
	}
	ownerHears(t, "the contact", contact, agentHz, 3*time.Second)
	ownerHears(t, "the agent", outside, customerHz, 3*time.Second)
	ownerHearsNot(t, "the contact", contact, customerHz)
	ownerHearsNot(t, "the agent", outside, agentHz)
}

// keysByInfo has a contact that answers an offer of telephone-event without it,
// sends its keys by INFO, and STUN requests to the port that its audio goes to.
func keysByInfo(t *testing.T) {
	s := newSite(t, translated)
	at := s.phone()
	contact := startLinphone(s, at, setup{number: customer, says: customerHz, info: true}).(*linphone)
	s.copyFiles("../../testdata/interop/flows/*.yaml", "flows")
	server := s.serve(s.config(trunk{targets: []netip.AddrPort{at.sip()}}, 10*time.Second))
	id := server.mustStart("question", map[string]string{"contact_1": customer})
	server.reaches(id, "ask", 30*time.Second)
	contact.press("1937")
	x := server.outcome(id, 40*time.Second)
	if got := x.step(t, "call_contact"); got.Exit != "answered" || got.SIP == nil || got.SIP.Code != 200 {
		t.Errorf("the call left by %s with %+v, want answered with 200", got.Exit, got.SIP)
	}
	if got := x.Variables["digits"]; got != "1937" {
		t.Errorf("digits is %q, want 1937", got)
	}
	if contact.lines(linphoneLog, "Stun packet", "sent on rtp") == 0 {
		t.Error("linphonec sent no STUN request: this test is about those too")
	}
	server.stop()
	s.checkSources(false, true)
}

// publicSource: audio from a public address that is neither the SDP's nor the one
// that SIP comes from is dropped and told, until the trunk says that any is right.
func publicSource(t *testing.T) {
	s := newSite(t, translatedPublic)
	at := s.phone()
	phone := startBaresip(s, at, setup{number: customer, says: customerHz})
	s.copyFiles("../../testdata/interop/flows/*.yaml", "flows")
	to := trunk{targets: []netip.AddrPort{at.sip()}}
	server := s.serve(s.config(to, 10*time.Second))
	unheard := server.outcome(server.mustStart("chirp", map[string]string{"contact_1": customer}), time.Minute)
	server.stop()
	reported := false
	for _, e := range s.histories(unheard.ID)[0].Events {
		reported = reported || e.Kind == record.LegUnheard &&
			strings.Contains(e.Detail, s.outer().address) && strings.Contains(e.Detail, at.address)
	}
	if !reported {
		t.Errorf("no %s names %s and %s", record.LegUnheard, s.outer().address, at.address)
	}
	to.rtpFrom = "any"
	server = s.serve(s.config(to, 10*time.Second))
	id := server.mustStart("question", map[string]string{"contact_1": customer})
	server.reaches(id, "ask", 30*time.Second)
	phone.press("1937")
	if got := server.outcome(id, time.Minute).Variables["digits"]; got != "1937" {
		t.Errorf("with rtp_from any digits is %q, want 1937", got)
	}
	server.stop()
	s.checkSources(false, true)
}
