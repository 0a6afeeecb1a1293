// Package web makes the HTTP requests of flows, over connections that an account
// names: a base address with the authentication that goes with it. It implements
// flowengine.Web.
//
// Requests leave for public addresses only, unless a connection allows others;
// bodies and header fields are bounded; and no error tells a secret. It
// deliberately does not know flows, components, calls or SQL.
//
// Read it in this order: connection.go (what an account configures), guard.go
// (where requests may go), client.go (one request), plain.go (what went
// wrong), login.go (OAuth).
package web
