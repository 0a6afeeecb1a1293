package api_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"

	"ringflow/internal/api"
	"ringflow/internal/auth"
)

// looked counts what an issuer is asked to look at.
type looked struct {
	*auth.Issuer
	requests, tokens atomic.Int64
}

func (l *looked) Token(ctx context.Context, r auth.Request) (auth.Token, error) {
	l.requests.Add(1)
	return l.Issuer.Token(ctx, r)
}

func (l *looked) Verify(ctx context.Context, bearer string) (auth.Principal, error) {
	l.tokens.Add(1)
	return l.Issuer.Verify(ctx, bearer)
}

// onlyOnce keeps tokens as world does, and takes every assertion for a new one.
type onlyOnce struct{ *world }

func (onlyOnce) UseAssertion(context.Context, string, string, time.Time) (bool, error) {
	return true, nil
}

const audience = "https://calls.example.com/oauth/token"

// signing returns a client with a key, and what signs its assertions.
func signing(t *testing.T, id string) (auth.Client, func() string) {
	t.Helper()
	client, sign := signingFor(t, id)
	var n atomic.Int64
	return client, func() string {
		return sign(jwt.Claims{Issuer: id, Subject: id, Audience: jwt.Audience{audience}, ID: fmt.Sprint(n.Add(1)),
			Expiry: jwt.NewNumericDate(time.Now().Add(time.Minute))})
	}
}

// signingFor returns a client with a key, and what signs claims with it.
func signingFor(t *testing.T, id string) (auth.Client, func(jwt.Claims) string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKIXPublicKey(key.Public())
	if err != nil {
		t.Fatal(err)
	}
	public, err := auth.ParsePublicKey("k", "ES256", pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}))
	if err != nil {
		t.Fatal(err)
	}
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.ES256, Key: jose.JSONWebKey{Key: key, KeyID: "k"}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	return auth.Client{ID: id, Account: "acme", Scopes: []string{auth.ScopeFlowsRead}, Keys: []auth.PublicKey{public}}, func(claims jwt.Claims) string {
		text, err := jwt.Signed(signer).Claims(claims).Serialize()
		if err != nil {
			t.Fatal(err)
		}
		return text
	}
}

// tokenRequest is one way to say who one is: right and wrong send a request that does, and
// a wrong one is answered by refused.
type tokenRequest struct {
	name         string
	refused      int
	right, wrong func() (code int)
}

// tokenRequests are all of them, from one address.
func tokenRequests(t *testing.T) ([]tokenRequest, *looked) {
	t.Helper()
	l := new(looked)
	client, sign := signing(t, "signer")
	_, forge := signing(t, "signer")
	plain := auth.Client{ID: "plain", Account: "acme", Scopes: []string{auth.ScopeFlowsRead}, Secrets: []*auth.SecretHash{auth.HashOf("right")}}
	w := newWorld(t, func(c *api.Config) { c.Issuer = l })
	l.Issuer = auth.NewIssuer(auth.IssuerConfig{Clients: auth.ClientList{"plain": plain, "signer": client}, Tokens: onlyOnce{w}, Audiences: []string{audience}})
	token, err := l.Issuer.Token(t.Context(), auth.Request{GrantType: "client_credentials", ClientID: "plain", Secret: "right"})
	if err != nil {
		t.Fatal(err)
	}
	var met sync.Map // statuses that the document was asked about
	send := func(method, path, body string, change func(h map[string]string)) int {
		r := httptest.NewRequest(method, path, strings.NewReader(body))
		header := map[string]string{}
		change(header)
		for name, value := range header {
			r.Header.Set(name, value)
		}
		answer := httptest.NewRecorder()
		w.handler.ServeHTTP(answer, r)
		if _, judged := met.LoadOrStore(answer.Code, true); !judged {
			conforms(t, w.handler, method, path, answer)
		}
		return answer.Code
	}
	form := func(fields ...string) int {
		v := url.Values{"grant_type": {"client_credentials"}}
		for i := 0; i < len(fields); i += 2 {
			v.Set(fields[i], fields[i+1])
		}
		return send("POST", "/oauth/token", v.Encode(), func(map[string]string) {})
	}
	signed := func(assertion string) int {
		return form("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer", "client_assertion", assertion)
	}
	bearer := func(token string) int {
		return send("GET", "/v1/executions/execution-2", "", func(h map[string]string) { h["Authorization"] = "Bearer " + token })
	}
	var n atomic.Int64
	return []tokenRequest{
		{"secret in the form", 400, func() int { return form("client_id", "plain", "client_secret", "right") },
			func() int { return form("client_id", "plain", "client_secret", fmt.Sprint(n.Add(1))) }},
		{"secret by Basic", 400, func() int {
			return send("POST", "/oauth/token", "grant_type=client_credentials", func(h map[string]string) { h["Authorization"] = "Basic cGxhaW46cmlnaHQ=" })
		}, func() int { return form("client_id", "plain", "client_secret", fmt.Sprint(n.Add(1))) }},
		{"assertion", 400, func() int { return signed(sign()) }, func() int { return signed(forge()) }},
		{"assertion amid nonsense", 400, func() int { return signed(sign()) }, func() int { return signed("a.b.c") }},
		{"token", 401, func() int { return bearer(token.Access) }, func() int { return bearer("rf_guess") }},
		{"token amid such as ours", 401, func() int { return bearer(token.Access) }, func() int { return bearer(fmt.Sprintf("rf_%043d", n.Add(1))) }},
		{"token amid none", 401, func() int { return bearer(token.Access) }, func() int { return send("GET", "/v1/flows", "", func(map[string]string) {}) }},
	}, l
}

// What is right is let in however much was wrong before, from the same address and
// in the same name, and waits for nothing until very much was.
func TestWhatIsRightIsNeverRefused(t *testing.T) {
	for i := range 7 {
		synctest.Test(t, func(t *testing.T) {
			all, _ := tokenRequests(t)
			d := all[i]
			for range 500 {
				if code := d.wrong(); code != d.refused && code != 429 {
					t.Fatalf("%s: a wrong one gets %d", d.name, code)
				}
				began := time.Now()
				if code := d.right(); code != 200 || time.Since(began) != 0 {
					t.Fatalf("%s: the right one gets %d after %v", d.name, code, time.Since(began))
				}
			}
		})
	}
}

// Thousands who guess without end, each on a connection of its own, are looked at in
// a bounded rate, and the right one waits with them for ten seconds at most.
func TestGuessesAreBoundedInRate(t *testing.T) {
	for _, c := range []struct{ tokenRequest, guessers, seconds, aSecond int }{{0, 50, 5, 100}, {2, 50, 5, 100}, {5, 50, 5, 100}, {0, 3000, 10, 600}} {
		synctest.Test(t, func(t *testing.T) {
			all, l := tokenRequests(t)
			d, over := all[c.tokenRequest], make(chan struct{})
			for range 1100 {
				d.wrong()
			}
			l.requests.Store(1100)
			l.tokens.Store(1100)
			begin := time.Now()
			var guessers sync.WaitGroup
			for range c.guessers {
				guessers.Go(func() {
					for {
						select {
						case <-over:
							return
						default:
							if code := d.wrong(); code != d.refused && code != 429 {
								t.Errorf("%s: a wrong one gets %d", d.name, code)
							}
						}
					}
				})
			}
			for range c.seconds {
				<-time.After(time.Second)
				began := time.Now()
				if code := d.right(); code != 200 || time.Since(began) > 10*time.Second {
					t.Errorf("%s: the right one gets %d after %v", d.name, code, time.Since(began))
				}
				if time.Since(began) > 5*time.Second {
					break // it has been seen
				}
			}
			close(over)
			guessers.Wait()
			most := 1200 + c.guessers + int(time.Since(begin).Seconds())*c.aSecond
			if got := l.requests.Load() + l.tokens.Load() - 1100; got > int64(most) {
				t.Errorf("%s: %d guessers: %d looked at in %v, want %d at most", d.name, c.guessers, got, time.Since(begin), most)
			}
		})
	}
}

// A token that has run out is answered 401, whatever else comes from the address:
// 429 would not have its client get another.
func TestATokenThatHasRunOutIsToldSo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, nil)
		token := w.token("reader")
		<-time.After(auth.TokenLife)
		for range 300 {
			w.do("GET", "/v1/executions/execution-2", "", "")
		}
		if code := w.do("GET", "/v1/executions/execution-2", "", "").Code; code != 429 {
			t.Errorf("a request without a token: %d", code)
		}
		for name, bearer := range map[string]string{"run out": token, "forgotten": "rf_" + strings.Repeat("x", 43)} {
			for range 200 {
				answer := w.do("GET", "/v1/executions/execution-2", "", "", "Authorization", "Bearer "+bearer)
				if answer.Code != 401 || !strings.Contains(answer.Header().Get("WWW-Authenticate"), "invalid_token") {
					t.Fatalf("a token that was %s: %d", name, answer.Code)
				}
			}
		}
	})
}
