package sip

import (
	"crypto/rand"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	sipmsg "github.com/emiago/sipgo/sip"

	"ringflow/internal/secret"
)

// digestSession is how a call proves who it is. Credentials that were accepted go with every
// further request of the call, with a rising count of their nonce (RFC 7616 §3.4),
// until the server wants another nonce. Its methods may be called from any goroutine.
type digestSession struct {
	user string // empty: the trunk has none
	pass secret.Secret

	mu          sync.Mutex
	credentials []*digestCredentials // one for each realm that has asked
}

func newDigestSession(t *Trunk) *digestSession {
	if t == nil {
		return &digestSession{}
	}
	return &digestSession{user: t.authUser(), pass: t.Password}
}

// maxRealms bounds the realms that one call logs in to.
const maxRealms = 8

// authorize adds credentials to a request that is complete but for them, and notes
// them in n.
func (l *digestSession) authorize(req *sipmsg.Request, n *digestAttempts) {
	l.mu.Lock()
	defer l.mu.Unlock()
	n.carried = n.carried[:0]
	for _, a := range l.credentials {
		a.count++
		name := "Authorization"
		if a.proxy {
			name = "Proxy-Authorization"
		}
		cnonce := rand.Text()
		req.AppendHeader(sipmsg.NewHeader(name, a.value(string(req.Method), req.Recipient.String(), req.Body(), cnonce)))
		if a.session() {
			cnonce = a.cnonce
		}
		n.carried = append(n.carried, sentCredentials{realm: realm{a.realm, a.proxy}, nonce: a.nonce, cnonce: cnonce})
	}
}

// challenged takes the challenges of a 401 or 407 to the request that n counts, and
// says what they come to. Only digestRetry changes what the next request carries.
func (l *digestSession) challenged(n *digestAttempts, res *response) digestResult {
	l.mu.Lock()
	defer l.mu.Unlock()
	var fresh []*digestCredentials
	for _, kind := range challengeFields {
		for _, c := range strongest(challengesOf(res, kind.name)) {
			fresh = append(fresh, &digestCredentials{challenge: c, proxy: kind.proxy, user: l.user, pass: l.pass})
		}
	}
	l.accept(n, fresh)
	if l.user == "" || len(fresh) == 0 {
		return digestUnsupported
	}
	for _, a := range fresh {
		if r := n.decide(a.challenge, a.proxy, l.accepted(n, a)); r != digestRetry {
			return r
		}
	}
	for _, a := range fresh {
		if !l.store(a) {
			return digestUnsupported
		}
		n.renew(realm{a.realm, a.proxy})
	}
	return digestRetry
}

// succeeded takes a response that does not challenge the request that n counts: what
// it carried was accepted, and may be told the nonce to use next.
func (l *digestSession) succeeded(n *digestAttempts, res *response) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.accept(n, nil)
	for _, kind := range infoFields {
		for _, h := range res.GetHeaders(kind.name) {
			l.next(n, kind.proxy, parseAuthenticationInfo(h.Value()))
		}
	}
}

// accept notes that the credentials carried were good, but for those challenged again.
func (l *digestSession) accept(n *digestAttempts, challenged []*digestCredentials) {
	for _, c := range n.carried {
		again := slices.ContainsFunc(challenged, func(a *digestCredentials) bool { return c.realm == realm{a.realm, a.proxy} })
		if a := l.credentialsFor(c.realm); a != nil && a.nonce == c.nonce && !again {
			a.accepted = true
		}
	}
}

// accepted says whether what n carried for the realm of a was good before: with this
// nonce, or with one that another request of the call has replaced since.
func (l *digestSession) accepted(n *digestAttempts, a *digestCredentials) bool {
	r := realm{a.realm, a.proxy}
	old := l.credentialsFor(r)
	return old != nil && (old.accepted || old.nonce != n.nonceOf(r))
}

// store keeps an answer, in place of the one for the same realm. A nonce that is
// given again goes on with its count. It reports false if there are too many realms.
func (l *digestSession) store(a *digestCredentials) bool {
	for i, old := range l.credentials {
		if old.realm == a.realm && old.proxy == a.proxy {
			if old.nonce == a.nonce {
				a.count, a.accepted = old.count, old.accepted
			}
			l.credentials[i] = a
			return true
		}
	}
	if len(l.credentials) >= maxRealms {
		return false
	}
	l.credentials = append(l.credentials, a)
	return true
}

// next takes the nonce that a server wants the next time (RFC 7616 §3.5), for the
// credentials that it speaks of: those with its cnonce, or else the only ones.
func (l *digestSession) next(n *digestAttempts, proxy bool, info authenticationInfo) {
	var of *sentCredentials
	for i, c := range n.carried {
		switch {
		case c.proxy != proxy:
		case info.cnonce != "" && info.cnonce == c.cnonce:
			of = &n.carried[i]
		case info.cnonce == "" && of == nil:
			of = &n.carried[i]
		case info.cnonce == "":
			return // one of several: nobody knows which
		}
	}
	if of == nil || info.nextnonce == "" {
		return
	}
	// Another request may have been given a newer one meanwhile.
	if a := l.credentialsFor(of.realm); a != nil && a.nonce == of.nonce && a.nonce != info.nextnonce {
		a.nonce, a.count, a.accepted = info.nextnonce, 0, true
	}
}

func (l *digestSession) credentialsFor(r realm) *digestCredentials {
	for _, a := range l.credentials {
		if r == (realm{a.realm, a.proxy}) {
			return a
		}
	}
	return nil
}

// unsupportedError says why a login that was asked for cannot be given.
func (l *digestSession) unsupportedError(res *response) error {
	var usable bool
	realmName := ""
	for _, kind := range challengeFields {
		for _, c := range challengesOf(res, kind.name) {
			usable = usable || c.strength() >= 0
			if realmName == "" && c.realm != "" {
				realmName = fmt.Sprintf(" (realm %q)", clipped(c.realm))
			}
		}
	}
	kinds := unsupportedSchemes(res)
	switch {
	case l.user == "":
		return fmt.Errorf("asks for a login%s, and the trunk has no username", realmName)
	case usable:
		return fmt.Errorf("asks for logins to more than %d realms", maxRealms)
	case kinds == "":
		return fmt.Errorf("asks for a login with a %d that has no challenge", res.code)
	}
	return fmt.Errorf("asks for a login%s that cannot be given: %s; Digest with %s and qop auth or auth-int can", realmName, kinds, strings.Join(algorithms, ", "))
}

// refusedError says what is wrong with the challenges that refused a login; nil if
// nothing is, and the credentials are wrong.
func refusedError(res *response) error {
	for _, kind := range challengeFields {
		for _, c := range challengesOf(res, kind.name) {
			if c.realm != "" {
				return nil
			}
		}
	}
	return errors.New("refused the login, and its challenge names no realm, which credentials are made for (RFC 7616 §3.3)")
}
