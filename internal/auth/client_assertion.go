package auth

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v4/jwt"
)

// assertionType is the only client_assertion_type (RFC 7523 §2.2).
const assertionType = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"

// Bounds of an assertion.
const (
	maxAssertion     = 8 << 10 // bytes
	maxAssertionLife = 10 * time.Minute
	clockSkew        = 60 * time.Second
	maxAssertionID   = 256 // bytes
)

// byAssertion authenticates a client by a JWT that it signed (RFC 7523 §3).
// The assertion id is spent last, so that a refused assertion can be corrected and sent
// again.
func (i *Issuer) byAssertion(ctx context.Context, r Request) (Client, error) {
	if r.AssertionType != assertionType {
		return Client{}, refuse(InvalidRequest, "client_assertion_type must be "+assertionType)
	}
	if len(r.Assertion) > maxAssertion {
		return Client{}, refuse(InvalidClient, fmt.Sprintf("client_assertion is longer than %d bytes", maxAssertion))
	}
	token, err := jwt.ParseSigned(r.Assertion, algorithms)
	if err != nil || len(token.Headers) != 1 {
		return Client{}, refuse(InvalidClient, "client_assertion is not a JWT signed with ES256, ES384, RS256 or PS256")
	}
	var claimed jwt.Claims
	if err := token.UnsafeClaimsWithoutVerification(&claimed); err != nil {
		return Client{}, refuse(InvalidClient, "the claims of client_assertion cannot be read")
	}
	client, err := i.client(ctx, claimed.Subject)
	if err != nil {
		return Client{}, err
	}
	claims, err := verified(token, client)
	if err != nil {
		return Client{}, err
	}
	now := time.Now()
	if problem := checkClaims(claims, client.ID, slices.Concat(r.Audiences, i.config.Audiences), now); problem != "" {
		return Client{}, refuse(InvalidClient, "client_assertion: "+problem)
	}
	first, err := i.spend(ctx, assertionID{client.ID, claims.ID}, claims.Expiry.Time().Add(clockSkew))
	if err != nil {
		return Client{}, fmt.Errorf("store assertion id: %w", err)
	}
	if !first {
		return Client{}, refuse(InvalidClient, "client_assertion: jti has been used before")
	}
	return client, nil
}

// verified returns the claims of a JWT that one of the client's keys has signed:
// the one that the header names or, without a kid, which is optional (RFC 7515
// §4.1.4), the first one for the header's algorithm that fits.
func verified(token *jwt.JSONWebToken, client Client) (jwt.Claims, error) {
	kid, algorithm := token.Headers[0].KeyID, token.Headers[0].Algorithm
	keys := client.Keys
	if kid != "" {
		at := slices.IndexFunc(keys, func(k PublicKey) bool { return k.ID == kid })
		if at < 0 {
			return jwt.Claims{}, unproven(fmt.Sprintf("client %q has no key with kid %.64q", client.ID, kid))
		}
		if keys = keys[at : at+1]; keys[0].Algorithm != algorithm {
			return jwt.Claims{}, unproven(fmt.Sprintf("key %q of client %q is for %s, not %s", kid, client.ID, keys[0].Algorithm, algorithm))
		}
	}
	var tried []string
	for _, key := range keys {
		if key.Algorithm != algorithm {
			continue
		}
		var claims jwt.Claims
		if err := token.Claims(key.Key, &claims); err == nil {
			return claims, nil
		}
		tried = append(tried, fmt.Sprintf("%q", key.ID))
	}
	if tried == nil {
		return jwt.Claims{}, unproven(fmt.Sprintf("client %q has no key for %s, and the header has no kid", client.ID, algorithm))
	}
	return jwt.Claims{}, unproven(fmt.Sprintf("signature of client %q by key %s is wrong", client.ID, strings.Join(tried, ", ")))
}

// checkClaims says what is wrong with claims whose signature is right, or "". It may
// name details: only the holder of the key reads it.
func checkClaims(c jwt.Claims, client string, audiences []string, now time.Time) string {
	switch {
	case c.Issuer != client || c.Subject != client:
		return "iss and sub must both be the client id"
	case !audienceMatches(c.Audience, audiences):
		return fmt.Sprintf("aud must hold the issuer or the token URL, one of %q", audiences)
	case c.Expiry == nil:
		return "exp is missing"
	case now.After(c.Expiry.Time().Add(clockSkew)):
		return "exp has passed"
	case c.Expiry.Time().After(now.Add(maxAssertionLife + clockSkew)):
		return "exp is more than 10 minutes ahead"
	case c.IssuedAt != nil && c.IssuedAt.Time().After(now.Add(clockSkew)):
		return "iat is in the future"
	case c.IssuedAt != nil && c.Expiry.Time().Sub(c.IssuedAt.Time()) > maxAssertionLife:
		return "exp is more than 10 minutes after iat"
	case c.NotBefore != nil && c.NotBefore.Time().After(now.Add(clockSkew)):
		return "nbf is in the future"
	case c.ID == "":
		return "jti is missing"
	case len(c.ID) > maxAssertionID:
		return fmt.Sprintf("jti is longer than %d bytes", maxAssertionID)
	}
	return ""
}

// audienceMatches reports whether one of the audiences is one of ours (RFC 7523 §3, 3).
func audienceMatches(audience jwt.Audience, ours []string) bool {
	return slices.ContainsFunc(audience, func(a string) bool {
		return slices.ContainsFunc(ours, func(o string) bool { return normalisedURL(a) == normalisedURL(o) })
	})
}

// normalisedURL is one spelling for all of a URL's (RFC 3986 §6.2): the case of its
// scheme and host, the scheme's own port and a slash at the end make no other
// audience. What is no URL is left as it is.
func normalisedURL(text string) string {
	u, err := url.Parse(text)
	if err != nil || u.Scheme == "" || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return text
	}
	host := strings.ToLower(u.Host)
	if port := map[string]string{"http": ":80", "https": ":443"}[u.Scheme]; port != "" {
		host = strings.TrimSuffix(host, port)
	}
	return u.Scheme + "://" + host + strings.TrimSuffix(u.EscapedPath(), "/")
}
