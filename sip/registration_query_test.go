package sip_test

import (
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	sipmsg "github.com/emiago/sipgo/sip"

	"ringflow/sip"
)

// queries asks a trunk's registrars, and returns where the results will be.
func (b *bench) queries(t *sip.Trunk, limit time.Duration) <-chan []sip.RegistrationQuery {
	results := make(chan []sip.RegistrationQuery, 1)
	go func() { results <- b.agent.QueryRegistration(b.Context(), t, limit) }()
	return results
}

// A query is a REGISTER that has no Contact and no Expires; it is repeated with credentials,
// and tells the bindings.
func TestRegistrationQuery(t *testing.T) {
	inBubble(t, nil, func(b *bench) {
		trunk := registering()
		results := b.queries(trunk, 5*time.Second)
		first := b.peer.request(sipmsg.REGISTER)
		if len(first.GetHeaders("contact"))+len(first.GetHeaders("expires")) != 0 || first.Recipient.String() != "sip:example.com" || first.To().Address.String() != "sip:alice@example.com" {
			t.Errorf("the query is\n%s", first)
		}
		b.peer.answer(first, 401, "Unauthorized", "x", "", challengeField("phone realm", "n1", `, qop="auth"`))
		second := b.peer.request(sipmsg.REGISTER)
		if len(second.GetHeaders("contact")) != 0 || second.CallID().Value() != first.CallID().Value() || second.CSeq().SeqNo != first.CSeq().SeqNo+1 || !strings.Contains(valueOf(second, "authorization"), `username="bob-auth"`) {
			t.Errorf("with credentials it is\n%s", second)
		}
		b.peer.answer(second, 200, "OK", "x", "", "Contact: <sip:alice:hush@192.0.2.7:5060>;expires=30, <sip:alice@192.0.2.8>", "Server: Registrar 1.0")
		got := (<-results)[0]
		if got.Err != nil || got.Code != 200 || got.Refused != nil || !got.Challenged || got.Realm != "phone realm" || got.Hop != peerAddr || got.Addr.String() != peerAddr || got.Transport != sip.UDP || got.Server != "Registrar 1.0" {
			t.Errorf("the result is %+v", got)
		}
		if want := []string{"sip:alice@192.0.2.7:5060", "sip:alice@192.0.2.8"}; !slices.Equal(got.Bindings, want) {
			t.Errorf("the bindings are %q", got.Bindings)
		}
		if aor := trunk.AddressOfRecord(); aor != "sip:alice@example.com" {
			t.Errorf("the address-of-record is %s", aor)
		}
		b.peer.silent(time.Hour)
	})
}

// A refusal is told from other responses, and credentials are not sent twice.
func TestRegistrationQueryRefused(t *testing.T) {
	for name, c := range map[string]struct {
		answers []string // header fields of 401 in turn, or a status
		realm   string   // of the trunk
		code    int
		refused string
	}{
		"wrong password":    {[]string{challengeField("r", "1", ""), challengeField("r", "2", "")}, "", 401, "refused the credentials"},
		"another realm":     {[]string{challengeField("r", "1", "")}, "s", 401, `asks for credentials (realm "r"), and the trunk has credentials for the realm "s" alone`},
		"another algorithm": {[]string{challengeField("r", "1", ", algorithm=AKAv1-MD5")}, "", 401, "that cannot be given: Digest with algorithm AKAv1-MD5"},
		"forbidden":         {[]string{challengeField("r", "1", ""), "403 Forbidden"}, "", 403, ""},
		"not a registrar":   {[]string{"405 Method Not Allowed"}, "", 405, ""},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, nil, func(b *bench) {
				results := b.queries(registering(func(t *sip.Trunk) { t.Realm = c.realm }), 5*time.Second)
				for _, answer := range c.answers {
					req := b.peer.request(sipmsg.REGISTER)
					if strings.HasPrefix(answer, "WWW-") {
						b.peer.answer(req, 401, "Unauthorized", "x", "", answer)
					} else {
						b.peer.answer(req, c.code, answer[4:], "x", "")
					}
				}
				got := (<-results)[0]
				if got.Code != c.code || (got.Refused != nil) != (c.refused != "") || got.Refused != nil && !strings.Contains(got.Refused.Error(), c.refused) {
					t.Errorf("the result is %+v, want %d %q", got, c.code, c.refused)
				}
				b.peer.silent(time.Minute)
			})
		})
	}
}

// A registrar that is silent, and a name that is none, are told one by one.
func TestRegistrationQueryUnanswered(t *testing.T) {
	inBubble(t, nil, func(b *bench) {
		start := time.Now()
		results := b.queries(registering(func(t *sip.Trunk) { t.Register.Registrars = []string{"nobody.invalid", peerAddr} }), 2*time.Second)
		got := <-results
		if took := time.Since(start); len(got) != 2 || took > 6*time.Second {
			t.Fatalf("%d results after %v", len(got), took)
		}
		if got[0].Err == nil || got[0].Addr.IsValid() || got[0].Hop != "nobody.invalid" || got[1].Err == nil || !got[1].Addr.IsValid() {
			t.Errorf("the results are %+v", got)
		}
	})
}

// A query beside a registration leaves that alone, and goes through the outbound proxy.
func TestRegistrationQueryBesideARegistration(t *testing.T) {
	inBubble(t, nil, func(b *bench) {
		trunk := registering(func(t *sip.Trunk) {
			t.OutboundProxies, t.Targets = []string{peerAddr}, []string{"registrar.example.com"}
		})
		registered := b.register(trunk)
		b.grants(registered, 600)
		results := b.queries(trunk, 5*time.Second)
		req := b.peer.request(sipmsg.REGISTER)
		if valueOf(req, "route") != "<sip:"+peerAddr+";lr>" || req.CallID().Value() == registered.CallID().Value() {
			t.Errorf("the query is\n%s", req)
		}
		b.peer.answer(req, 503, "Service Unavailable", "x", "")
		if got := (<-results)[0]; got.Code != 503 || got.Err != nil {
			t.Errorf("the result is %+v", got)
		}
		synctest.Wait()
		b.stands(trunk, sip.PhaseRegistered, "200 OK")
	})
}

// Credentials that one address has refused go to no other one, of the name or of another
// registrar; a challenge that they were not sent for has the next one asked.
func TestRegistrationQuerySendsRefusedCredentialsOnce(t *testing.T) {
	challenge := func(nonce string) string { return challengeField("r", nonce, "") }
	for name, c := range map[string]struct {
		answers []string // header fields of 401 in turn, or a status
		realm   string   // of the trunk
		asked   int
	}{
		"refused":       {[]string{challenge("1"), challenge("2")}, "", 1},
		"forbidden":     {[]string{challenge("1"), "403 Forbidden"}, "", 1},
		"another realm": {[]string{challenge("1")}, "s", 3},
		"unavailable":   {[]string{challenge("1"), "503 Service Unavailable"}, "", 3},
		"not served":    {[]string{"403 Forbidden"}, "", 3},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(cfg *sip.Config) { cfg.Resolver = twoAddresses{} }, func(b *bench) {
				second := newPeer(t, b.net.listen(nextAddr))
				results := b.queries(registering(func(t *sip.Trunk) {
					t.Realm, t.Register.Registrars = c.realm, []string{"sip.example.com", peerAddr}
				}), 5*time.Second)
				for _, answer := range c.answers {
					req := b.peer.request(sipmsg.REGISTER)
					if code, reason, is := strings.Cut(answer, " "); is && len(code) == 3 {
						n, _ := strconv.Atoi(code)
						b.peer.answer(req, n, reason, "x", "")
					} else {
						b.peer.answer(req, 401, "Unauthorized", "x", "", answer)
					}
				}
				if c.asked > 1 {
					second.answer(second.request(sipmsg.REGISTER), 200, "OK", "x", "")
					b.peer.answer(b.peer.request(sipmsg.REGISTER), 200, "OK", "x", "")
				}
				if got := <-results; len(got) != c.asked {
					t.Errorf("%d results: %+v", len(got), got)
				}
				second.silent(time.Minute)
				b.peer.silent(time.Minute)
			})
		})
	}
}
