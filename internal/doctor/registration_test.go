package doctor_test

import (
	"context"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"ringflow/internal/doctor"
	"ringflow/internal/sim"
)

// bindings is a registrar that takes alice's credentials, whatever they are, and has a
// Contact for her.
func bindings(seen *atomic.Value, fields ...string) func(head []string) string {
	return func(head []string) string {
		if headerOf(head, "Contact") != "" {
			seen.Store(headerOf(head, "Contact"))
		}
		if headerOf(head, "Authorization") == "" {
			return response(head, "401 Unauthorized", ";received=198.51.100.7;rport=41000", `WWW-Authenticate: Digest realm="pbx", nonce="1", qop="auth"`)
		}
		return response(head, "200 OK", ";received=198.51.100.7;rport=41000", fields...)
	}
}

// The credentials of a trunk that registers are proved without a call, and without a change of
// what is registered. Where an address translator stands between, Contact follows it by itself.
func TestRegistrationIsTried(t *testing.T) {
	var contact atomic.Value // that was sent
	s, o := registering(bindings(&contact, "Contact: <sip:alice@192.0.2.7:5060>;expires=30", "Server: Box 1.0"))(t)
	lines, faults := run(t, s, o)
	text := strings.Join(lines, "\n")
	for _, want := range []string{
		`takes the credentials of sip:alice@127.0.0.1 (realm "pbx"): REGISTER is answered 200 OK over udp after `, ", Box 1.0; registered there now: sip:alice@192.0.2.7:5060",
		"ok trunk carrier: an address translator stands between: Contact has 198.51.100.7:41000, as the registrar sees it",
		"warning rtp.advertise: trunk carrier sees this machine at 198.51.100.7, and is told 127.0.0.1 for audio", "write rtp.advertise: 198.51.100.7 and forward UDP ",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("there is no %q in\n%s", want, text)
		}
	}
	if faults != 0 || contact.Load() != nil || strings.Contains(text, "were not tried") {
		t.Errorf("%d faults, a Contact %v was sent\n%s", faults, contact.Load(), text)
	}
}

// A server that has registered the trunk is named by its binding; a registrar that asks for no
// credentials is said to take none.
func TestRegistrationWithoutCredentials(t *testing.T) {
	s, o := registering(func(head []string) string { return response(head, "200 OK", ";rport") })(t)
	lines, faults := run(t, s, o)
	if text := strings.Join(lines, "\n"); faults != 0 || !strings.Contains(text, "takes REGISTER for sip:alice@127.0.0.1 without credentials: REGISTER is answered 200 OK") || !strings.Contains(text, "nothing is registered there now") {
		t.Errorf("%d faults\n%s", faults, text)
	}
}

// Registrars of their own do not stand for the targets of calls, which are asked by OPTIONS.
func TestRegistrarsAndTargetsAreBothTried(t *testing.T) {
	s, o := registering(func(head []string) string { return response(head, "200 OK", ";rport") })(t)
	s.trunk = strings.Replace(s.trunk, "}", fmt.Sprintf(", registrars: [%q]}", plain(t)), 1)
	lines, faults := run(t, s, o)
	if text := strings.Join(lines, "\n"); faults != 0 || strings.Count(text, "ok trunk carrier: ") != 2 || !strings.Contains(text, "REGISTER is answered 200 OK over udp after ") || !strings.Contains(text, "ok trunk carrier: 127.0.0.1:") {
		t.Errorf("%d faults\n%s", faults, text)
	}
}

// A call over a trunk that registers is placed over a binding, which is removed behind it, also
// when the doctor is interrupted.
func TestCallOverARegistration(t *testing.T) {
	for name, interrupted := range map[string]bool{"to its end": false, "interrupted": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ctx, interrupt := context.WithCancel(t.Context())
			defer interrupt()
			var bound, lost, removed atomic.Bool
			far := startCarrier(t, sim.Config{Phones: map[string]sim.Behaviour{echo: sim.Answers(sim.Pause(time.Minute))}})
			s, o := registering(func(head []string) string {
				contact := headerOf(head, "Contact")
				switch {
				case headerOf(head, "Expires") == "":
					return response(head, "200 OK", ";rport")
				case headerOf(head, "Expires") == "0" && !lost.Swap(true):
					return "" // so that it is sent again, half a second later
				case headerOf(head, "Expires") == "0":
					removed.Store(true)
					return response(head, "200 OK", ";rport")
				}
				bound.Store(true)
				if interrupted {
					interrupt()
				}
				return response(head, "200 OK", ";rport", "Contact: "+contact)
			})(t)
			registrar := strings.Split(s.trunk, `"`)[1]
			s.trunk = strings.Replace(strings.Replace(s.trunk, registrar, far, 1), "}", fmt.Sprintf(", registrars: [%q]}", registrar), 1)
			o.Call = echo
			lines, faults := runUntil(ctx, t, s, o)
			if text := strings.Join(lines, "\n"); !interrupted && (faults != 0 || !strings.Contains(text, echo+" answered, audio goes both ways")) || !bound.Load() || !removed.Load() {
				t.Errorf("%d faults, bound %t, removed %t\n%s", faults, bound.Load(), removed.Load(), text)
			}
		})
	}
}

// Beside a server that is registered, no second binding is made, and a refusal of the call is no
// fault. Beside one that is not, the call has a registration.
func TestCallBesideARunningServer(t *testing.T) {
	for name, c := range map[string]struct {
		beside func(*testing.T, settings) settings
		binds  bool
		says   []string
	}{
		"that is registered": {func(t *testing.T, s settings) settings {
			return besideServer(t, s, `ringflow_trunk_registered{trunk="other"} 0`, `ringflow_trunk_registered{trunk="carrier"} 1`)
		}, false, []string{"ok trunk carrier: the running server is registered: the call goes without a registration, from port ", "warning trunk carrier: the call from " + own + " to " + echo + " failed: ", "403 Register first", "It had no registration"}},
		"that is not registered": {func(t *testing.T, s settings) settings {
			return besideServer(t, s, `ringflow_trunk_registered{trunk="carrier"} 0`)
		}, true, []string{"ok trunk carrier: the running server is not registered now", "was answered 404"}},
		"that has no such trunk": {func(t *testing.T, s settings) settings { return besideServer(t, s) }, true, []string{"ok trunk carrier: the running server does not register the trunk", "was answered 404"}},
		"that does not answer": {func(t *testing.T, s settings) settings {
			s.sip = fmt.Sprintf("{listen: %q}", holdInChild(t, "127.0.0.1:0"))
			return s
		}, false, []string{"a server with the same account may have sip.listen (doctor.test (process ", "It had no registration"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var bound atomic.Int32 // bindings that live, -100 if there was none
			bound.Store(-100)
			s := good(trunk(t, func(method string, head []string) string {
				switch expires := headerOf(head, "Expires"); {
				case method == "REGISTER" && expires == "":
					return response(head, "200 OK", ";rport")
				case method == "REGISTER" && expires == "0":
					bound.Add(-1)
					return response(head, "200 OK", ";rport")
				case method == "REGISTER":
					bound.Store(1)
					return response(head, "200 OK", ";rport", "Contact: "+headerOf(head, "Contact"))
				case method == "INVITE" && bound.Load() != 1:
					return response(head, "403 Register first", ";rport")
				case method == "INVITE":
					return response(head, "404 Not Found", ";rport")
				}
				return response(head, "200 OK", ";rport")
			}))
			s.trunk = strings.Replace(s.trunk, "}", ", username: alice, password: secret-password, register: true}", 1)
			lines, _ := run(t, c.beside(t, s), calling())
			text := strings.Join(lines, "\n")
			for _, want := range c.says {
				if !strings.Contains(text, want) {
					t.Errorf("there is no %q", want)
				}
			}
			if after := bound.Load(); c.binds != (after == 0) || !c.binds && after != -100 || strings.Contains(text, "FAULT trunk") || t.Failed() {
				t.Errorf("%d bindings live\n%s", after, text)
			}
		})
	}
}

// A short number of the carrier's own is called as it stands.
func TestServiceNumbers(t *testing.T) {
	for _, number := range []string{"4443", "*43"} {
		t.Run(number, func(t *testing.T) {
			t.Parallel()
			s, o := good(startCarrier(t, sim.Config{Phones: map[string]sim.Behaviour{number: sim.Answers(sim.Pause(time.Minute))}})), calling()
			s.trunk = strings.Replace(s.trunk, "}", ", called_number: \"00\", destinations: [CA]}", 1)
			o.Call = number
			lines, faults := run(t, s, o)
			if text := strings.Join(lines, "\n"); faults != 0 || !strings.Contains(text, number+" answered, audio goes both ways") {
				t.Errorf("%d faults\n%s", faults, text)
			}
		})
	}
}

// --for says which trunk a call takes, which come behind it, and why others do not take it.
func TestChoiceOfTrunk(t *testing.T) {
	one, two, three := plain(t), plain(t), plain(t)
	s := good(one)
	s.trunk = fmt.Sprintf(`{name: world, targets: [%q], priority: 2}, {name: near, targets: [%q], destinations: [US]}, {name: german, targets: [%q], destinations: [DE]}`, one, two, three)
	o := quick
	o.For = echo
	lines, faults := run(t, s, o)
	want := "ok choice of trunk: a call from " + own + " to " + echo + " goes over trunk near (" + echo + " matches country US); if it cannot, over world (it takes every call); not over german (" + echo + " matches none of DE)"
	if text := strings.Join(lines, "\n"); faults != 0 || !strings.Contains(text, want) {
		t.Errorf("%d faults\n%s\nwant %s", faults, text, want)
	}
	for _, c := range []struct {
		change func(*doctor.Options)
		says   string
	}{
		{func(o *doctor.Options) { o.For = "+4930123456" }, "FAULT choice of trunk: a call from " + own + " to +4930123456 cannot be placed: "},
		{func(o *doctor.Options) { o.From = "+12025550199" }, "+12025550199 is not a number of account acme"},
		{func(o *doctor.Options) { o.Account = "nobody" }, ""},
	} {
		o := quick
		o.For = echo
		c.change(&o)
		lines, _ := run(t, s, o)
		if text := strings.Join(lines, "\n"); !strings.Contains(text, c.says) || c.says == "" && strings.Contains(text, "trunk near") {
			t.Errorf("%s\nwant %s", text, c.says)
		}
	}
}
