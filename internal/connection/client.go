package connection

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"

	"ringflow/flowengine"
	"ringflow/internal/egress"
	"ringflow/internal/version"
)

// maxAnswer bounds the body of a response, in bytes.
const maxAnswer = 1 << 20

// Client makes requests over connections, which may change while it does: a
// request that has begun goes on over the connection as it was. Its methods may
// be called by several goroutines.
type Client struct {
	mu          sync.RWMutex // guards connections
	connections map[connectionID]*activeConnection
}

type connectionID struct{ account, name string }

// activeConnection is a connection in use.
type activeConnection struct {
	Connection
	http   *http.Client
	tokens tokenSource
}

// New returns a Client without connections.
func New() *Client { return &Client{connections: map[connectionID]*activeConnection{}} }

// Set adds a connection, or replaces the one of its name, whose access token is dropped
// with it. It fails if the connection lacks something, and changes nothing then.
func (c *Client) Set(conn Connection) error {
	if err := conn.Check(); err != nil {
		return err
	}
	conn.Base = strings.TrimRight(conn.Base, "/")
	c.replace(connectionID{conn.Account, conn.Name}, &activeConnection{Connection: conn, http: egress.NewClient(conn.Private)})
	return nil
}

// Remove removes a connection. It may not exist.
func (c *Client) Remove(account, name string) { c.replace(connectionID{account, name}, nil) }

func (c *Client) replace(id connectionID, next *activeConnection) {
	c.mu.Lock()
	old := c.connections[id]
	if c.connections[id] = next; next == nil {
		delete(c.connections, id)
	}
	c.mu.Unlock()
	if old != nil {
		old.http.CloseIdleConnections()
	}
}

// Names returns the names of the account's connections, sorted.
func (c *Client) Names(account string) (names []string) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	for id := range c.connections {
		if id.account == account {
			names = append(names, id.name)
		}
	}
	slices.Sort(names)
	return names
}

// Close closes the connections that are idle.
func (c *Client) Close() {
	c.mu.RLock()
	defer c.mu.RUnlock()
	for _, l := range c.connections {
		l.http.CloseIdleConnections()
	}
}

// Do implements flowengine.Connections. After a 401 it logs in anew, once.
func (c *Client) Do(ctx context.Context, account, connection string, r flowengine.HTTPRequest) (flowengine.HTTPResponse, error) {
	c.mu.RLock()
	l := c.connections[connectionID{account, connection}]
	c.mu.RUnlock()
	if l == nil {
		return flowengine.HTTPResponse{}, fmt.Errorf("connection %s: %w", connection, flowengine.ErrNoConnection)
	}
	answer, token, err := l.send(ctx, r)
	if err == nil && answer.Status == http.StatusUnauthorized && token != "" {
		l.tokens.invalidate(token)
		answer, _, err = l.send(ctx, r)
	}
	if err != nil {
		return flowengine.HTTPResponse{}, fmt.Errorf("connection %s: %w", connection, err)
	}
	return answer, nil
}

// send makes one request and returns the token that it carried, if any.
func (l *activeConnection) send(ctx context.Context, r flowengine.HTTPRequest) (flowengine.HTTPResponse, string, error) {
	base, token := l.Base, ""
	if l.Auth.Kind == ClientCredentials || l.Auth.Kind == JWTBearer {
		grant, err := l.tokens.get(ctx, l)
		if err != nil {
			return flowengine.HTTPResponse{}, "", err
		}
		token, base = grant.token, cmp.Or(grant.base, base)
	}
	request, err := http.NewRequestWithContext(ctx, r.Method, base+r.Path, bytes.NewReader(r.Body))
	if err != nil {
		return flowengine.HTTPResponse{}, "", errors.New("the path makes no address")
	}
	request.Header.Set("User-Agent", version.Product())
	request.Header.Set("Accept", "application/json")
	if r.Body != nil {
		request.Header.Set("Content-Type", "application/json")
	}
	for name, value := range r.Header {
		request.Header.Set(name, value)
	}
	l.authenticate(request, token)
	answer, err := l.roundTrip(request)
	return answer, token, err
}

// authenticate adds the credentials.
func (l *activeConnection) authenticate(r *http.Request, token string) {
	a := l.Auth
	switch a.Kind {
	case Basic:
		r.SetBasicAuth(string(a.User), string(a.Secret))
	case Bearer:
		r.Header.Set("Authorization", "Bearer "+string(a.Secret))
	case APIKey:
		if a.Header != "" {
			r.Header.Set(a.Header, string(a.Secret))
			return
		}
		q := r.URL.Query()
		q.Set(a.Query, string(a.Secret))
		r.URL.RawQuery = q.Encode()
	case ClientCredentials, JWTBearer:
		r.Header.Set("Authorization", "Bearer "+token)
	}
}

// roundTrip sends a request and reads the response within its limit.
func (l *activeConnection) roundTrip(r *http.Request) (flowengine.HTTPResponse, error) {
	answer, err := l.http.Do(r)
	if err != nil {
		return flowengine.HTTPResponse{}, egress.Describe(r.Context(), err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(io.LimitReader(answer.Body, maxAnswer+1))
	switch {
	case err != nil:
		return flowengine.HTTPResponse{}, egress.Describe(r.Context(), err)
	case len(body) > maxAnswer:
		return flowengine.HTTPResponse{}, fmt.Errorf("the answer is longer than %d bytes", maxAnswer)
	}
	return flowengine.HTTPResponse{Status: answer.StatusCode, ReasonPhrase: http.StatusText(answer.StatusCode), Body: body}, nil
}

var _ flowengine.Connections = (*Client)(nil)
