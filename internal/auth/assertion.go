package auth

import (
	"context"
	"fmt"
	"slices"
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
// The assertion id is spent last, so that a refused assertion can be mended
// and sent again.
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
	key, known := client.key(token.Headers[0].KeyID)
	if !known {
		return Client{}, unproven(fmt.Sprintf("client %q has no key with kid %.64q", client.ID, token.Headers[0].KeyID))
	}
	if token.Headers[0].Algorithm != key.Algorithm {
		return Client{}, unproven(fmt.Sprintf("key %q of client %q is for %s, not %s", key.ID, client.ID, key.Algorithm, token.Headers[0].Algorithm))
	}
	var claims jwt.Claims
	if err := token.Claims(key.Key, &claims); err != nil {
		return Client{}, unproven(fmt.Sprintf("signature of client %q by key %q is wrong", client.ID, key.ID))
	}
	now := time.Now()
	if problem := judge(claims, client.ID, i.config.Audiences, now); problem != "" {
		return Client{}, refuse(InvalidClient, "client_assertion: "+problem)
	}
	first, err := i.spend(ctx, assertionID{client.ID, claims.ID}, claims.Expiry.Time().Add(clockSkew))
	if err != nil {
		return Client{}, fmt.Errorf("keep assertion id: %w", err)
	}
	if !first {
		return Client{}, refuse(InvalidClient, "client_assertion: jti has been used before")
	}
	return client, nil
}

// judge says what is wrong with claims whose signature is right, or "". It may
// be frank: only the holder of the key gets to read it.
func judge(c jwt.Claims, client string, audiences []string, now time.Time) string {
	switch {
	case c.Issuer != client || c.Subject != client:
		return "iss and sub must both be the client id"
	case !slices.ContainsFunc(audiences, c.Audience.Contains):
		return fmt.Sprintf("aud must hold the token URL, one of %q", audiences)
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
