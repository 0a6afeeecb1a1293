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

// digestSession is the digest authentication of a call. Credentials that were accepted go
// with every further request of the call, with a rising count of their nonce (RFC 7616
// §3.4), until the server wants another nonce. Its methods may be called from any
// goroutine.
type digestSession struct {
	user  string // empty: the trunk has none
	pass  secret.Secret
	realm string // the only one whose challenges are answered; empty: any

	mu          sync.Mutex
	credentials []*digestCredentials // one for each realm that has challenged
}

func newDigestSession(t *Trunk) *digestSession {
	if t == nil {
		return &digestSession{}
	}
	return &digestSession{user: t.authUser(), pass: t.Password, realm: t.Realm}
}

// maxRealms bounds the realms of one call.
const maxRealms = 8

// authorize adds credentials to a request that is complete but for them, and notes
// them in n.
func (d *digestSession) authorize(req *sipmsg.Request, n *digestAttempts) {
	d.mu.Lock()
	defer d.mu.Unlock()
	n.sent = n.sent[:0]
	for _, c := range d.credentials {
		c.count++
		name := "Authorization"
		if c.proxy {
			name = "Proxy-Authorization"
		}
		cnonce := rand.Text()
		req.AppendHeader(sipmsg.NewHeader(name, c.value(string(req.Method), req.Recipient.String(), req.Body(), cnonce)))
		if c.session() {
			cnonce = c.cnonce
		}
		n.sent = append(n.sent, sentCredentials{realm: c.realm, nonce: c.nonce, cnonce: cnonce})
	}
}

// challenged takes the challenges of a 401 or 407 to the request that n counts. Only
// digestRetry changes what the next request carries.
func (d *digestSession) challenged(n *digestAttempts, res *response) digestResult {
	d.mu.Lock()
	defer d.mu.Unlock()
	fresh := slices.DeleteFunc(strongest(challengesOf(res)), func(c challenge) bool { return d.realm != "" && c.name != d.realm })
	d.accept(n, fresh)
	if d.user == "" || len(fresh) == 0 {
		return digestUnsupported
	}
	for _, c := range fresh {
		if result := n.decide(c, d.accepted(n, c)); result != digestRetry {
			return result
		}
	}
	for _, c := range fresh {
		if !d.store(&digestCredentials{challenge: c, user: d.user, pass: d.pass}) {
			return digestUnsupported
		}
		if n.nonceOf(c.realm) != "" {
			n.renewed = append(n.renewed, c.realm)
		}
	}
	return digestRetry
}

// succeeded takes a response that does not challenge the request that n counts: its
// credentials were accepted, and the response may name the next nonce.
func (d *digestSession) succeeded(n *digestAttempts, res *response) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.accept(n, nil)
	for name, proxy := range map[string]bool{"authentication-info": false, "proxy-authentication-info": true} {
		for _, h := range res.GetHeaders(name) {
			d.next(n, proxy, parseAuthenticationInfo(h.Value()))
		}
	}
}

// accept notes that the credentials carried were accepted, but for those of a realm that
// challenges again.
func (d *digestSession) accept(n *digestAttempts, challenges []challenge) {
	for _, sent := range n.sent {
		again := slices.ContainsFunc(challenges, func(c challenge) bool { return c.realm == sent.realm })
		if c := d.credentialsFor(sent.realm); c != nil && c.nonce == sent.nonce && !again {
			c.accepted = true
		}
	}
}

// accepted says whether what n carried for the realm was accepted before: with this
// nonce, or with one that another request of the call has replaced since.
func (d *digestSession) accepted(n *digestAttempts, c challenge) bool {
	old := d.credentialsFor(c.realm)
	return old != nil && (old.accepted || old.nonce != n.nonceOf(c.realm))
}

// store keeps credentials, in place of those for the same realm. A nonce that comes
// again goes on with its count. It reports false if there are too many realms.
func (d *digestSession) store(c *digestCredentials) bool {
	if old := d.credentialsFor(c.realm); old != nil {
		if old.nonce == c.nonce {
			c.count, c.accepted = old.count, old.accepted
		}
		*old = *c
		return true
	}
	if len(d.credentials) >= maxRealms {
		return false
	}
	d.credentials = append(d.credentials, c)
	return true
}

// next takes the nonce that a server wants the next time (RFC 7616 §3.5), for the
// credentials with its cnonce, or else the only ones.
func (d *digestSession) next(n *digestAttempts, proxy bool, info authenticationInfo) {
	of := slices.DeleteFunc(slices.Clone(n.sent), func(c sentCredentials) bool {
		return c.proxy != proxy || info.cnonce != "" && info.cnonce != c.cnonce
	})
	if len(of) != 1 || info.nextnonce == "" {
		return // of several, it is not known which
	}
	// The response to another request may have brought a newer one meanwhile.
	if c := d.credentialsFor(of[0].realm); c != nil && c.nonce == of[0].nonce && c.nonce != info.nextnonce {
		c.nonce, c.count, c.accepted = info.nextnonce, 0, true
	}
}

func (d *digestSession) credentialsFor(r realm) *digestCredentials {
	for _, c := range d.credentials {
		if c.realm == r {
			return c
		}
	}
	return nil
}

// unsupportedError says why no credentials can be sent.
func (d *digestSession) unsupportedError(res *response) error {
	var usable bool
	realmName := ""
	challenges := challengesOf(res)
	for _, c := range challenges {
		usable = usable || c.strength() >= 0
		if realmName == "" && c.scheme == "" && c.name != "" {
			realmName = fmt.Sprintf(" (realm %q)", clipped(c.name))
		}
	}
	switch {
	case d.user == "":
		return fmt.Errorf("asks for credentials%s, and the trunk has no username", realmName)
	case usable && d.realm != "":
		return fmt.Errorf("asks for credentials%s, and the trunk has credentials for the realm %q alone", realmName, d.realm)
	case usable:
		return fmt.Errorf("asks for credentials of more than %d realms", maxRealms)
	case len(challenges) == 0:
		return fmt.Errorf("asks for credentials with a %d that has no challenge", res.code)
	}
	return fmt.Errorf("asks for credentials%s that cannot be given: %s; Digest with %s and qop auth or auth-int can", realmName, unsupportedSchemes(challenges), strings.Join(algorithms, ", "))
}

// refusedError says what is wrong with the challenges that refused credentials; nil if
// nothing is, and the credentials are wrong.
func refusedError(res *response) error {
	if slices.ContainsFunc(challengesOf(res), func(c challenge) bool { return c.scheme == "" && c.name != "" }) {
		return nil
	}
	return errors.New("refused the credentials, and its challenge names no realm, which credentials are made for (RFC 7616 §3.3)")
}
