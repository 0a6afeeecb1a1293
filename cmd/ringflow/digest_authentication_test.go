package main_test

import (
	"crypto/md5"
	"encoding/hex"
	"fmt"
	"regexp"
	"strings"
	"testing"

	sipmsg "github.com/emiago/sipgo/sip"

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

// challenges has a simulated carrier ask every INVITE for the credentials of a user, as
// a proxy does.
func challenges(username, password string) func(*sipmsg.Request) sim.FinalResponse {
	const realm, nonce = "sip.example.com", "2f1c0a"
	return func(r *sipmsg.Request) sim.FinalResponse {
		if h := r.GetHeader("Proxy-Authorization"); h != nil {
			c := parameters(h.Value())
			want := digest(digest(username+":"+realm+":"+password) + ":" + nonce + ":" + c["nc"] + ":" + c["cnonce"] + ":auth:" + digest("INVITE:"+r.Recipient.String()))
			if c["username"] == username && c["response"] == want {
				return sim.FinalResponse{}
			}
		}
		challenge := sip.Header{Name: "Proxy-Authenticate", Value: fmt.Sprintf(`Digest realm="%s", nonce="%s", algorithm=MD5, qop="auth"`, realm, nonce)}
		return sim.FinalResponse{Code: 407, Reason: "Proxy Authentication Required", Headers: []sip.Header{challenge}}
	}
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
