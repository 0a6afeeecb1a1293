package main_test

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
)

// talkdeskClient is a client of Talkdesk's Flows API and
// Explore API. Nothing in it is Ringflow's but the two base URLs: what it sends
// and what it expects is the contract of Talkdesk Studio.
type talkdeskClient struct {
	t                 *testing.T
	identity, api     string // base URLs
	id, secret, token string
	http              *http.Client
}

// reply is an answer with its body read.
type reply struct {
	*http.Response
	text []byte
}

// fault is Talkdesk's form of an error.
type fault struct {
	Code        string
	Message     string
	Description string
	Fields      []struct{ Name, Description string }
}

// started is the answer to an interaction.
type started struct {
	InteractionID   string `json:"interaction_id"`
	FlowVersionID   string `json:"flow_version_id"`
	FlowExecutionID string `json:"flow_execution_id"`
}

func newTalkdeskClient(t *testing.T, base, id, secret string) *talkdeskClient {
	return &talkdeskClient{t: t, identity: base, api: base, id: id, secret: secret,
		http: &http.Client{Timeout: 20 * time.Second, Transport: &http.Transport{DisableKeepAlives: true}}}
}

// send sends a request with its header fields, given as name and value in turn,
// and follows no redirect.
func (c *talkdeskClient) send(method, target string, body io.Reader, header ...string) reply {
	c.t.Helper()
	r, err := http.NewRequest(method, target, body)
	if err != nil {
		c.t.Fatal(err)
	}
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	plain := *c.http
	plain.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	res, err := plain.Do(r)
	if err != nil {
		c.t.Fatal(err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		c.t.Fatal(err)
	}
	return reply{res, text}
}

const asForm = "application/x-www-form-urlencoded"

func (c *talkdeskClient) basic() string {
	return "Basic " + base64.StdEncoding.EncodeToString([]byte(c.id+":"+c.secret))
}

// authorise gets a token by HTTP Basic.
func (c *talkdeskClient) authorise(scope string) *talkdeskClient {
	c.t.Helper()
	answer := c.send("POST", c.identity+"/oauth/token", strings.NewReader("grant_type=client_credentials&scope="+url.QueryEscape(scope)),
		"Content-Type", asForm, "Authorization", c.basic())
	c.token = answer.granted(c.t, "").AccessToken
	return c
}

// granted is a token with what came beside it.
type granted struct {
	AccessToken string      `json:"access_token"`
	TokenType   string      `json:"token_type"`
	ExpiresIn   json.Number `json:"expires_in"`
	Scope       string      `json:"scope"`
}

// granted expects a token with the scopes, "" being any.
func (r reply) granted(t *testing.T, scope string) (g granted) {
	t.Helper()
	d := json.NewDecoder(strings.NewReader(string(r.text)))
	d.UseNumber()
	if err := d.Decode(&g); err != nil || r.StatusCode != http.StatusOK {
		t.Errorf("a token: %d %v %s", r.StatusCode, err, r.text)
		return g
	}
	seconds, err := g.ExpiresIn.Int64()
	if g.AccessToken == "" || g.TokenType != "Bearer" || err != nil || seconds <= 0 || scope != "" && g.Scope != scope {
		t.Errorf("a token with the scopes %q, not %s", scope, r.text)
	}
	if r.Header.Get("Cache-Control") != "no-store" {
		t.Errorf("a token may be cached: %q", r.Header.Get("Cache-Control"))
	}
	return g
}

// refused expects an error of RFC 6749.
func (r reply) refused(t *testing.T, what, code string) {
	t.Helper()
	status := http.StatusBadRequest
	if code == "invalid_client" {
		status = http.StatusUnauthorized
	}
	r.refusedBy(t, what, code, status)
}

// refusedBy expects a refusal by a status. That of a body does not challenge
// (RFC 6749 §5.2).
func (r reply) refusedBy(t *testing.T, what, code string, status int) {
	t.Helper()
	var body struct {
		Error       string `json:"error"`
		Description string `json:"error_description"`
	}
	if err := json.Unmarshal(r.text, &body); err != nil || r.StatusCode != status || body.Error != code || r.Header.Get("Cache-Control") != "no-store" {
		t.Errorf("%s: %d %v %s, want %d %s", what, r.StatusCode, err, r.text, status, code)
	}
	if challenge := r.Header.Get("WWW-Authenticate"); (challenge != "") != (status == http.StatusUnauthorized) {
		t.Errorf("%s: WWW-Authenticate is %q", what, challenge)
	}
}

// trigger starts an interaction by its path and body.
func (c *talkdeskClient) trigger(flow, body string, header ...string) reply {
	c.t.Helper()
	header = append([]string{"Authorization", "Bearer " + c.token, "Content-Type", "application/json"}, header...)
	return c.send("POST", c.api+"/flows/"+flow+"/interactions", strings.NewReader(body), header...)
}

// accepted expects a 202 with its three ids.
func (r reply) accepted(t *testing.T, what string) (s started) {
	t.Helper()
	if err := json.Unmarshal(r.text, &s); err != nil || r.StatusCode != http.StatusAccepted || s.InteractionID == "" || s.FlowVersionID == "" || s.FlowExecutionID == "" {
		t.Errorf("%s: %d %v %s, want 202 and three ids", what, r.StatusCode, err, r.text)
	}
	return s
}

// failed expects an error in Talkdesk's form.
func (r reply) failed(t *testing.T, what string, status int, code string, fields ...string) {
	t.Helper()
	var f fault
	strict := json.NewDecoder(strings.NewReader(string(r.text)))
	strict.DisallowUnknownFields()
	if err := strict.Decode(&f); err != nil || r.StatusCode != status || f.Code != code || f.Message == "" {
		t.Errorf("%s: %d %v %s, want %d with the code %s", what, r.StatusCode, err, r.text, status, code)
		return
	}
	if len(f.Code) != 7 || strings.Trim(f.Code, "0123456789") != "" {
		t.Errorf("%s: the code %q is not 7 digits", what, f.Code)
	}
	var got []string
	for _, field := range f.Fields {
		got = append(got, field.Name)
		if field.Description == "" {
			t.Errorf("%s: nothing is said about %s", what, field.Name)
		}
	}
	if strings.Join(got, " ") != strings.Join(fields, " ") {
		t.Errorf("%s: the fields are %q, want %q", what, got, fields)
	}
	if r.StatusCode == http.StatusUnauthorized && !strings.HasPrefix(r.Header.Get("WWW-Authenticate"), "Bearer") {
		t.Errorf("%s: WWW-Authenticate is %q", what, r.Header.Get("WWW-Authenticate"))
	}
	if retry := r.Header.Get("Retry-After"); (r.StatusCode == http.StatusTooManyRequests || r.StatusCode == http.StatusServiceUnavailable) && (retry == "" || retry == "0") {
		t.Errorf("%s: Retry-After is %q", what, retry)
	}
}

// claims are those of Talkdesk's sample, five minutes long.
func (c *talkdeskClient) claims(id string) jwt.Claims {
	now := time.Now()
	return jwt.Claims{
		Issuer: c.id, Subject: c.id, Audience: jwt.Audience{c.identity + "/oauth/token"}, ID: id,
		IssuedAt: jwt.NewNumericDate(now), Expiry: jwt.NewNumericDate(now.Add(5 * time.Minute)),
	}
}

// assertion signs claims as private_key_jwt; without a kid, the header names no key.
func (c *talkdeskClient) assertion(algorithm jose.SignatureAlgorithm, key any, kid string, claims jwt.Claims) string {
	c.t.Helper()
	options := (&jose.SignerOptions{}).WithType("JWT")
	if kid != "" {
		options = options.WithHeader("kid", kid)
	}
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: algorithm, Key: key}, options)
	if err != nil {
		c.t.Fatal(err)
	}
	text, err := jwt.Signed(signer).Claims(claims).Serialize()
	if err != nil {
		c.t.Fatal(err)
	}
	return text
}

// present asks for a token by an assertion.
func (c *talkdeskClient) present(assertion string) reply {
	c.t.Helper()
	form := url.Values{
		"grant_type": {"client_credentials"}, "scope": {"flows-interactions:start"}, "client_assertion": {assertion},
		"client_assertion_type": {"urn:ietf:params:oauth:client-assertion-type:jwt-bearer"},
	}
	return c.send("POST", c.identity+"/oauth/token", strings.NewReader(form.Encode()), "Content-Type", asForm)
}

// uuid is a random one, as clients make for jti.
func uuid() string {
	var b [16]byte
	rand.Read(b[:])
	text := base64.RawURLEncoding.EncodeToString(b[:])
	return text
}

// jwtClaims are claims that a test changes.
type jwtClaims struct {
	iss, sub, aud, jti string
	iat, exp           *time.Time
}

// changed are the sample's claims, but for what change makes of them.
func (c *talkdeskClient) changed(change func(*jwtClaims)) jwt.Claims {
	now := time.Now()
	end := now.Add(5 * time.Minute)
	j := jwtClaims{iss: c.id, sub: c.id, aud: c.identity + "/oauth/token", jti: uuid(), iat: &now, exp: &end}
	change(&j)
	return jwt.Claims{Issuer: j.iss, Subject: j.sub, Audience: jwt.Audience{j.aud}, ID: j.jti, IssuedAt: jwt.NewNumericDate(*j.iat), Expiry: jwt.NewNumericDate(*j.exp)}
}

// unsigned is an assertion of the algorithm none.
func unsigned(claims jwt.Claims) string {
	body, _ := json.Marshal(claims) // plain values
	encode := base64.RawURLEncoding.EncodeToString
	return encode([]byte(`{"alg":"none","kid":"ES256"}`)) + "." + encode(body) + "."
}
