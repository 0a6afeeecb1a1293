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
	mu    sync.RWMutex                // guards lines
	lines map[string]map[string]*line // by account and name
}

// line is a connection in use.
type line struct {
	Connection
	http  *http.Client
	login login
}

// New returns a Client of the connections. It fails if one of them lacks
// something, and tells which.
func New(connections []Connection) (*Client, error) {
	c := &Client{lines: map[string]map[string]*line{}}
	for _, conn := range connections {
		if err := c.Set(conn); err != nil {
			return nil, err
		}
	}
	return c, nil
}

// Set has a connection used from now on, in the place of the one of its name. It
// fails if the connection lacks something, and changes nothing then.
func (c *Client) Set(conn Connection) error {
	if err := conn.Check(); err != nil {
		return err
	}
	conn.Base = strings.TrimRight(conn.Base, "/")
	c.replace(conn.Account, conn.Name, &line{Connection: conn, http: egress.NewClient(conn.Private)})
	return nil
}

// Remove has a connection used no longer. It may not exist.
func (c *Client) Remove(account, name string) { c.replace(account, name, nil) }

// replace puts a line, or none, in the place of the one of the name. What the old
// one kept of a login is forgotten with it.
func (c *Client) replace(account, name string, l *line) {
	c.mu.Lock()
	old := c.lines[account][name]
	if l == nil {
		delete(c.lines[account], name)
	} else {
		if c.lines[account] == nil {
			c.lines[account] = map[string]*line{}
		}
		c.lines[account][name] = l
	}
	c.mu.Unlock()
	if old != nil {
		old.http.CloseIdleConnections()
	}
}

func (c *Client) line(account, name string) *line {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return c.lines[account][name]
}

// Names returns the names of the account's connections, sorted.
func (c *Client) Names(account string) []string {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return slices.Sorted(maps.Keys(c.lines[account]))
}

// Close closes the connections that are idle.
func (c *Client) Close() {
	c.mu.RLock()
	defer c.mu.RUnlock()
	for _, account := range c.lines {
		for _, l := range account {
			l.http.CloseIdleConnections()
		}
	}
}

// Do implements flowengine.Connections. After a 401 it logs in anew, once.
func (c *Client) Do(ctx context.Context, account, connection string, r flowengine.HTTPRequest) (flowengine.HTTPResponse, error) {
	l := c.line(account, connection)
	if l == nil {
		return flowengine.HTTPResponse{}, fmt.Errorf("connection %s: %w", connection, flowengine.ErrNoConnection)
	}
	answer, token, err := l.send(ctx, r)
	if err == nil && answer.Status == http.StatusUnauthorized && token != "" {
		l.login.forget(token)
		answer, _, err = l.send(ctx, r)
	}
	if err != nil {
		return flowengine.HTTPResponse{}, fmt.Errorf("connection %s: %w", connection, err)
	}
	return answer, nil
}

// send makes one request and returns the token that it carried, if any.
func (l *line) send(ctx context.Context, r flowengine.HTTPRequest) (flowengine.HTTPResponse, string, error) {
	base, token := l.Base, ""
	if l.Auth.Kind == ClientCredentials || l.Auth.Kind == JWTBearer {
		grant, err := l.login.grant(ctx, l)
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
	l.sign(request, token)
	answer, err := l.exchange(request)
	return answer, token, err
}

// sign adds what proves who the connection is.
func (l *line) sign(r *http.Request, token string) {
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

// exchange sends a request and reads the answer within its limit.
func (l *line) exchange(r *http.Request) (flowengine.HTTPResponse, error) {
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
