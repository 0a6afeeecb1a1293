//go:build interop

package main_test

import (
	"net/netip"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// nowhere is an address that no request comes from: an endpoint that is matched by it alone is
// found by the user of From, as an extension is.
const nowhere = "192.0.2.255"

// TestInteropExtension is the first evening with an extension of an Asterisk behind a NAT: doctor
// proves the way, the preset places the calls, and without it the step says what to write.
func TestInteropExtension(t *testing.T) {
	h := newHome(t, time.Minute)
	at := h.host()
	a := h.startAsterisk(pbx{at: at, from: nowhere, endpoint: symmetric, aor: []string{"minimum_expiration = 60"}})
	tr := trunk{targets: []netip.AddrPort{netip.AddrPortFrom(netip.MustParseAddr(at.address), asteriskPort)}, username: "ringflow", password: digestPassword}

	tr.keys = "register: true"
	config := h.config(tr, 10*time.Second)
	server := h.serve(config)
	server.boundAs(firstPublic)
	x := server.outcome(server.mustStart("hangup", map[string]string{"contact_1": customer}), time.Minute)
	if s := x.step(t, "call_contact"); s.Exit != "error" || s.SIP.Code != 401 || !strings.Contains(s.Detail, "the far end may look for the account by the user of From, as Asterisk does, which has the calling number: then write from: username") {
		t.Errorf("with a number in From the step is %+v", s)
	}
	server.stop()

	tr.keys = "preset: asterisk-extension"
	config = h.config(tr, 10*time.Second)
	doctor := h.doctor(config, "--call", customer)
	for _, want := range []string{
		`takes the credentials of sip:ringflow@` + at.address + ` (realm "asterisk"): REGISTER is answered 200 OK over udp after `, "nothing is registered there now",
		"an address translator stands between: Contact has " + firstPublic, "warning  rtp.advertise: ", customer + " answered, audio goes both ways",
	} {
		if !strings.Contains(doctor, want) {
			t.Errorf("doctor does not say %q:\n%s", want, doctor)
		}
	}
	if shown := a.ask("pjsip show contacts"); strings.Contains(doctor, "FAULT") || !strings.Contains(shown, "No objects found") {
		t.Errorf("behind doctor Asterisk has contacts:\n%s\n%s", shown, doctor)
	}
	server = h.serve(config)
	server.boundAs(firstPublic)
	x = server.outcome(server.mustStart("installation-help", map[string]string{"contact_1": customer, "contact_2": agent}), time.Minute)
	if s := x.step(t, "agent"); x.Status != "finished" || s.Exit != "ok" {
		t.Errorf("the execution is %s, the agent's step left by %s (%s)", x.Status, s.Exit, s.Detail)
	}
	checkRecordings(t, a, 0.95)
	server.stop()
}

// doctor is what `ringflow doctor` prints in the world.
func (w *world) doctor(config string, flags ...string) string {
	w.t.Helper()
	cmd := exec.Command(program, append([]string{"doctor", "--config", config}, flags...)...)
	var out []byte
	w.enter(func() { out, _ = cmd.CombinedOutput() }) // a fault is among what it prints
	return string(out)
}
