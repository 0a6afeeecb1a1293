package connection

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"

	"ringflow/internal/egress"
	"ringflow/internal/version"
)

// tokenSource holds the access token of a connection (OAuth 2.0). Calls during a fetch
// share it, each for no longer than its own context; without a waiting call the fetch is
// cancelled.
type tokenSource struct {
	mu    sync.Mutex // guards what follows
	token accessToken
	fetch *tokenFetch // under way; nil if none is
}

// tokenFetch is a login under way, in a goroutine of its own. waiting is guarded by
// the login's mu; grant and err are there when done is closed.
type tokenFetch struct {
	waiting int
	stop    context.CancelFunc
	done    chan struct{}
	grant   accessToken
	err     error
}

// accessToken is a token with the address that it is for.
type accessToken struct {
	token   string
	base    string // the address to use instead of the connection's own, if any
	expires time.Time
}

// How long a token is used: a little less than its lifetime, and tokenDefault where the
// server states none.
const (
	tokenMargin  = 30 * time.Second
	tokenDefault = 10 * time.Minute
	tokenLongest = 24 * time.Hour
	assertedFor  = 3 * time.Minute
)

const fetchLimit = 30 * time.Second

// get returns a token that is valid now.
func (g *tokenSource) get(ctx context.Context, l *activeConnection) (accessToken, error) {
	g.mu.Lock()
	if g.token.token != "" && time.Now().Before(g.token.expires) {
		defer g.mu.Unlock()
		return g.token, nil
	}
	f := g.fetch
	if f == nil {
		var timed context.Context
		f = &tokenFetch{done: make(chan struct{})}
		timed, f.stop = context.WithTimeout(context.WithoutCancel(ctx), fetchLimit)
		g.fetch = f
		go g.run(timed, l, f)
	}
	f.waiting++
	g.mu.Unlock()
	defer g.stopWaiting(f)
	select {
	case <-f.done:
	case <-ctx.Done():
		return accessToken{}, context.Cause(ctx)
	}
	if f.err != nil {
		return accessToken{}, fmt.Errorf("log in: %w", f.err)
	}
	return f.grant, nil
}

// run fetches a token. It ends without a waiting call.
func (g *tokenSource) run(ctx context.Context, l *activeConnection, f *tokenFetch) {
	defer f.stop()
	fresh, err := l.requestToken(ctx)
	g.mu.Lock()
	defer g.mu.Unlock()
	defer close(f.done)
	f.grant, f.err = fresh, err
	if g.fetch != f { // given up
		return
	}
	g.fetch = nil
	if err == nil {
		g.token = fresh
	}
}

// stopWaiting counts out a waiting call. The last one cancels the fetch, and waits for
// its end; the next call begins another.
func (g *tokenSource) stopWaiting(f *tokenFetch) {
	g.mu.Lock()
	f.waiting--
	last := f.waiting == 0
	if last && g.fetch == f {
		g.fetch = nil
	}
	g.mu.Unlock()
	if last {
		f.stop()
		<-f.done
	}
}

// invalidate drops a token that the service refused.
func (g *tokenSource) invalidate(token string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.token.token == token {
		g.token = accessToken{}
	}
}

// requestToken fetches a token.
func (l *activeConnection) requestToken(ctx context.Context) (accessToken, error) {
	form := url.Values{}
	a := l.Auth
	if a.Scope != "" {
		form.Set("scope", a.Scope)
	}
	if a.Kind == JWTBearer {
		assertion, err := l.assertion()
		if err != nil {
			return accessToken{}, err
		}
		form.Set("grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer")
		form.Set("assertion", assertion)
	} else {
		form.Set("grant_type", "client_credentials")
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, a.TokenURL, strings.NewReader(form.Encode()))
	if err != nil {
		return accessToken{}, err
	}
	r.Header.Set("User-Agent", version.Product())
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Accept", "application/json")
	if a.Kind == ClientCredentials { // RFC 6749 §2.3.1
		r.SetBasicAuth(url.QueryEscape(a.ClientID), url.QueryEscape(string(a.Secret)))
	}
	answer, err := l.roundTrip(r)
	if err != nil {
		return accessToken{}, err
	}
	return l.readToken(answer.Status, answer.Body)
}

// readToken reads the answer of a token endpoint.
func (l *activeConnection) readToken(status int, body []byte) (accessToken, error) {
	var answer struct {
		Token    string  `json:"access_token"`
		Expires  float64 `json:"expires_in"`
		Instance string  `json:"instance_url"`
		Error    string  `json:"error"`
	}
	err := json.Unmarshal(body, &answer)
	switch {
	case status != http.StatusOK && answer.Error != "":
		return accessToken{}, fmt.Errorf("refused with %d %s", status, egress.Printable(answer.Error))
	case status != http.StatusOK:
		return accessToken{}, fmt.Errorf("refused with %d", status)
	case err != nil || answer.Token == "":
		return accessToken{}, fmt.Errorf("the answer holds no access_token")
	}
	lives := tokenDefault
	if answer.Expires > 0 {
		lives = max(0, time.Duration(min(answer.Expires, tokenLongest.Seconds())*float64(time.Second))-tokenMargin)
	}
	g := accessToken{token: answer.Token, expires: time.Now().Add(lives)}
	if answer.Instance != "" {
		if err := l.address("instance_url", answer.Instance); err != nil {
			return accessToken{}, err
		}
		g.base = strings.TrimRight(answer.Instance, "/")
	}
	return g, nil
}

// assertion signs issuer, subject and audience: RFC 7523 §3.
func (l *activeConnection) assertion() (string, error) {
	a := l.Auth
	audience := a.Audience
	if audience == "" {
		u, err := url.Parse(a.TokenURL)
		if err != nil {
			return "", err
		}
		audience = u.Scheme + "://" + u.Host
	}
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.RS256, Key: a.Signing}, (&jose.SignerOptions{}).WithType("JWT"))
	if err != nil {
		return "", fmt.Errorf("sign the assertion: %w", err)
	}
	now := time.Now()
	return jwt.Signed(signer).Claims(jwt.Claims{
		Issuer: a.ClientID, Subject: a.Subject, Audience: jwt.Audience{audience},
		IssuedAt: jwt.NewNumericDate(now), Expiry: jwt.NewNumericDate(now.Add(assertedFor)),
	}).Serialize()
}
