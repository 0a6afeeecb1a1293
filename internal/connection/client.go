package connection

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
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
	mu          sync.RWMutex                            // guards lines
	connections map[string]map[string]*activeConnection // by account and name
}

// activeConnection is a connection in use.
type activeConnection struct {
	Connection
	http   *http.Client
	tokens tokenSource
}

// New returns a Client of the connections. It fails if one of them is invalid, and the
// error names it.
func New(connections []Connection) (*Client, error) {
	c := &Client{connections: map[string]map[string]*activeConnection{}}
	for _, conn := range connections {
		if err := c.Set(conn); err != nil {
			return nil, err
		}
	}
	return c, nil
}

// Set adds a connection, or replaces the one of its name. It fails if the connection lacks something, and changes nothing then.
func (c *Client) Set(conn Connection) error {
	if err := conn.Check(); err != nil {
		return err
	}
	conn.Base = strings.TrimRight(conn.Base, "/")
	c.replace(conn.Account, conn.Name, &activeConnection{Connection: conn, http: egress.NewClient(conn.Private)})
	return nil
}

// Remove removes a connection. It may not exist.
func (c *Client) Remove(account, name string) { c.replace(account, name, nil) }

// replace puts a connection, or none, in the place of the one of the name, whose access
// token is dropped with it.
func (c *Client) replace(account, name string, l *activeConnection) {
	c.mu.Lock()
	old := c.connections[account][name]
	if l == nil {
		delete(c.connections[account], name)
	} else {
		if c.connections[account] == nil {
			c.connections[account] = map[string]*activeConnection{}
		}
		c.connections[account][name] = l
	}
	c.mu.Unlock()
	if old != nil {
		old.http.CloseIdleConnections()
	}
}

func (c *Client) active(account, name string) *activeConnection {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return c.connections[account][name]
}

// Names returns the names of the account's connections, sorted.
func (c *Client) Names(account string) []string {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return slices.Sorted(maps.Keys(c.connections[account]))
}

// Close closes the connections that are idle.
func (c *Client) Close() {
	c.mu.RLock()
	defer c.mu.RUnlock()
	for _, account := range c.connections {
		for _, l := range account {
			l.http.CloseIdleConnections()
		}
	}
}

// Do implements flowengine.Connections. After a 401 it logs in anew, once.
func (c *Client) Do(ctx context.Context, account, connection string, r flowengine.HTTPRequest) (flowengine.HTTPResponse, error) {
	l := c.active(account, connection)
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
		token = grant.token
		if grant.base != "" {
			base = grant.base
		}
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
		r.SetBasicAuth(string(a.User), string(a.Password))
	case Bearer:
		r.Header.Set("Authorization", "Bearer "+string(a.Token))
	case APIKey:
		if a.Header != "" {
			r.Header.Set(a.Header, string(a.Key))
			return
		}
		q := r.URL.Query()
		q.Set(a.Query, string(a.Key))
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
