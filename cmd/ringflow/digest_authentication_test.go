package main_test

import (
	"crypto/md5"
	"encoding/hex"
	"fmt"
	"regexp"
	"strings"
	"sync"
	"testing"

	"ringflow/internal/sim"
	"ringflow/sip"
)

// digestPassword is what the scenarios know as the trunk's password.
const digestPassword = "s3cret"

// digestScenarios is how far ends ask for a password, and what they may say to it.
func digestScenarios() []scenario {
	credentials := trunk{username: "ringflow", password: digestPassword}
	return []scenario{
		{file: "challenges-401-expects-credentials", trunk: credentials, flow: "hangup", exit: "answered", sip: 200},
		{file: "challenges-407-expects-credentials", trunk: credentials, flow: "hangup", exit: "answered", sip: 200, then: proven("INVITE")},
		{file: "challenges-again-with-a-fresh-nonce", trunk: credentials, flow: "hangup", exit: "answered", sip: 200, then: proven("INVITE")},
		{file: "challenges-bye-407-expects-credentials", trunk: credentials, flow: "hangup", exit: "answered", sip: 200, then: proven("INVITE", "BYE")},
		{file: "challenges-prack-407-expects-credentials", trunk: credentials, flow: "hangup", exit: "answered", sip: 200, then: proven("PRACK", "PRACK")},
		{file: "calls-bye-stale-expects-it-again", trunk: credentials, flow: "hangup", exit: "answered", sip: 200, then: proven("INVITE", "BYE", "BYE", "BYE", "BYE", "BYE")},
		{file: "refuses-credentials-403", trunk: credentials, flow: "hangup", exit: "error", sip: 403, status: "failed", detail: "answered 403 Forbidden to the INVITE with credentials. Carriers mean by it: "},
		{file: "refuses-all-credentials-407", trunk: credentials, flow: "hangup", exit: "error", sip: 407, status: "failed", detail: "refused the credentials"},
		{file: "challenges-a-trunk-without-password", flow: "hangup", exit: "error", sip: 401, status: "failed", detail: "asks for credentials (realm "},
	}
}

// proven expects one logged set of credentials for each method, in this order,
// each made with the password (RFC 2617 section 3.2.2).
func proven(methods ...string) func(*testing.T, execution, *farEnd) {
	return func(t *testing.T, _ execution, f *farEnd) {
		log := f.log()
		if len(log) != len(methods) {
			t.Fatalf("%d sets of credentials, want %d:\n%s", len(log), len(methods), strings.Join(log, "\n"))
		}
		for i, method := range methods {
			got, credentials, _ := strings.Cut(log[i], " ")
			if got != method {
				t.Errorf("credentials %d are for %s, want %s", i+1, got, method)
			}
			c := parameters(credentials)
			want := digest(digest("ringflow:"+c["realm"]+":"+digestPassword) + ":" + c["nonce"] + ":" + c["nc"] + ":" + c["cnonce"] + ":" + c["qop"] + ":" + digest(method+":"+c["uri"]))
			if c["response"] != want || c["qop"] != "auth" {
				t.Errorf("the %s does not prove the password: %s", method, credentials)
			}
		}
	}
}

// challenging has a simulated carrier ask every INVITE for the credentials of a user, as
// a proxy does.
func challenging(username, password string, c sim.Config) sim.Config {
	const realm, nonce = "sip.example.com", "2f1c0a"
	var proven sync.Map // by Call-ID: the latest INVITE proves the password
	c.Trace = func(t sip.Trace) {
		m := regexp.MustCompile(`(?s)^INVITE (\S+) .*\r\nProxy-Authorization: ([^\r]*)\r\n`).FindSubmatch(t.Raw)
		if m == nil {
			return
		}
		p := parameters(string(m[2]))
		want := digest(digest(username+":"+realm+":"+password) + ":" + nonce + ":" + p["nc"] + ":" + p["cnonce"] + ":auth:" + digest("INVITE:"+string(m[1])))
		proven.Store(t.CallID, p["username"] == username && p["response"] == want)
	}
	c.Screen = func(callID string) sim.FinalResponse {
		if yes, _ := proven.Load(callID); yes == true {
			return sim.FinalResponse{}
		}
		challenge := sip.Header{Name: "Proxy-Authenticate", Value: fmt.Sprintf(`Digest realm="%s", nonce="%s", algorithm=MD5, qop="auth"`, realm, nonce)}
		return sim.FinalResponse{Code: 407, Reason: "Proxy Authentication Required", Headers: []sip.Header{challenge}}
	}
	return c
}

var parameter = regexp.MustCompile(`(\w+)=(?:"([^"]*)"|([^\s,]+))`)

func parameters(credentials string) map[string]string {
	out := map[string]string{}
	for _, p := range parameter.FindAllStringSubmatch(credentials, -1) {
		out[p[1]] = p[2] + p[3]
	}
	return out
}

func digest(s string) string {
	sum := md5.Sum([]byte(s))
	return hex.EncodeToString(sum[:])
}
