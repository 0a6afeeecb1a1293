// Package connection makes the HTTP requests of flows over connections: a base
// address of an account with its authentication. It implements flowengine.Connections.
//
// Requests go where egress allows; bodies are bounded; no error holds a secret. It
// does not know flows, components, calls or SQL.
//
// Read it in this order: connection.go (what an account configures), client.go (one
// request), oauth_token.go (access tokens).
package connection
