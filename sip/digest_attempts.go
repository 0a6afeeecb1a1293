package sip

import "strings"

// sentCredentials is what a request carried for one realm.
type sentCredentials struct {
	realm
	nonce, cnonce string
}

// digestAttempts is what the challenges to one request have come to, over all the
// times that it was sent (RFC 3261 §22.2). Each realm is counted by itself: two
// proxies in a row challenge once each. The zero value is for a request not sent yet.
type digestAttempts struct {
	sent    []sentCredentials // by the request as it was sent last
	renewed []realm           // one for each time that credentials were made again
}

// digestResult is what the challenges of a response come to.
type digestResult uint8

const (
	digestRetry       digestResult = iota // there are credentials that have not been tried
	digestRefused                         // those that were tried are wrong
	digestStale                           // those that were tried are right, and no nonce lasts
	digestUnsupported                     // there are no credentials, or none for the challenges
)

// maxRenewals is how often the credentials of a realm are made anew for one request.
const maxRenewals = 8

// decide says what a challenge means to the request as it was sent last. accepted says
// that its credentials for that realm have been accepted before.
//
// A second challenge is a refusal, and the same password is not sent again
// (RFC 3261 §22.2): carriers lock accounts that go on trying. Two kinds are none:
// stale=true says that only the nonce is refused (RFC 7616 §3.3), and a nonce that was
// accepted and is no more has run out, whether the server says so or not.
func (d *digestAttempts) decide(c challenge, accepted bool) digestResult {
	nonce, renewals := d.nonceOf(c.realm), 0
	for _, r := range d.renewed {
		if r == c.realm {
			renewals++
		}
	}
	switch {
	case nonce == "":
		return digestRetry
	case !c.stale && !accepted, !c.stale && c.nonce == nonce && renewals > 0:
		return digestRefused
	case renewals >= maxRenewals:
		return digestStale
	}
	return digestRetry
}

// nonceOf is the nonce of the credentials carried for a realm, empty if there were
// none.
func (d *digestAttempts) nonceOf(r realm) string {
	for _, c := range d.sent {
		if c.realm == r {
			return c.nonce
		}
	}
	return ""
}

// authenticationInfo is what an Authentication-Info header field says (RFC 7616 §3.5,
// RFC 7615).
type authenticationInfo struct{ nextnonce, cnonce string }

func parseAuthenticationInfo(value string) (info authenticationInfo) {
	for _, item := range splitList(value, ',') {
		name, v, _ := strings.Cut(item, "=")
		switch v = unquote(strings.TrimSpace(v)); strings.ToLower(strings.TrimSpace(name)) {
		case "nextnonce":
			info.nextnonce = v
		case "cnonce":
			info.cnonce = v
		}
	}
	return info
}
