package sip

import (
	"crypto/md5"
	"crypto/rand"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"

	sipmsg "github.com/emiago/sipgo/sip"
)

// login is how a session proves who it is. A nonce that was accepted is used
// again, with a rising count, also for requests inside the call (RFC 7616 §3.4).
// Owned by run.
type login struct{ answers []*answer }

// answer answers one challenge: of the proxy or of the server itself, for one
// realm.
type answer struct {
	challenge
	proxy bool
	user  string
	pass  Secret
	count int // how often the nonce has been used
}

const (
	// loginsMost is how often an INVITE is sent with credentials: the second time
	// is for a nonce that has gone stale.
	loginsMost = 2
	realmsMost = 4
)

// challenged takes the challenges of a 401 or 407. It reports whether the request
// is worth sending again: the trunk has credentials, and one of the challenges is
// new to us.
func (s *Session) challenged(res *sipmsg.Response) bool {
	if s.outbound == nil || res.StatusCode != 401 && res.StatusCode != 407 {
		return false
	}
	trunk := s.outbound.Trunk
	user := trunk.authUser()
	if user == "" {
		return false
	}
	fresh := false
	for _, kind := range challengeFields {
		for _, c := range strongest(challengesOf(res, kind.name)) {
			fresh = s.login.learn(&answer{challenge: c, proxy: kind.proxy, user: user, pass: trunk.Password}) || fresh
		}
	}
	return fresh
}

// challengeFields are the header fields that challenge, and who does so.
var challengeFields = []struct {
	name  string
	proxy bool
}{{"www-authenticate", false}, {"proxy-authenticate", true}}

func challengesOf(res *sipmsg.Response, field string) (cs []challenge) {
	for _, h := range res.GetHeaders(field) {
		cs = append(cs, parseChallenges(h.Value())...)
	}
	return cs
}

// noLogin says that a refused login was none: the trunk has no user name. Otherwise
// it is nil, and the credentials were refused.
func (s *Session) noLogin(res *sipmsg.Response) error {
	if s.outbound.Trunk.authUser() != "" {
		return nil
	}
	for _, kind := range challengeFields {
		for _, c := range challengesOf(res, kind.name) {
			if c.realm != "" {
				return fmt.Errorf("asks for a login (realm %q), and the trunk has no username", clipped(c.realm))
			}
		}
	}
	return errors.New("asks for a login, and the trunk has no username")
}

// learn keeps a challenge, in place of the one for the same realm. It reports
// false if credentials for that one have been refused, or if there are too many.
// A nonce that was good for an earlier request may have run out, and stale=true
// says so. Any other second challenge is a refusal, and the same password is not
// sent again (RFC 7616 §3.3, RFC 3261 §22.2): carriers lock accounts that go on
// trying.
func (l *login) learn(a *answer) bool {
	for i, old := range l.answers {
		if old.realm == a.realm && old.proxy == a.proxy {
			l.answers[i] = a
			return old.count == 0 || old.nonce != a.nonce && (a.stale || old.count > 1)
		}
	}
	if len(l.answers) >= realmsMost {
		return false
	}
	l.answers = append(l.answers, a)
	return true
}

// authorize adds credentials to a request that is complete but for them.
func (l *login) authorize(req *sipmsg.Request) {
	for _, a := range l.answers {
		a.count++
		name := "Authorization"
		if a.proxy {
			name = "Proxy-Authorization"
		}
		req.AppendHeader(sipmsg.NewHeader(name, a.value(string(req.Method), req.Recipient.String(), req.Body(), rand.Text())))
	}
}

// value is the credentials for a request. uri is its Request-URI, to the letter:
// servers compare.
func (a *answer) value(method, uri string, body []byte, cnonce string) string {
	h := a.digest
	ha1 := h(a.user + ":" + a.realm + ":" + string(a.pass))
	if a.session() {
		ha1 = h(ha1 + ":" + a.nonce + ":" + cnonce)
	}
	ha2, qop := method+":"+uri, a.qop()
	if qop == "auth-int" {
		ha2 += ":" + h(string(body))
	}
	count := fmt.Sprintf("%08x", a.count)
	proof := ha1 + ":" + a.nonce + ":"
	if qop != "" {
		proof += count + ":" + cnonce + ":" + qop + ":"
	}
	var b strings.Builder
	fmt.Fprintf(&b, "Digest username=%s, realm=%s, nonce=%s, uri=%s, response=%s",
		quote(a.user), quote(a.realm), quote(a.nonce), quote(uri), quote(h(proof+h(ha2))))
	if a.algorithm != "" {
		b.WriteString(", algorithm=" + a.algorithm)
	}
	if a.opaque != "" {
		b.WriteString(", opaque=" + quote(a.opaque))
	}
	if qop != "" {
		fmt.Fprintf(&b, ", qop=%s, nc=%s, cnonce=%s", qop, count, quote(cnonce))
	} else if a.session() {
		b.WriteString(", cnonce=" + quote(cnonce))
	}
	return b.String()
}

// digest is the hash that the challenge names, in hex.
func (a *answer) digest(s string) string {
	switch a.hash() {
	case "SHA-256":
		sum := sha256.Sum256([]byte(s))
		return hex.EncodeToString(sum[:])
	case "SHA-512-256":
		sum := sha512.Sum512_256([]byte(s))
		return hex.EncodeToString(sum[:])
	}
	sum := md5.Sum([]byte(s))
	return hex.EncodeToString(sum[:])
}
