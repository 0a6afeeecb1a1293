// Package client speaks to a Ringflow server over HTTP: a method for each
// operation of its API that a program of this repository uses, and a type for each of
// their bodies. Both are generated from the OpenAPI document that the server itself
// publishes, so that they cannot differ from it.
//
// It deliberately knows neither flows nor calls, and nothing of the packages
// that serve: what it knows is what any other client can know.
//
// Read in this order: client.go, token.go, request.go, page.go and refusal.go, which
// are written by hand; follow.go, which reads server-sent events; then operations.go
// and types.go, which generate/ writes. Another operation is one name in
// generate/wanted.go.
package client

//go:generate go -C generate run . ../../../docs/openapi.json ..

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"
)

// Config says which server, and who asks.
type Config struct {
	Server    string       // base URL, such as https://calls.example.com
	ID        string       // OAuth client
	Secret    string       // its secret
	HTTP      *http.Client // nil: one without a time limit, contexts have theirs
	UserAgent string       // the program that asks, such as ringflow/0.9.0; "" leaves it to HTTP
}

// Client is a client of one server. Its methods may be called by several
// goroutines. It fetches a token when the first operation needs one and
// another before that expires. Whatever it is refused is a *Refusal.
type Client struct {
	base       string
	userAgent  string
	id, secret string
	http       *http.Client

	mu      sync.Mutex // guards the fields below
	access  string
	renewAt time.Time
}

// baseURL is what somebody meant who wrote a server without http:// before it, or
// an example.
func baseURL(server string) string {
	if u, err := url.Parse("http://" + server); err == nil && u.Hostname() != "" && u.User == nil && u.RawQuery == "" && !strings.Contains(server, "://") {
		return u.String()
	}
	return "http://127.0.0.1:8080"
}

// New returns a client. The error says that Server is no base URL; nothing is
// asked of the server yet.
func New(c Config) (*Client, error) {
	u, err := url.Parse(c.Server)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.RawQuery != "" || u.User != nil {
		return nil, fmt.Errorf("server %q is not a base URL: write %s", c.Server, baseURL(c.Server))
	}
	if c.HTTP == nil {
		c.HTTP = &http.Client{}
	}
	return &Client{base: strings.TrimRight(c.Server, "/"), userAgent: c.UserAgent, id: c.ID, secret: c.Secret, http: c.HTTP}, nil
}
