package sim_test

import (
	"crypto/rand"
	"sync"
	"testing"

	sipmsg "github.com/emiago/sipgo/sip"
	"github.com/icholy/digest"

	"ringflow/internal/secret"
	"ringflow/internal/sim"
	"ringflow/sip"
)

// challenger asks every INVITE for the credentials of a user (RFC 3261 §22, RFC 8760), whose
// digest uri must equal the Request-URI.
type challenger struct {
	digest.Challenge
	proxy bool // by 407 instead of 401

	mu      sync.Mutex // guards the fields below
	invites []*sipmsg.Request
}

func (c *challenger) trace(t sip.Trace) {
	if message, err := sipmsg.ParseMessage(t.Raw); err == nil && t.Method == "INVITE" && t.Code == 0 {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.invites = append(c.invites, message.(*sipmsg.Request))
	}
}

func (c *challenger) screen(string) sim.FinalResponse {
	refusal, from := sim.FinalResponse{Code: 401, Reason: "Unauthorized", Headers: []sip.Header{{Name: "WWW-Authenticate", Value: c.String()}}}, "Authorization"
	if c.proxy {
		refusal, from = sim.FinalResponse{Code: 407, Reason: "Proxy Authentication Required", Headers: []sip.Header{{Name: "Proxy-Authenticate", Value: c.String()}}}, "Proxy-Authorization"
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	r := c.invites[len(c.invites)-1] // of the only call
	h := r.GetHeader(from)
	if h == nil {
		return refusal
	}
	got, err := digest.ParseCredentials(h.Value())
	if err != nil || got.Username != "acme" || got.Nonce != c.Nonce || got.URI != r.Recipient.String() {
		return refusal
	}
	want, err := digest.Digest(&c.Challenge, digest.Options{
		Method: "INVITE", URI: got.URI, Count: got.Nc, Cnonce: got.Cnonce, Username: "acme", Password: "open sesame",
	})
	if err != nil || got.Response != want.Response {
		return refusal
	}
	return sim.FinalResponse{}
}

func TestDigestAuthentication(t *testing.T) {
	tests := []struct {
		name               string
		algorithm          string
		proxy              bool
		username, password string
		code               int // of the caller's outcome
		invites            int
	}{
		{"right", "MD5", false, "acme", "open sesame", 200, 2},
		{"right, by a proxy", "MD5", true, "acme", "open sesame", 200, 2},
		{"right, with SHA-256", "SHA-256", false, "acme", "open sesame", 200, 2},
		{"wrong password", "MD5", false, "acme", "barley", 401, 2},
		{"wrong user", "MD5", true, "emca", "open sesame", 407, 2},
		{"no credentials", "MD5", false, "", "", 401, 1},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			asks := &challenger{Challenge: digest.Challenge{Realm: "carrier.example", Nonce: rand.Text(), Algorithm: test.algorithm, QOP: []string{"auth"}}, proxy: test.proxy}
			c := newCaller(t, sim.Config{Trace: asks.trace, Screen: asks.screen, Phones: map[string]sim.Behaviour{customer: sim.HangsUp(0)}})
			c.trunk.Username, c.trunk.Password = test.username, secret.Secret(test.password)
			out := await[sip.Ended](c.call(customer))
			if out.Code != test.code || out.Answered != (test.code == 200) {
				t.Errorf("it ended with %+v, want %d", out.Outcome, test.code)
			}
			if err := c.carrier.Close(); err != nil {
				t.Errorf("close: %v", err)
			}
			var with []bool
			for _, r := range asks.invites {
				with = append(with, r.GetHeader("Authorization") != nil || r.GetHeader("Proxy-Authorization") != nil)
			}
			if len(with) < test.invites {
				t.Fatalf("the carrier saw %d INVITEs, want %d", len(with), test.invites)
			}
			if with[0] || test.username != "" && !with[len(with)-1] {
				t.Errorf("credentials came with the wrong INVITE: %v", with)
			}
			if put := len(c.carrier.Calls()); put != map[bool]int{true: 1}[test.code == 200] {
				t.Errorf("%d calls were put through", put)
			}
		})
	}
}
