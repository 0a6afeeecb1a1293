package sip

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"
)

var (
	registrationPhaseNames  = [regPhases]string{"registering", "waiting", "registered", "refreshing", "lapsing", "unregistering", "ended"}
	registrationInputNames  = [regInputs]string{"due", "bound", "unbound", "again", "next", "unavailable", "refused", "expired", "stop", "handed_over"}
	registrationActionNames = [regEnd + 1]string{"nothing", "register", "repeat", "try_next", "bind", "back_off", "unregister", "end"}
)

// TestRegistrationPhases compares every phase × every input with
// testdata/sip/registration.txt, which is the table as a reader wants it, and holds that the
// order of the table means nothing.
func TestRegistrationPhases(t *testing.T) {
	var b strings.Builder
	for p := range regPhases {
		for in := range regInputs {
			to, do := p.next(in)
			if to != p || do != regNothing {
				fmt.Fprintf(&b, "%-13s %-11s → %-13s %s\n", registrationPhaseNames[p], registrationInputNames[in], registrationPhaseNames[to], registrationActionNames[do])
			}
		}
	}
	const golden = "../testdata/sip/registration.txt"
	if *update {
		if err := os.WriteFile(golden, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if b.String() != string(want) {
		t.Errorf("the table differs from %s; run the test with -update and read the difference:\n%s", golden, b.String())
	}
	seen := map[string]bool{}
	for _, row := range registrationTransitions {
		for _, p := range row.from {
			for _, in := range row.by {
				pair := registrationPhaseNames[p] + " by " + registrationInputNames[in]
				if seen[pair] {
					t.Errorf("%s has two rows", pair)
				}
				seen[pair] = true
			}
		}
	}
}

// From every phase a stop leads to the end, whatever comes, and nothing leads out of it.
func TestRegistrationEnds(t *testing.T) {
	for p := range regPhases {
		stopped, _ := p.next(regStop)
		if stopped != regUnregistering && stopped != regEnded {
			t.Errorf("%s is %s after a stop", registrationPhaseNames[p], registrationPhaseNames[stopped])
		}
		if out, _ := p.next(regHandedOver); out != regEnded {
			t.Errorf("%s is %s after it was handed over", registrationPhaseNames[p], registrationPhaseNames[out])
		}
	}
	for _, in := range []registrationInput{regBound, regUnbound, regNext, regUnavailable, regRefused} {
		if to, _ := regUnregistering.next(in); to != regEnded {
			t.Errorf("unregistering is %s by %s", registrationPhaseNames[to], registrationInputNames[in])
		}
	}
	for in := range regInputs {
		if to, do := regEnded.next(in); to != regEnded || do != regNothing {
			t.Errorf("ended is %s by %s", registrationPhaseNames[to], registrationInputNames[in])
		}
	}
}

// The delays stay between their bounds however many failures there are.
func TestRegistrationDelays(t *testing.T) {
	for failures := 1; failures < 100; failures++ {
		for _, b := range []backOff{backOffUnavailable, backOffRefused} {
			if d := b.after(failures); d < b.base/2 || d > b.most {
				t.Errorf("%v after %d failures", d, failures)
			}
		}
	}
	for _, granted := range []time.Duration{0, 1, time.Second, time.Minute, 1 << 32 * time.Second} {
		if d := refreshAfter(granted); d < minRefresh || d > maxRefresh {
			t.Errorf("%v is refreshed after %v", granted, d)
		}
	}
	for _, c := range []struct{ interval, flowTimer, least, most time.Duration }{
		{0, 0, 0, 0}, {25, 0, 20, 25}, {0, 120, 96, 120}, {25, 120, 20, 25}, {120, 25, 20, 25},
	} {
		if d := keepAliveAfter(c.interval*time.Second, c.flowTimer*time.Second); d < c.least*time.Second || d > c.most*time.Second {
			t.Errorf("%+v: %v", c, d)
		}
	}
}
