package sip

import (
	"strconv"
	"strings"
	"testing"
	"time"

	sipmsg "github.com/emiago/sipgo/sip"
)

func TestDigestAttempts(t *testing.T) {
	const wrong = "another"
	for _, c := range []struct {
		name            string
		sentNonce       string // the nonce of the request's credentials for the realm, empty: none
		accepted, stale bool
		nonce           string
		renewals        int
		want            digestResult
	}{
		{"first challenge", "", false, false, "n", 0, digestRetry},
		{"first challenge that calls itself stale", "", false, true, "n", 0, digestRetry},
		{"the same nonce again", "n", false, false, "n", 0, digestRefused},
		{"another nonce", "n", false, false, "m", 0, digestRefused},
		{"another nonce after a stale one", "n", false, false, "m", 1, digestRefused},
		{"stale", "n", false, true, "m", 0, digestRetry},
		{"stale, with the same nonce", "n", false, true, "n", 0, digestRetry},
		{"stale for the last time", "n", false, true, "m", maxRenewals - 1, digestRetry},
		{"stale too often", "n", false, true, "m", maxRenewals, digestStale},
		{"stale too often, and accepted before", "n", true, true, "m", maxRenewals, digestStale},
		{"a nonce that was good has run out", "n", true, false, "m", 0, digestRetry},
		{"a nonce that was good is asked for again", "n", true, false, "n", 0, digestRetry},
		{"and again", "n", true, false, "n", 1, digestRefused},
		{"nonces that were good run out each time", "n", true, false, "m", maxRenewals, digestStale},
	} {
		for _, proxy := range []bool{false, true} {
			r := realm{"r", proxy}
			n := digestAttempts{sent: []sentCredentials{{realm: realm{"r", !proxy}, nonce: "x"}, {realm: realm{wrong, proxy}, nonce: "y"}}}
			if c.sentNonce != "" {
				n.sent = append(n.sent, sentCredentials{realm: r, nonce: c.sentNonce})
			}
			for range maxRenewals { // those of other realms do not count
				n.renewed = append(n.renewed, realm{"r", !proxy}, realm{wrong, proxy})
			}
			for range c.renewals {
				n.renewed = append(n.renewed, r)
			}
			if got := n.decide(challenge{realm: r, nonce: c.nonce, stale: c.stale}, c.accepted); got != c.want {
				t.Errorf("%s (proxy %v): %d, want %d", c.name, proxy, got, c.want)
			}
		}
	}
}

func TestParseAuthenticationInfo(t *testing.T) {
	for value, want := range map[string]authenticationInfo{
		`nextnonce="n,\"2"`: {nextnonce: `n,"2`},
		`qop=auth, rspauth="x", cnonce="c" ,nc=00000001,NextNonce=n2`: {"n2", "c"},
		``:                          {},
		`nextnonce`:                 {},
		`rspauth="nextnonce=\"x\""`: {},
	} {
		if got := parseAuthenticationInfo(value); got != want {
			t.Errorf("%s: %+v, want %+v", value, got, want)
		}
	}
}

// However a far end challenges, a request is sent again a bounded number of times,
// each time with one set of credentials for each realm that has asked.
func FuzzChallengesAreBounded(f *testing.F) {
	f.Add(`Digest realm="r", nonce="%d", stale=true`, `Digest realm="p%d", nonce="n"`)
	f.Add(`Digest realm="%d", nonce="%d", qop="auth", stale=true, Digest realm="r", nonce="%d"`, ``)
	f.Add(`Digest nonce=%d`, `Digest realm="", nonce="", algorithm=MD5-sess`)
	f.Fuzz(func(t *testing.T, server, proxy string) {
		if hasControl(server + proxy) {
			return
		}
		l, n := &digestSession{user: "u", pass: "secret"}, &digestAttempts{}
		for sent := 1; ; sent++ {
			req := sipmsg.NewRequest(sipmsg.BYE, sipmsg.Uri{Scheme: "sip", Host: "h"})
			l.authorize(req, n)
			if got := len(req.GetHeaders("authorization")) + len(req.GetHeaders("proxy-authorization")); got != len(l.credentials) || got > maxRealms {
				t.Fatalf("%d credentials for %d realms", got, len(l.credentials))
			}
			res := sipmsg.NewResponse(401, "Login")
			count := strconv.Itoa(sent)
			res.AppendHeader(sipmsg.NewHeader("WWW-Authenticate", strings.ReplaceAll(server, "%d", count)))
			res.AppendHeader(sipmsg.NewHeader("Proxy-Authenticate", strings.ReplaceAll(proxy, "%d", count)))
			if l.challenged(n, readResponse(res, hop{}, time.Time{})) != digestRetry {
				return
			}
			if sent > maxRealms*(1+maxRenewals) {
				t.Fatalf("sent %d times", sent)
			}
		}
	})
}
