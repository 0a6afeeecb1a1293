package client

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
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
	t, err := c.fetch(ctx)
	if err != nil {
		return "", fmt.Errorf("fetch a token: %w", err)
	}
	c.access, c.renewAt = t.AccessToken, time.Now().Add(time.Duration(t.ExpiresIn)*time.Second-renewBefore)
	return c.access, nil
}

// fetch gets a token with all the scopes that the client has (RFC 6749 §4.4).
func (c *Client) fetch(ctx context.Context) (Token, error) {
	form := url.Values{"grant_type": {"client_credentials"}}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, c.base+"/oauth/token", strings.NewReader(form.Encode()))
	if err != nil {
		return Token{}, err
	}
	c.introduce(r)
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.SetBasicAuth(url.QueryEscape(c.id), url.QueryEscape(c.secret)) // RFC 6749 §2.3.1
	res, err := c.http.Do(r)
	if err != nil {
		return Token{}, err
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return Token{}, refusalOf("token", res)
	}
	var t Token
	if err := json.NewDecoder(res.Body).Decode(&t); err != nil {
		return Token{}, fmt.Errorf("read the token: %w", err)
	}
	return t, nil
}
