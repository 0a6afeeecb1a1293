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

// login keeps the token of a connection that logs in by OAuth. Who needs one
// while it is being fetched shares the fetching, each for no longer than its own
// context; when nobody waits any more, it is given up.
type login struct {
	mu      sync.Mutex // guards what follows
	kept    grant
	expires time.Time
	fetch   *fetch // under way; nil if none is
}

// fetch is a login under way, in a goroutine of its own. waiting is guarded by
// the login's mu; grant and err are there when done is closed.
type fetch struct {
	waiting int
	stop    context.CancelFunc
	done    chan struct{}
	grant   grant
	err     error
}

// grant is what a login gave.
type grant struct {
	token string
	base  string // the address to use instead of the connection's own, if any
}

// How long a token is used: a little less than it lives, and where the server
// does not say for how long that is, a while.
const (
	tokenMargin  = 30 * time.Second
	tokenDefault = 10 * time.Minute
	tokenLongest = 24 * time.Hour
	assertedFor  = 3 * time.Minute
)

const fetchLimit = 30 * time.Second

// grant returns a token that is valid now.
func (g *login) grant(ctx context.Context, l *line) (grant, error) {
	g.mu.Lock()
	if g.kept.token != "" && time.Now().Before(g.expires) {
		defer g.mu.Unlock()
		return g.kept, nil
	}
	f := g.fetch
	if f == nil {
		var timed context.Context
		f = &fetch{done: make(chan struct{})}
		timed, f.stop = context.WithTimeout(context.WithoutCancel(ctx), fetchLimit)
		g.fetch = f
		go g.run(timed, l, f)
	}
	f.waiting++
	g.mu.Unlock()
	defer g.leave(f)
	select {
	case <-f.done:
	case <-ctx.Done():
		return grant{}, context.Cause(ctx)
	}
	if f.err != nil {
		return grant{}, fmt.Errorf("log in: %w", f.err)
	}
	return f.grant, nil
}

// run fetches a token. It ends when nobody waits for it any more.
func (g *login) run(ctx context.Context, l *line, f *fetch) {
	defer f.stop()
	fresh, lives, err := l.logIn(ctx)
	g.mu.Lock()
	defer g.mu.Unlock()
	defer close(f.done)
	f.grant, f.err = fresh, err
	if g.fetch != f { // given up
		return
	}
	g.fetch = nil
	if err == nil {
		g.kept, g.expires = fresh, time.Now().Add(lives)
	}
}

// leave counts out one who waited. The last one ends the fetch, and waits for
// that; the next who comes begins another.
func (g *login) leave(f *fetch) {
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

// forget drops a token that the service refused.
func (g *login) forget(token string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.kept.token == token {
		g.kept = grant{}
	}
}

// logIn fetches a token.
func (l *line) logIn(ctx context.Context) (grant, time.Duration, error) {
	form := url.Values{}
	a := l.Auth
	if a.Scope != "" {
		form.Set("scope", a.Scope)
	}
	switch a.Kind {
	case JWTBearer:
		assertion, err := l.assertion()
		if err != nil {
			return grant{}, 0, err
		}
		form.Set("grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer")
		form.Set("assertion", assertion)
	default:
		form.Set("grant_type", "client_credentials")
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, a.TokenURL, strings.NewReader(form.Encode()))
	if err != nil {
		return grant{}, 0, err
	}
	r.Header.Set("User-Agent", version.Product())
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Accept", "application/json")
	if a.Kind == ClientCredentials { // RFC 6749 §2.3.1
		r.SetBasicAuth(url.QueryEscape(a.ClientID), url.QueryEscape(string(a.ClientSecret)))
	}
	answer, err := l.exchange(r)
	if err != nil {
		return grant{}, 0, err
	}
	return l.granted(answer.Status, answer.Body)
}

// granted reads the answer of a token endpoint.
func (l *line) granted(status int, body []byte) (grant, time.Duration, error) {
	var answer struct {
		Token    string  `json:"access_token"`
		Expires  float64 `json:"expires_in"`
		Instance string  `json:"instance_url"`
		Error    string  `json:"error"`
	}
	err := json.Unmarshal(body, &answer)
	switch {
	case status != http.StatusOK && answer.Error != "":
		return grant{}, 0, fmt.Errorf("refused with %d %s", status, egress.Printable(answer.Error))
	case status != http.StatusOK:
		return grant{}, 0, fmt.Errorf("refused with %d", status)
	case err != nil || answer.Token == "":
		return grant{}, 0, fmt.Errorf("the answer holds no access_token")
	}
	lives := tokenDefault
	if answer.Expires > 0 {
		lives = max(0, time.Duration(min(answer.Expires, tokenLongest.Seconds())*float64(time.Second))-tokenMargin)
	}
	g := grant{token: answer.Token}
	if answer.Instance != "" {
		if err := l.address("instance_url", answer.Instance); err != nil {
			return grant{}, 0, err
		}
		g.base = strings.TrimRight(answer.Instance, "/")
	}
	return g, lives, nil
}

// assertion signs who the connection is and for whom it acts: RFC 7523 §3.
func (l *line) assertion() (string, error) {
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
