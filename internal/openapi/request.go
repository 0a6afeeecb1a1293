package openapi

import (
	"net/url"
	"slices"
	"strings"
)

// Request is a made-up request.
type Request struct {
	Operation *Operation
	Method    string
	Path      map[string]string // the values of the path's parameters, percent-encoded
	Tail      string            // what stands behind the path
	Query     []Pair            // percent-encoded
	Header    []Pair            // as they go over the wire; Host, Authorization and Content-Length come on top
	Body      []byte
	Auth      Auth
	Why       []string // how it differs from a good one
	// Broken says that it is no HTTP, so that whatever reads the wire may refuse it
	// before anybody sees it.
	Broken bool
}

// Pair is a name with a value.
type Pair struct{ Name, Value string }

// Auth is whose token a request carries.
type Auth int

// The tokens of a request.
const (
	AuthRight   Auth = iota // one of a client that may
	AuthNone                // none
	AuthUnknown             // one that was never issued
	AuthNarrow              // one without any scope that suffices
	AuthForeign             // one of another account
)

// Location returns the path as it goes over the wire, without the query.
func (r *Request) Location() string {
	parts := strings.Split(r.Operation.Path, "/")
	for i, part := range parts {
		if strings.HasPrefix(part, "{") {
			parts[i] = r.Path[strings.Trim(part, "{}")]
		}
	}
	return strings.Join(parts, "/") + r.Tail
}

// Target returns the path with the query.
func (r *Request) Target() string {
	if len(r.Query) == 0 {
		return r.Location()
	}
	var parts []string
	for _, p := range r.Query {
		parts = append(parts, p.Name+"="+p.Value)
	}
	return r.Location() + "?" + strings.Join(parts, "&")
}

// NoHTTP reports whether the request is no HTTP at all.
func (r *Request) NoHTTP() bool {
	return r.Broken || slices.ContainsFunc(r.Header, func(p Pair) bool {
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
