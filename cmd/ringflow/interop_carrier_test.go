//go:build interop

package main_test

import (
	"net/netip"
	"testing"
	"time"
)

// unplugged is the number of a phone that has registered and is gone since.
const unplugged = "+12025550150"

// carrier is the trunk that Kamailio is.
func (s *site) carrier(password string) trunk {
	return trunk{targets: []netip.AddrPort{s.outer().sip()}, username: "ringflow", password: password}
}

// TestInteropCarrier has Kamailio as the carrier in front of the phones.
func TestInteropCarrier(t *testing.T) {
	together(t, 2, []outsider{
		{"phones-talk", phonesOfCarrierTalk},
		{"calls-that-nobody-answers", phoneOutcomes},
		{"wrong-password", carrierRefusesPassword},
		{"rings-reliably", reliableProvisionals},
	})
}

// phonesOfCarrierTalk is a survey through the carrier. Its nonces live for two
// seconds, so that every request in a dialog is challenged anew; the contact
// holds the call and takes it back.
func phonesOfCarrierTalk(t *testing.T) {
	s := newSite(t, translated)
	k := s.startKamailio(nonces{"2", "0"})
	contactAt, agentAt := s.phone(), s.phone()
	contact := startBaresip(s, contactAt, setup{number: customer, says: customerHz, registers: true})
	outside := startLinphone(s, agentAt, setup{number: agent, says: agentHz, registers: true})
	s.copyFiles("../../testdata/interop/flows/*.yaml", "flows")
	server := s.serve(s.config(s.carrier(digestPassword), 10*time.Second))
	id := server.mustStart("survey", map[string]string{"contact_1": customer, "contact_2": agent})
	server.reaches(id, "ask", 30*time.Second)
	contact.press("1937")
	server.reaches(id, "agent", 30*time.Second)
	s.speak(2, 4*time.Second)
	contact.hold()
	k.passes(1, "ACK from "+contactAt.address)
	contact.resume()
	k.passes(2, "ACK from "+contactAt.address)
	s.speak(2, 3*time.Second)
	outside.hangUp()
	checkSurvey(t, server.outcome(id, 20*time.Second))
	heard := contact.heard()
	checkPhones(t, heard, outside.heard())
	ownerHears(t, "the contact, after it took the call back,", heard[max(0, len(heard)-3*rate):], agentHz, 2*time.Second)
	if k.challenged("BYE", expired) == 0 {
		t.Error("Kamailio found no nonce of a BYE expired: this test is about that")
	}
	for _, want := range []string{"ACK from " + s.addr.String(), "BYE from " + s.addr.String(),
		"BYE from " + agentAt.address, "INVITE from " + contactAt.address} {
		if k.passed(want) == 0 {
			t.Errorf("Kamailio passed on no %s", want)
		}
	}
	k.hasNoLoop(s)
	s.checkSources(false, true)
	server.stop()
}

// phoneOutcomes has the carrier and its phones say no.
func phoneOutcomes(t *testing.T) {
	s := newSite(t, translated)
	k := s.startKamailio(nonces{"2", "0"})
	startLinphone(s, s.phone(), setup{number: customer, registers: true, silent: true, reliable: true})
	startBaresip(s, s.phone(), setup{number: unplugged, registers: true}).unplug()
	server := s.serve(s.config(s.carrier(digestPassword), 10*time.Second))
	for _, c := range []struct {
		name, to, exit string
		code           int
	}{
		{"nobody-has-registered-the-number", unassigned, "invalid_number", 404},
		{"rings-until-cancelled", customer, "no_answer", 487},
		{"phone-is-unplugged", unplugged, "no_answer", 408},
	} {
		t.Run(c.name, func(t *testing.T) {
			x := server.outcome(server.mustStart("hangup", map[string]string{"contact_1": c.to}), time.Minute)
			if got := x.step(t, "call_contact"); got.Exit != c.exit || got.SIP == nil || got.SIP.Code != c.code {
				t.Errorf("the step left by %s with %+v, want %s with %d", got.Exit, got.SIP, c.exit, c.code)
			}
		})
	}
	server.stop()
	if n := k.passed("PRACK from " + s.addr.String()); n != 1 {
		t.Errorf("Kamailio passed on %d requests PRACK to the phone that rings reliably, want 1", n)
	}
	k.hasNoLoop(s)
}

// carrierRefusesPassword: a login that the carrier refuses is an error, and not
// the number's fault.
func carrierRefusesPassword(t *testing.T) {
	s := newSite(t, translated)
	k := s.startKamailio(nonces{"60", "0"})
	server := s.serve(s.config(s.carrier("guessed"), 10*time.Second))
	x := server.outcome(server.mustStart("hangup", map[string]string{"contact_1": customer}), 30*time.Second)
	if got := x.step(t, "call_contact"); got.Exit != "error" || got.SIP == nil || got.SIP.Code != 407 {
		t.Errorf("the step left by %s with %+v, want error with 407", got.Exit, got.SIP)
	}
	if n := k.challenged("INVITE", ""); n != 2 {
		t.Errorf("the carrier was asked %d times, want 2: once without a login, once with the wrong one", n)
	}
	server.stop()
}

// reliableProvisionals has a phone that wants its 180 acknowledged and whose Contact is
// a GRUU of the carrier's, and a carrier that takes each nonce once.
func reliableProvisionals(t *testing.T) {
	s := newSite(t, translated)
	k := s.startKamailio(nonces{"60", "1"})
	contact := startLinphone(s, s.phone(), setup{number: customer, says: customerHz, registers: true, reliable: true})
	s.copyFiles("../../testdata/interop/flows/*.yaml", "flows")
	server := s.serve(s.config(s.carrier(digestPassword), 10*time.Second))
	id := server.mustStart("question", map[string]string{"contact_1": customer})
	server.reaches(id, "ask", 30*time.Second)
	contact.press("1937")
	if got := server.outcome(id, time.Minute).Variables["digits"]; got != "1937" {
		t.Errorf("digits is %q, want 1937", got)
	}
	server.stop()
	// Kamailio never challenges a PRACK, whatever its configuration wants.
	if n := k.challenged("BYE", reused); n != 1 {
		t.Errorf("Kamailio found the nonce of %d requests BYE used before, want 1", n)
	}
	for _, method := range []string{"PRACK", "ACK", "BYE"} {
		if n := k.passed(method + " from " + s.addr.String()); n != 1 {
			t.Errorf("Kamailio passed on %d requests %s, want 1", n, method)
		}
	}
	k.hasNoLoop(s)
}
