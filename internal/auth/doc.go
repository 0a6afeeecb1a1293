// Package auth issues and verifies access tokens for OAuth 2.0 clients by the
// client credentials grant (RFC 6749 §4.4): clients prove themselves by a
// secret or by a signed assertion (private_key_jwt, RFC 7523), and receive an
// opaque bearer token.
//
// It deliberately knows neither HTTP, which hands it the fields of a request,
// nor a database, which keeps tokens behind the interface Tokens.
//
// Read in this order: client.go, client_secret_hash.go, client_key.go,
// token_request.go, issuer.go, client_secret.go, client_secret_check.go,
// client_secret_queue.go, client_assertion.go, client_assertion_ids.go, token.go,
// token_cache.go.
package auth
