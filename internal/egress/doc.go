// Package egress decides which addresses the server's HTTP requests may go to:
// public ones, unless private addresses are allowed. NewClient returns an HTTP
// client that holds to it, Describe what went wrong without an address.
//
// It does not know what is requested, for whom, or over which connection.
package egress
