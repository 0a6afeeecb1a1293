package sip

import (
	"crypto/md5"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/hex"
	"fmt"
	"strings"

	"ringflow/internal/secret"
)

// digestCredentials answers the challenges of one realm.
type digestCredentials struct {
	challenge
	user     string
	pass     secret.Secret
	count    int  // how often the nonce has been used
	accepted bool // credentials with the nonce were accepted once
	// prime and cnonce are those that the key of a session algorithm is made of: they
	// stay from one challenge to the next (RFC 7616 §3.4.2).
	prime, cnonce string
}

// value is the credentials for a request. uri is its Request-URI, to the letter:
// servers compare. cnonce is fresh; a session algorithm stays with its first.
func (a *digestCredentials) value(method, uri string, body []byte, cnonce string) string {
	h := a.digest
	ha1 := h(a.user + ":" + a.realm.name + ":" + string(a.pass))
	if a.session() {
		if a.cnonce == "" {
			a.prime, a.cnonce = a.nonce, cnonce
		}
		cnonce = a.cnonce
		ha1 = h(ha1 + ":" + a.prime + ":" + cnonce)
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
		quote(a.user), quote(a.realm.name), quote(a.nonce), quote(uri), quote(h(proof+h(ha2))))
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
func (a *digestCredentials) digest(s string) string {
	h := md5.New()
	switch a.hash() {
	case "SHA-256":
		h = sha256.New()
	case "SHA-512-256":
		h = sha512.New512_256()
	}
	h.Write([]byte(s))
	return hex.EncodeToString(h.Sum(nil))
}
