package sip

import (
	"crypto/rand"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	sipmsg "github.com/emiago/sipgo/sip"
)

// login is how a call proves who it is. Credentials that were accepted go with every
// further request of the call, with a rising count of their nonce (RFC 7616 §3.4),
// until the server wants another nonce. Its methods may be called from any goroutine.
type login struct {
	user string // empty: the trunk has none
	pass Secret

	mu      sync.Mutex
	answers []*answer // one for each realm that has asked
}

func newLogin(t *Trunk) *login {
	if t == nil {
		return &login{}
	}
	return &login{user: t.authUser(), pass: t.Password}
}

// realmsMost bounds the realms that one call logs in to.
const realmsMost = 8

// authorize adds credentials to a request that is complete but for them, and notes
// them in n.
func (l *login) authorize(req *sipmsg.Request, n *authentication) {
	l.mu.Lock()
	defer l.mu.Unlock()
	n.carried = n.carried[:0]
	for _, a := range l.answers {
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
		n.carried = append(n.carried, credential{realm: realm{a.realm, a.proxy}, nonce: a.nonce, cnonce: cnonce})
	}
}

// challenged takes the challenges of a 401 or 407 to the request that n counts, and
// says what they come to. Only loginAgain changes what the next request carries.
func (l *login) challenged(n *authentication, res *sipmsg.Response) loginResult {
	l.mu.Lock()
	defer l.mu.Unlock()
	var fresh []*answer
	for _, kind := range challengeFields {
		for _, c := range strongest(challengesOf(res, kind.name)) {
			fresh = append(fresh, &answer{challenge: c, proxy: kind.proxy, user: l.user, pass: l.pass})
		}
	}
	l.accept(n, fresh)
	if l.user == "" || len(fresh) == 0 {
		return loginImpossible
	}
	for _, a := range fresh {
		if r := n.judge(a.challenge, a.proxy, l.accepted(n, a)); r != loginAgain {
			return r
		}
	}
	for _, a := range fresh {
		if !l.learn(a) {
			return loginImpossible
		}
		n.renew(realm{a.realm, a.proxy})
	}
	return loginAgain
}

// succeeded takes a response that does not challenge the request that n counts: what
// it carried was accepted, and may be told the nonce to use next.
func (l *login) succeeded(n *authentication, res *sipmsg.Response) {
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
func (l *login) accept(n *authentication, challenged []*answer) {
	for _, c := range n.carried {
		again := slices.ContainsFunc(challenged, func(a *answer) bool { return c.realm == realm{a.realm, a.proxy} })
		if a := l.answer(c.realm); a != nil && a.nonce == c.nonce && !again {
			a.accepted = true
		}
	}
}

// accepted says whether what n carried for the realm of a was good before: with this
// nonce, or with one that another request of the call has replaced since.
func (l *login) accepted(n *authentication, a *answer) bool {
	r := realm{a.realm, a.proxy}
	old := l.answer(r)
	return old != nil && (old.accepted || old.nonce != n.nonceOf(r))
}

// learn keeps an answer, in place of the one for the same realm. A nonce that is
// given again goes on with its count. It reports false if there are too many realms.
func (l *login) learn(a *answer) bool {
	for i, old := range l.answers {
		if old.realm == a.realm && old.proxy == a.proxy {
			if old.nonce == a.nonce {
				a.count, a.accepted = old.count, old.accepted
			}
			l.answers[i] = a
			return true
		}
	}
	if len(l.answers) >= realmsMost {
		return false
	}
	l.answers = append(l.answers, a)
	return true
}

// next takes the nonce that a server wants the next time (RFC 7616 §3.5), for the
// credentials that it speaks of: those with its cnonce, or else the only ones.
func (l *login) next(n *authentication, proxy bool, info authenticationInfo) {
	var of *credential
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
	if a := l.answer(of.realm); a != nil && a.nonce == of.nonce && a.nonce != info.nextnonce {
		a.nonce, a.count, a.accepted = info.nextnonce, 0, true
	}
}

func (l *login) answer(r realm) *answer {
	for _, a := range l.answers {
		if r == (realm{a.realm, a.proxy}) {
			return a
		}
	}
	return nil
}

// impossible says why a login that was asked for cannot be given.
func (l *login) impossible(res *sipmsg.Response) error {
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
	kinds := asks(res)
	switch {
	case l.user == "":
		return fmt.Errorf("asks for a login%s, and the trunk has no username", realmName)
	case usable:
		return fmt.Errorf("asks for logins to more than %d realms", realmsMost)
	case kinds == "":
		return fmt.Errorf("asks for a login with a %d that has no challenge", res.StatusCode)
	}
	return fmt.Errorf("asks for a login%s that cannot be given: %s; Digest with %s and qop auth or auth-int can", realmName, kinds, strings.Join(algorithms, ", "))
}

// refusedLogin says what is wrong with the challenges that refused a login; nil if
// nothing is, and the credentials are wrong.
func refusedLogin(res *sipmsg.Response) error {
	for _, kind := range challengeFields {
		for _, c := range challengesOf(res, kind.name) {
			if c.realm != "" {
				return nil
			}
		}
	}
	return errors.New("refused the login, and its challenge names no realm, which credentials are made for (RFC 7616 §3.3)")
}
