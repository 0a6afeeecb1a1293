package call_test

import (
	"bytes"
	"net/netip"
	"strings"
	"testing"
	"time"

	"ringflow/flowengine/flowfile"
	"ringflow/flowengine/record"
	"ringflow/internal/call"
	"ringflow/internal/sim"
	"ringflow/media/sdp"
	"ringflow/sip"
)

// carrier6 is a carrier at ::1, and a trunk to it.
func carrier6(t *testing.T, phones map[string]sim.Behaviour) (*sim.Carrier, *call.Trunk) {
	t.Helper()
	c, err := sim.Start(sim.Config{Addr: netip.MustParseAddrPort("[::1]:0"), PortMin: 46000, PortMax: 46999, Phones: phones})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	})
	return c, &call.Trunk{Trunk: sip.Trunk{Name: "carrier6", Targets: []string{c.Addr().String()}}}
}

// connection is the c= line of a description.
func connection(body []byte) string {
	_, rest, _ := strings.Cut(string(body), "\r\nc=")
	line, _, _ := strings.Cut(rest, "\r\n")
	return line
}

// A customer whose trunk is reached over IPv6 and an agent whose trunk is reached over IPv4 hear
// each other: each leg is offered what its trunk is reached over. The customer's is encrypted,
// too.
func TestLegsOfBothIPVersions(t *testing.T) {
	for _, policy := range []sdp.SRTPPolicy{sdp.SRTPOff, sdp.SRTPRequired} {
		contactPhone := sim.Answers(sim.SendDigits("4"), sim.Pause(200*time.Millisecond), sim.Say(customerVoice))
		contactPhone.SRTP = policy
		w := newWorldAt(t, map[string]sim.Behaviour{agent: sim.Answers(sim.Say(agentVoice[:16000]), sim.HangUp())}, true, true)
		six, trunk := carrier6(t, map[string]sim.Behaviour{customer: contactPhone})
		trunk.SRTP, trunk.Destinations = policy, []string{customer}
		w.trunk.Destinations = []string{agent}
		w.account.Trunks = []*call.Trunk{trunk, w.trunk}
		w.sw.SetAccounts([]*call.Account{w.account})
		contact := w.dial(customer)
		if digit, err := contact.Digit(t.Context()); err != nil || digit != '4' {
			t.Errorf("digit %q, %v", digit, err)
		}
		if err := contact.Play(t.Context(), whistled(4)); err != nil {
			t.Error(err)
		}
		if out, err := w.connect(t.Context(), contact); err != nil || out.Exit != flowfile.ExitOK {
			t.Errorf("connected with %+v, %v", out, err)
		}
		contact.HangUp()
		agents := w.ended(1)
		contacts, err := six.Wait(t.Context(), 1)
		if err != nil {
			t.Fatal(err)
		}
		if at := connection(contacts[0].Offer); at != "IN IP6 ::1" {
			t.Errorf("the customer was offered %s", at)
		}
		if at := connection(agents[0].Offer); at != "IN IP4 127.0.0.1" {
			t.Errorf("the agent was offered %s", at)
		}
		if !sim.HasTone(contacts[0].Recording, 300*time.Millisecond, 1000) || !sim.HasTone(contacts[0].Recording, 1500*time.Millisecond, 700) {
			t.Errorf("%s: the customer heard too little of prompt and agent", policy)
		}
		if !sim.HasTone(agents[0].Recording, time.Second, 400) {
			t.Errorf("%s: the agent heard too little of the customer", policy)
		}
	}
}

// A trunk whose first target is reached over IPv4 and whose next one over IPv6, and the other
// way round, is offered each time what the target is reached over.
func TestFailoverToTheOtherIPVersion(t *testing.T) {
	for _, first6 := range []bool{true, false} {
		w := newWorldAt(t, map[string]sim.Behaviour{customer: sim.Answers(sim.Say(customerVoice))}, true, true)
		six, _ := carrier6(t, map[string]sim.Behaviour{customer: sim.Answers(sim.Say(customerVoice))})
		targets := []string{six.Addr().String(), w.carrier.Addr().String()}
		first, second := six, w.carrier
		offered := []string{"IN IP6 ::1", "IN IP4 127.0.0.1"}
		if !first6 {
			first, second = second, first
			targets[0], targets[1] = targets[1], targets[0]
			offered[0], offered[1] = offered[1], offered[0]
		}
		first.SetBehaviour(customer, sim.Behaviour{NoRinging: true, Final: sim.FinalResponse{Code: 503}})
		w.trunk.Targets = targets
		contact := w.dial(customer)
		if err := contact.Play(t.Context(), whistled(4)); err != nil {
			t.Error(err)
		}
		contact.HangUp()
		for i, c := range []*sim.Carrier{first, second} {
			calls, err := c.Wait(t.Context(), 1)
			if err != nil {
				t.Fatal(err)
			}
			if at := connection(calls[0].Offer); at != offered[i] {
				t.Errorf("target %d was offered %s, want %s", i, at, offered[i])
			}
			if i == 1 && !sim.HasTone(calls[0].Recording, 300*time.Millisecond, 1000) {
				t.Error("the phone has not heard the prompt")
			}
		}
	}
}

// What a trunk is offered by its setting, and what becomes of an answer of the other IP version:
// it is taken where audio has both versions, and ends the call in clear words where not.
func TestTrunkOfOneIPVersion(t *testing.T) {
	for name, c := range map[string]struct {
		setting call.IPVersion
		both    bool   // audio has IPv6 too
		answer  string // host of the answer
		offered string
		detail  string // of a call that fails
	}{
		"as SIP":                     {"", true, "::1", "IN IP6 ::1", ""},
		"IPv4 alone":                 {call.IPv4Alone, true, "127.0.0.88", "IN IP4 127.0.0.1", ""},
		"IPv6 alone":                 {call.IPv6Alone, true, "::1", "IN IP6 ::1", ""},
		"an answer of the other":     {"", true, "127.0.0.88", "IN IP6 ::1", ""},
		"IPv4 alone, answered IPv6":  {call.IPv4Alone, true, "::1", "IN IP4 127.0.0.1", "the answer's SDP cannot be used: accept answer: the audio stream has no address of our IP version: ::1 is of IPv6, and ours is of IPv4 alone"},
		"IPv6 alone, answered IPv4":  {call.IPv6Alone, true, "127.0.0.88", "IN IP6 ::1", "127.0.0.88 is of IPv4, and ours is of IPv6 alone"},
		"no IPv6":                    {"", false, "127.0.0.88", "IN IP4 127.0.0.1", ""},
		"no IPv6, and it is wanted":  {call.IPv6Alone, false, "127.0.0.88", "IN IP4 127.0.0.1", ""},
		"no IPv6, and it is the far": {"", false, "::1", "IN IP4 127.0.0.1", "::1 is of IPv6, and ours is of IPv4 alone"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorldAt(t, nil, true, c.both)
			offers := make(chan []byte, 1)
			f := newFarEndAt(w, "::1", c.answer, func(f *farEnd, s *sip.Session) {
				offers <- s.Offer()
				s.Answer(states(c.answer, f.port()))
			})
			w.trunk.AudioIP = c.setting
			contact, out, err := w.sw.Dial(t.Context(), w.dialling(customer))
			offer := <-offers
			if at := connection(offer); at != c.offered || err != nil {
				t.Errorf("offered %s, %v", at, err)
			}
			if c.detail != "" {
				if contact != nil || out.Exit != flowfile.ExitError || !strings.Contains(out.Detail, c.detail) {
					t.Errorf("%+v, want %q", out, c.detail)
				}
				return
			}
			if contact == nil {
				t.Fatalf("not answered: %+v", out)
			}
			if c.answer == "::1" == strings.HasPrefix(c.offered, "IN IP6") { // else it has no socket that reaches us
				f.press(target(t, offer), 7)
				if digit, err := contact.Digit(t.Context()); err != nil || digit != '7' {
					t.Errorf("digit %q, %v", digit, err)
				}
			}
			if err := contact.Play(t.Context(), whistled(1)); err != nil {
				t.Error(err)
			}
			buf := make([]byte, 2000)
			_ = f.rtp.SetReadDeadline(time.Now().Add(5 * time.Second))
			if n, err := f.rtp.Read(buf); err != nil || n != 172 {
				t.Errorf("the far end heard %d bytes, %v", n, err)
			}
			contact.HangUp()
		})
	}
}

// A far end may move to the other IP version by re-INVITE: it is answered in that, under the
// same o= line, and what is offered later is of that version; hold by :: leaves the version.
func TestReinviteToTheOtherIPVersion(t *testing.T) {
	w := newWorldAt(t, nil, true, true)
	f := newFarEndAt(w, "::1", "::1", func(f *farEnd, s *sip.Session) { s.Answer(states("::1", f.port())) })
	contact := w.dial(customer)
	s := <-f.calls
	four := listenAt(t, "127.0.0.88")
	fourPort := four.LocalAddr().(interface{ AddrPort() netip.AddrPort }).AddrPort().Port()
	reoffer := func(offer []byte, want string) {
		t.Helper()
		s.Reoffer(offer)
		code, body := <-f.results, <-f.answers
		if code != 200 || connection(body) != want || !bytes.Contains(body, []byte("IN IP6 ::1\r\ns=-")) {
			t.Errorf("answered %d, want %s:\n%s", code, want, body)
		}
	}
	reoffer(states("::1", f.port()), "IN IP6 ::1")
	reoffer(states("::", f.port()), "IN IP6 ::1")
	reoffer(states("127.0.0.88", fourPort), "IN IP4 127.0.0.1")
	playing := make(chan error, 1)
	go func() { playing <- contact.Play(t.Context(), whistled(2)) }()
	_ = four.SetReadDeadline(time.Now().Add(5 * time.Second))
	if n, err := four.Read(make([]byte, 2000)); err != nil || n != 172 {
		t.Errorf("over IPv4 it heard %d bytes, %v", n, err)
	}
	if err := <-playing; err != nil {
		t.Error(err)
	}
	reoffer(nil, "IN IP4 127.0.0.1")
	reoffer(states("0.0.0.0", fourPort), "IN IP4 127.0.0.1")
	reoffer(states("::ffff:127.0.0.88", fourPort), "IN IP4 127.0.0.1")
	reoffer(states("::1", f.port()), "IN IP6 ::1")
	s.Reoffer(states("fe80::7", f.port()))
	if code, body := <-f.results, <-f.answers; code != 488 {
		t.Errorf("an address of a link is answered %d %s", code, body)
	}
	s.Reoffer(states("::1", f.port())) // the call goes on
	if code, body := <-f.results, <-f.answers; code != 200 || connection(body) != "IN IP6 ::1" {
		t.Errorf("after it answered %d %s", code, body)
	}
	contact.HangUp()
	if e := w.journal.last(record.LegEnded, record.PartyContact); e.Error != "" {
		t.Errorf("the leg ended with %s", e.Error)
	}
}
