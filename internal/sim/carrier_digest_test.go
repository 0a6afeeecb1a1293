package sim_test

import (
	"testing"

	"ringflow/internal/secret"
	"ringflow/internal/sim"
	"ringflow/sip"
)

func TestDigestAuthentication(t *testing.T) {
	tests := []struct {
		name               string
		digest             sim.Digest
		username, password string
		code               int // of the caller's outcome
		invites            int
	}{
		{"right", sim.Digest{}, "acme", "open sesame", 200, 2},
		{"right, by a proxy", sim.Digest{Proxy: true}, "acme", "open sesame", 200, 2},
		{"right, with SHA-256", sim.Digest{Algorithm: "SHA-256"}, "acme", "open sesame", 200, 2},
		{"wrong password", sim.Digest{}, "acme", "barley", 401, 2},
		{"wrong user", sim.Digest{Proxy: true}, "emca", "open sesame", 407, 2},
		{"no credentials", sim.Digest{}, "", "", 401, 1},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			digest := test.digest
			digest.Realm, digest.Username, digest.Password = "carrier.example", "acme", "open sesame"
			c := newCaller(t, sim.Config{Digest: &digest, Phones: map[string]sim.Behaviour{customer: sim.HangsUp(0)}})
			c.trunk.Username, c.trunk.Password = test.username, secret.Secret(test.password)
			out := await[sip.Ended](c.call(customer))
			if out.Code != test.code || out.Answered != (test.code == 200) {
				t.Errorf("it ended with %+v, want %d", out.Outcome, test.code)
			}
			invites := c.carrier.Invites()
			if len(invites) < test.invites {
				t.Fatalf("the carrier saw %d INVITEs, want %d", len(invites), test.invites)
			}
			if invites[0].HasCredentials || (test.username != "" && !invites[1].HasCredentials) {
				t.Errorf("credentials came with the wrong INVITE: %+v", invites)
			}
			if put := len(c.carrier.Calls()); put != map[bool]int{true: 1}[test.code == 200] {
				t.Errorf("%d calls were put through", put)
			}
		})
	}
}
