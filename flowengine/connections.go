package flowengine

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"ringflow/flowengine/flowfile"
)

// ErrNoConnection: the account has no connection of this name.
var ErrNoConnection = errors.New("connection not found")

// Connections makes HTTP requests over the connections of an account. A connection is a
// base address with the authentication that goes with it; steps name it, and
// neither flows nor components ever see its secrets.
type Connections interface {
	// Do makes one request. An answer of any status is no error. It fails with
	// ErrNoConnection, with ctx's error, or because no answer came; errors
	// hold no secret.
	Do(ctx context.Context, account, connection string, r HTTPRequest) (HTTPResponse, error)
}

// HTTPRequest is what a step asks of a Connections.
type HTTPRequest struct {
	Method string
	// Path is added to the connection's base address, and may hold a query. What
	// came from variables is escaped already.
	Path   string
	Header map[string]string
	Body   []byte // JSON, nil if there is none
}

// HTTPResponse is an answer, its body within the limit of the Connections.
type HTTPResponse struct {
	Status       int
	ReasonPhrase string // what the status means, such as Not Found; for people
	Body         []byte
}

// StatusText is the status as people read it, such as 404 Not Found.
func (r HTTPResponse) StatusText() string {
	return strings.TrimSpace(fmt.Sprint(r.Status, " ", r.ReasonPhrase))
}

// Request makes a request over a connection of the account.
func (t *StepContext) Request(ctx context.Context, connection string, r HTTPRequest) (HTTPResponse, error) {
	web := t.x.engine.config.Connections
	if web == nil {
		return HTTPResponse{}, fmt.Errorf("connection %s: %w", connection, ErrNoConnection)
	}
	return web.Do(ctx, t.x.Account, connection, r)
}

// Escaped is Text for a text whose variables must be escaped where they stand,
// such as in an address or in JSON.
func (t *StepContext) Escaped(s flowfile.Text, escape func(string) string) (string, error) {
	return s.Expand(t.x.vars.values, escape, t.AddWork)
}
