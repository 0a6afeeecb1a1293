package main_test

import (
	"regexp"
	"slices"
	"strings"
	"testing"
)

// identities are trunks whose INVITEs say who calls as a preset wants it, and one that
// hides the caller: to the contact from the account's number, to the agent from the
// contact's.
func identities() (out []scenario) {
	for _, c := range []struct{ is, keys, toContact, toAgent string }{
		{"sipgate", "preset: sipgate\nregister: false\nusername: 1234567t0\npassword: x",
			"INVITE sip:+12025550143@carrier.example From: <sip:1234567t0@carrier.example> PAI: PPI: <sip:12025550100@carrier.example> RPID: Diversion: Privacy: Contact: sip:1234567t0@us",
			"INVITE sip:+12025550188@carrier.example From: <sip:1234567t0@carrier.example> PAI: PPI: <sip:12025550143@carrier.example> RPID: Diversion: <sip:12025550100@carrier.example>;reason=unconditional;counter=1;privacy=off Privacy: Contact: sip:1234567t0@us"},
		{"VoIP.ms", "preset: voipms\nregister: false\nusername: '123456'\npassword: x",
			"INVITE sip:2025550143@carrier.example From: <sip:123456@carrier.example> PAI: PPI: RPID: <sip:+12025550100@carrier.example>;party=calling;screen=yes;privacy=off Diversion: Privacy: Contact: sip:123456@us",
			"INVITE sip:2025550188@carrier.example From: <sip:123456@carrier.example> PAI: PPI: RPID: <sip:+12025550143@carrier.example>;party=calling;screen=no;privacy=off Diversion: Privacy: Contact: sip:123456@us"},
		{"Flowroute", "preset: flowroute\ntech_prefix: 12345678*",
			"INVITE sip:12345678*+12025550143@carrier.example From: <sip:+12025550100@carrier.example> PAI: <tel:+12025550100> PPI: RPID: Diversion: Privacy: Contact: sip:+12025550100@us",
			"INVITE sip:12345678*+12025550188@carrier.example From: <sip:+12025550143@carrier.example> PAI: <tel:+12025550143> PPI: RPID: Diversion: Privacy: Contact: sip:+12025550143@us"},
		{"anonymous", "from: anonymous",
			`INVITE sip:+12025550143@carrier.example From: "Anonymous" <sip:anonymous@anonymous.invalid> PAI: <tel:+12025550100> PPI: RPID: Diversion: Privacy: id Contact: sip:anonymous@us`,
			`INVITE sip:+12025550188@carrier.example From: "Anonymous" <sip:anonymous@anonymous.invalid> PAI: <tel:+12025550100> PPI: RPID: Diversion: Privacy: id Contact: sip:anonymous@us`},
	} {
		out = append(out, scenario{
			file: "agent-refuses-and-who-calls-is-logged", is: c.is, performance: performance{calls: 2, code: 486, reason: "Busy Here"},
			flow: "join", step: "agent", exit: "busy", sip: 486, trunk: trunk{keys: c.keys + "\ndomain: carrier.example"},
			then: func(t *testing.T, _ execution, f *farEnd) {
				var got []string
				for _, line := range f.log() {
					line = ourAddress.ReplaceAllString(line, "us")
					got = append(got, strings.Join(strings.Fields(line), " "))
				}
				if want := []string{c.toContact, c.toAgent}; !slices.Equal(got, want) {
					t.Errorf("the INVITEs say\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
				}
			},
		})
	}
	return append(out, scenario{
		file: "refuses-and-says-why", is: "verification of the number", flow: "hangup", exit: "busy", sip: 603,
		performance: performance{code: 603, reason: "Decline", args: []string{
			"-key", "first", "P-Asserted-Identity: <sip:+12025550143@example.com;verstat=TN-Validation-Passed>", "-key", "second", "X-Plivo-Stir-Verification: Verified"}},
		then: func(t *testing.T, x execution, _ *farEnd) {
			const want = "P-Asserted-Identity: TN-Validation-Passed | X-Plivo-Stir-Verification: Verified"
			if got := x.step(t, "call_contact").SIP.Verstat; got != want {
				t.Errorf("the step says %q of the verification, want %q", got, want)
			}
		},
	})
}

var ourAddress = regexp.MustCompile(`127\.[0-9.]+:[0-9]+`)
