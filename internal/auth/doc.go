// Package auth issues and verifies access tokens for OAuth 2.0 clients by the
// client credentials grant (RFC 6749 §4.4): clients prove themselves by a
// secret or by a signed assertion (private_key_jwt, RFC 7523), and receive an
// opaque bearer token.
//
// It deliberately knows neither HTTP, which hands it the fields of a request,
// nor a database, which keeps tokens behind the interface Tokens.
//
// Read in this order: client.go, secret.go, key.go, request.go, issuer.go,
// bysecret.go, checks.go, turns.go, assertion.go, spent.go, token.go, cache.go.
package auth
