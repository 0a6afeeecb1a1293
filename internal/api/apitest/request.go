package apitest

import (
	"net/url"
	"slices"
	"strings"
)

// Request is a made-up request.
type Request struct {
	Operation  *Operation
	Method     string
	PathValues map[string]string // the values of the path's parameters, percent-encoded
	Suffix     string            // behind the path
	Query      []Pair            // percent-encoded
	Header     []Pair            // as they go over the wire; Host, Authorization and Content-Length come on top
	Body       []byte
	Auth       Auth
	Mutations  []string // how it differs from a valid one

	malformed bool
}

// Pair is a name with a value.
type Pair struct{ Name, Value string }

// Auth is the access token that a request carries.
type Auth int

// The access tokens of a request.
const (
	AuthValid   Auth = iota // of a client that has the scope
	AuthNone                // none
	AuthUnknown             // one that was never issued
	AuthScope               // without any scope that suffices
	AuthAccount             // of another account
)

// Path returns the path as it goes over the wire, without the query.
func (r *Request) Path() string {
	parts := strings.Split(r.Operation.Path, "/")
	for i, part := range parts {
		if strings.HasPrefix(part, "{") {
			parts[i] = r.PathValues[strings.Trim(part, "{}")]
		}
	}
	return strings.Join(parts, "/") + r.Suffix
}

// Target returns the request target (RFC 9112 §3.2): the path with the query.
func (r *Request) Target() string {
	if len(r.Query) == 0 {
		return r.Path()
	}
	var parts []string
	for _, p := range r.Query {
		parts = append(parts, p.Name+"="+p.Value)
	}
	return r.Path() + "?" + strings.Join(parts, "&")
}

// Malformed reports whether the request is no HTTP, so that a server may refuse it
// before any handler reads it.
func (r *Request) Malformed() bool {
	return r.malformed || slices.ContainsFunc(r.Header, func(p Pair) bool {
		return strings.ContainsFunc(p.Value, func(c rune) bool { return c < ' ' && c != '\t' || c == '\x7f' })
	})
}

// set gives a name of the query or of the header another value.
func set(pairs []Pair, name, value string) []Pair {
	out := slices.DeleteFunc(slices.Clone(pairs), func(p Pair) bool { return strings.EqualFold(p.Name, name) })
	return append(out, Pair{name, value})
}

// escape percent-encodes every byte that is neither letter nor digit.
func escape(s string) string {
	return strings.NewReplacer("+", "%20", ".", "%2E").Replace(url.QueryEscape(s))
}
