package connection_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"

	"ringflow/flowengine"
	"ringflow/internal/connection"
	"ringflow/internal/secret"
	"ringflow/internal/version"
)

// service answers as the last part of the path asks, over real HTTP on loopback.
func service(t *testing.T) *httptest.Server {
	mux := http.NewServeMux()
	mux.HandleFunc("/echo", func(w http.ResponseWriter, r *http.Request) {
		user, password, _ := r.BasicAuth()
		json.NewEncoder(w).Encode(map[string]string{
			"authorization": r.Header.Get("Authorization"), "key": r.Header.Get("X-Key") + r.URL.Query().Get("key"),
			"user": user, "password": password, "type": r.Header.Get("Content-Type"), "method": r.Method,
			"agent": r.UserAgent(),
		})
	})
	mux.HandleFunc("/huge", func(w http.ResponseWriter, _ *http.Request) {
		w.Write([]byte(strings.Repeat("x", 2<<20)))
	})
	var bomb bytes.Buffer // 4 MB of zeros in 4 KB
	z := gzip.NewWriter(&bomb)
	z.Write(make([]byte, 4<<20))
	z.Close()
	mux.HandleFunc("/bomb", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Encoding", "gzip")
		w.Write(bomb.Bytes())
	})
	mux.HandleFunc("/endless", func(w http.ResponseWriter, _ *http.Request) {
		for {
			if _, err := w.Write([]byte(strings.Repeat("x", 1000))); err != nil {
				return
			}
		}
	})
	mux.HandleFunc("/header", func(w http.ResponseWriter, _ *http.Request) {
		for i := range 1000 {
			w.Header().Set(fmt.Sprint("X-", i), strings.Repeat("x", 1000))
		}
	})
	mux.HandleFunc("/hints", func(w http.ResponseWriter, r *http.Request) {
		for i := 0; r.Context().Err() == nil && i < 1e6; i++ {
			w.WriteHeader(http.StatusEarlyHints)
		}
	})
	mux.HandleFunc("/trickle", func(w http.ResponseWriter, r *http.Request) {
		for r.Context().Err() == nil {
			w.Write([]byte("x"))
			http.NewResponseController(w).Flush()
			select {
			case <-time.After(100 * time.Millisecond):
			case <-r.Context().Done():
			}
		}
	})
	mux.HandleFunc("/slow", func(w http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	mux.HandleFunc("/broken", func(w http.ResponseWriter, _ *http.Request) { panic(http.ErrAbortHandler) })
	mux.HandleFunc("/elsewhere", func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "http://169.254.169.254/latest", http.StatusFound)
	})
	mux.HandleFunc("/round", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/round", http.StatusFound) })
	mux.HandleFunc("/moved", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/echo", http.StatusFound) })
	s := httptest.NewUnstartedServer(mux)
	s.Config.ErrorLog = nil
	s.Start()
	t.Cleanup(s.Close)
	return s
}

func client(t *testing.T, c connection.Connection) *connection.Client {
	t.Helper()
	c.Account, c.Name = "acme", "crm"
	out := connection.New()
	if err := out.Set(c); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(out.Close)
	return out
}

func get(c *connection.Client, path string) (flowengine.HTTPResponse, error) {
	return getWithin(c, path, time.Minute)
}

// getWithin is get for as long as it may take.
func getWithin(c *connection.Client, path string, limit time.Duration) (flowengine.HTTPResponse, error) {
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	return c.Do(ctx, "acme", "crm", flowengine.HTTPRequest{Method: "GET", Path: path})
}

func TestEachKindOfAuthentication(t *testing.T) {
	s := service(t)
	for _, c := range []struct {
		auth        connection.Auth
		field, want string
	}{
		{connection.Auth{}, "authorization", ""},
		{connection.Auth{}, "agent", version.Product()},
		{connection.Auth{Kind: connection.Basic, User: "me", Secret: "p:w"}, "password", "p:w"},
		{connection.Auth{Kind: connection.Bearer, Secret: "t0k"}, "authorization", "Bearer t0k"},
		{connection.Auth{Kind: connection.APIKey, Header: "X-Key", Secret: "k"}, "key", "k"},
		{connection.Auth{Kind: connection.APIKey, Query: "key", Secret: "k&"}, "key", "k&"},
	} {
		a, err := get(client(t, connection.Connection{Base: s.URL + "/", Private: true, Auth: c.auth}), "/echo")
		var got map[string]string
		if err == nil {
			err = json.Unmarshal(a.Body, &got)
		}
		if err != nil || got[c.field] != c.want {
			t.Errorf("%s: %v, %v", c.auth.Kind, got, err)
		}
	}
}

func TestWhatAServiceMayDoWrong(t *testing.T) {
	s := service(t)
	c := client(t, connection.Connection{Base: s.URL, Private: true, Auth: connection.Auth{Kind: connection.APIKey, Query: "key", Secret: "hush"}})
	for path, want := range map[string]string{
		"/bomb": "longer", "/endless": "longer", "/header": "exceeded", "/hints": "exceeded", "/trickle": "deadline", "/huge": "longer", "/slow": "deadline", "/broken": "EOF", "/elsewhere": "another host", "/round": "more than 3",
	} {
		limit := time.Minute
		if want == "deadline" {
			limit = time.Second
		}
		_, err := getWithin(c, path, limit)
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "hush") {
			t.Errorf("%s: %v, want %q and no key", path, err, want)
		}
	}
	if a, err := get(c, "/moved"); err != nil || a.Status != 200 {
		t.Errorf("a redirect to the same host: %d, %v", a.Status, err)
	}
	if _, err := c.Do(context.Background(), "other", "crm", flowengine.HTTPRequest{Method: "GET", Path: "/echo"}); !errors.Is(err, flowengine.ErrNoConnection) {
		t.Errorf("another account's connection: %v", err)
	}
	s.Close()
	if _, err := get(c, "/echo"); err == nil || strings.Contains(err.Error(), "hush") {
		t.Errorf("nobody listens: %v", err)
	}
}

func TestPrivateAddressesAreRefused(t *testing.T) {
	s := httptest.NewTLSServer(http.NotFoundHandler())
	defer s.Close()
	local := strings.Replace(s.URL, "127.0.0.1", "localhost", 1)
	for _, base := range []string{s.URL, local, "https://[::1]:1", "https://10.0.0.1:1", "https://169.254.169.254", "https://100.64.0.1:1", "https://[fd00::1]:1", "https://0.0.0.0:1", "https://[::ffff:127.0.0.1]:1", "https://2130706433:1"} {
		if _, err := get(client(t, connection.Connection{Base: base}), "/"); err == nil || !strings.Contains(err.Error(), "no public address") && !strings.Contains(err.Error(), "no such host") {
			t.Errorf("%s: %v", base, err)
		}
	}
}

func TestACertificateOfNobody(t *testing.T) {
	s := httptest.NewTLSServer(http.NotFoundHandler())
	defer s.Close()
	s.Config.ErrorLog = nil
	if _, err := get(client(t, connection.Connection{Base: s.URL, Private: true}), "/"); err == nil || !strings.Contains(err.Error(), "certificate") {
		t.Errorf("%v", err)
	}
}

func TestConnectionsThatLackSomething(t *testing.T) {
	for _, c := range []connection.Connection{
		{Base: "http://example.com"}, {Base: "example.com"}, {Base: "https://me:x@example.com"}, {Base: "https://example.com?x=1"},
		{Base: "https://example.com", Auth: connection.Auth{Kind: "digest"}},
		{Base: "https://example.com", Auth: connection.Auth{Kind: connection.Basic}},
		{Base: "https://example.com", Auth: connection.Auth{Kind: connection.Bearer}},
		{Base: "https://example.com", Auth: connection.Auth{Kind: connection.APIKey, Secret: "k"}},
		{Base: "https://example.com", Auth: connection.Auth{Kind: connection.ClientCredentials, ClientID: "c", Secret: "s", TokenURL: "http://x"}},
		{Base: "https://example.com", Auth: connection.Auth{Kind: connection.JWTBearer, ClientID: "c", Subject: "s", TokenURL: "https://x"}},
	} {
		if err := connection.New().Set(c); err == nil {
			t.Errorf("%+v is accepted", c)
		}
	}
	if s := fmt.Sprintf("%v %+v %#v", secret.Secret("hush"), connection.Auth{Secret: "hush"}, connection.Auth{Secret: "hush"}); strings.Contains(s, "hush") {
		t.Errorf("a secret is printed: %s", s)
	}
}

// What goes wrong is told without where names led to: journals are read by more
// people than the network is.
func TestErrorsTellNoAddress(t *testing.T) {
	c := connection.New()
	for _, conn := range []connection.Connection{
		{Account: "acme", Name: "guarded", Base: "https://localhost:1"},
		{Account: "acme", Name: "private", Base: "http://localhost:1", Private: true},
		{Account: "acme", Name: "unknown", Base: "https://nobody.invalid"},
	} {
		if err := c.Set(conn); err != nil {
			t.Fatal(err)
		}
	}
	for name, want := range map[string]string{"guarded": "no public address", "private": "connection refused", "unknown": ""} {
		_, err := c.Do(context.Background(), "acme", name, flowengine.HTTPRequest{Method: "GET", Path: "/"})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", name, err, want)
			continue
		}
		for _, told := range []string{"127.0.0.1", "::1", ":53", "dial"} {
			if strings.Contains(err.Error(), told) {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
}

// identity is an OAuth token endpoint whose tokens a resource accepts.
type identity struct {
	tokenRequests atomic.Int32
	current       atomic.Value // string
	key           *rsa.PublicKey
	expires       int
	refuse        atomic.Bool
	base          func() string // instance_url, if any
}

func (i *identity) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch r.URL.Path {
	case "/token":
		if i.refuse.Load() || !i.proven(r) || r.UserAgent() != version.Product() {
			w.WriteHeader(http.StatusUnauthorized)
			w.Write([]byte(`{"error": "invalid_client"}`))
			return
		}
		token := fmt.Sprintf("t%d", i.tokenRequests.Add(1))
		i.current.Store(token)
		answer := map[string]any{"access_token": token, "token_type": "Bearer", "expires_in": i.expires}
		if i.base != nil {
			answer["instance_url"] = i.base()
		}
		json.NewEncoder(w).Encode(answer)
	default:
		if r.Header.Get("Authorization") != fmt.Sprintf("Bearer %v", i.current.Load()) {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		w.Write([]byte(`{}`))
	}
}

// proven checks who logs in: a client's secret, or an assertion signed by key.
func (i *identity) proven(r *http.Request) bool {
	if i.key == nil {
		id, secret, _ := r.BasicAuth()
		return id == "client" && secret == "s%26cret" && r.FormValue("grant_type") == "client_credentials"
	}
	token, err := jwt.ParseSigned(r.FormValue("assertion"), []jose.SignatureAlgorithm{jose.RS256})
	if err != nil {
		return false
	}
	var c jwt.Claims
	return token.Claims(i.key, &c) == nil && r.FormValue("grant_type") == "urn:ietf:params:oauth:grant-type:jwt-bearer" &&
		c.Validate(jwt.Expected{Issuer: "client", Subject: "ann@example.com", AnyAudience: jwt.Audience{"https://login.example.com"}, Time: time.Now()}) == nil
}

func TestClientCredentials(t *testing.T) {
	i := &identity{expires: 600}
	s := httptest.NewServer(i)
	defer s.Close()
	c := client(t, connection.Connection{Base: s.URL, Private: true, Auth: connection.Auth{Kind: connection.ClientCredentials, ClientID: "client", Secret: "s&cret", TokenURL: s.URL + "/token"}})
	status := func(want int, tokenRequests int32) {
		t.Helper()
		if a, err := get(c, "/thing"); err != nil || a.Status != want || i.tokenRequests.Load() != tokenRequests {
			t.Errorf("status %d after %d logins, %v, want %d after %d", a.Status, i.tokenRequests.Load(), err, want, tokenRequests)
		}
	}
	status(200, 1)
	status(200, 1) // the token is kept
	i.current.Store("revoked")
	status(200, 2) // it logs in anew after a 401
	i.current.Store("revoked")
	i.refuse.Store(true)
	if _, err := get(c, "/thing"); err == nil || !strings.Contains(err.Error(), "invalid_client") || strings.Contains(err.Error(), "cret") {
		t.Errorf("a refused login: %v", err)
	}
}

func TestATokenThatLivesShortlyIsFetchedEachTime(t *testing.T) {
	i := &identity{expires: 10}
	s := httptest.NewServer(i)
	defer s.Close()
	c := client(t, connection.Connection{Base: s.URL, Private: true, Auth: connection.Auth{Kind: connection.ClientCredentials, ClientID: "client", Secret: "s&cret", TokenURL: s.URL + "/token"}})
	for n := range int32(2) {
		if a, err := get(c, "/thing"); err != nil || a.Status != 200 || i.tokenRequests.Load() != n+1 {
			t.Errorf("status %d after %d logins, %v", a.Status, i.tokenRequests.Load(), err)
		}
	}
}

func TestJWTBearer(t *testing.T) {
	k, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	var s *httptest.Server
	i := &identity{key: &k.PublicKey, base: func() string { return s.URL + "/instance/" }}
	s = httptest.NewServer(i)
	defer s.Close()
	auth := connection.Auth{Kind: connection.JWTBearer, ClientID: "client", Subject: "ann@example.com", Audience: "https://login.example.com", Signing: k, TokenURL: s.URL + "/token"}
	c := client(t, connection.Connection{Base: "https://unused.example.com", Private: true, Auth: auth})
	if a, err := get(c, "/thing"); err != nil || a.Status != 200 {
		t.Errorf("status %d, %v", a.Status, err)
	}
	other, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	auth.Signing = other
	if _, err := get(client(t, connection.Connection{Base: s.URL, Private: true, Auth: auth}), "/thing"); err == nil {
		t.Error("an assertion signed by another key is accepted")
	}
}
