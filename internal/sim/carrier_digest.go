package sim

import (
	"crypto/rand"
	"crypto/subtle"
	"strings"

	sipmsg "github.com/emiago/sipgo/sip"
	"github.com/icholy/digest"

	"ringflow/sip"
)

// Digest are the credentials that a carrier asks for (RFC 3261 §22, RFC 8760). The digest
// uri must equal the Request-URI.
type Digest struct {
	Realm, Username, Password string
	// Algorithm is MD5 (empty), SHA-256 or SHA-512-256.
	Algorithm string
	// Proxy asks with 407 and Proxy-Authenticate instead of 401.
	Proxy bool
}

// credentials are those of an INVITE.
type credentials struct {
	digest.Credentials
	requestURI string
	proxy      bool // in Proxy-Authorization
}

// readCredentials returns nil if the INVITE has none that can be parsed.
func readCredentials(r *sipmsg.Request) *credentials {
	for _, name := range []string{"Authorization", "Proxy-Authorization"} {
		h := r.GetHeader(name)
		if h == nil {
			continue
		}
		if c, err := digest.ParseCredentials(h.Value()); err == nil {
			return &credentials{*c, r.Recipient.String(), name != "Authorization"}
		}
	}
	return nil
}

// authenticator checks a Digest; all challenges of one carrier have the same nonce.
type authenticator struct {
	Digest
	nonce string
}

func newAuthenticator(l *Digest) *authenticator {
	if l == nil {
		return nil
	}
	return &authenticator{*l, rand.Text()}
}

// accepts reports whether the credentials are right; a nil authenticator accepts all.
func (l *authenticator) accepts(c *credentials) bool {
	if l == nil {
		return true
	}
	if c == nil || c.Username != l.Username || c.Nonce != l.nonce || c.URI != c.requestURI || c.proxy != l.Proxy {
		return false
	}
	want, err := digest.Digest(l.challenge(), digest.Options{
		Method: "INVITE", URI: c.URI, Count: c.Nc, Cnonce: c.Cnonce,
		Username: l.Username, Password: l.Password,
	})
	return err == nil && subtle.ConstantTimeCompare([]byte(want.Response), []byte(strings.ToLower(c.Response))) == 1
}

func (l *authenticator) challenge() *digest.Challenge {
	algorithm := l.Algorithm
	if algorithm == "" {
		algorithm = "MD5"
	}
	return &digest.Challenge{Realm: l.Realm, Nonce: l.nonce, Algorithm: algorithm, QOP: []string{"auth"}}
}

// challengeCaller responds with a challenge.
func (l *authenticator) challengeCaller(s *sip.Session) {
	if l.Proxy {
		s.Reject(407, "Proxy Authentication Required", sip.Header{Name: "Proxy-Authenticate", Value: l.challenge().String()})
		return
	}
	s.Reject(401, "Unauthorized", sip.Header{Name: "WWW-Authenticate", Value: l.challenge().String()})
}
