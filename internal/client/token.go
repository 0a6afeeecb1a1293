package client

import (
	"context"
	"fmt"
	"net/http"
	"time"
)

// renewBefore is how long before its end a token is replaced.
const renewBefore = 30 * time.Second

// Authenticate fetches a token now, so that no operation has to wait for one.
func (c *Client) Authenticate(ctx context.Context) error {
	_, err := c.token(ctx, "")
	return err
}

// token returns a token that is still good for a while. One that the server
// has refused, stale, is replaced whatever its age.
func (c *Client) token(ctx context.Context, stale string) (string, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.access != "" && c.access != stale && time.Now().Before(c.renewAt) {
		return c.access, nil
	}
	// With all the scopes that the client has (RFC 6749 §4.4).
	t, err := answer[Token](ctx, c, call{name: "token", method: http.MethodPost, path: "/oauth/token", basic: true,
		body: []byte("grant_type=client_credentials"), media: "application/x-www-form-urlencoded"})
	if err != nil {
		return "", fmt.Errorf("fetch a token: %w", err)
	}
	c.access, c.renewAt = t.AccessToken, time.Now().Add(time.Duration(t.ExpiresIn)*time.Second-renewBefore)
	return c.access, nil
}
