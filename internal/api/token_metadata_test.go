package api_test

import (
	"context"
	"encoding/json"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4/jwt"

	"ringflow/internal/api"
	"ringflow/internal/auth"
)

// metadata is what clients read of RFC 8414's fields.
type metadata struct {
	Issuer        string   `json:"issuer"`
	TokenEndpoint string   `json:"token_endpoint"`
	AuthMethods   []string `json:"token_endpoint_auth_methods_supported"`
	Algorithms    []string `json:"token_endpoint_auth_signing_alg_values_supported"`
	ResponseTypes []string `json:"response_types_supported"`
	GrantTypes    []string `json:"grant_types_supported"`
	Scopes        []string `json:"scopes_supported"`
}

// at sends a request as it comes over a connection to an address of the server.
func (w *world) at(local, method, target, host, body string) *httptest.ResponseRecorder {
	w.t.Helper()
	r := httptest.NewRequest(method, target, strings.NewReader(body))
	r.Host = host
	address, err := net.ResolveTCPAddr("tcp", local)
	if err != nil {
		w.t.Fatal(err)
	}
	r = r.WithContext(context.WithValue(r.Context(), http.LocalAddrContextKey, net.Addr(address)))
	answer := httptest.NewRecorder()
	w.handler.ServeHTTP(answer, r)
	return answer
}

func TestMetadata(t *testing.T) {
	for _, c := range []struct {
		name, url, local, host string
		issuer                 string
	}{
		{"the address that was used", "", "127.0.0.1:8080", "127.0.0.1:8080", "http://127.0.0.1:8080"},
		{"by name on loopback", "", "127.0.0.1:8080", "localhost:8080", "http://localhost:8080"},
		{"IPv6", "", "[::1]:8080", "[::1]:8080", "http://[::1]:8080"},
		{"IPv4 on a socket of IPv6", "", "[::ffff:192.0.2.7]:8080", "192.0.2.7:8080", "http://192.0.2.7:8080"},
		{"the port of http", "", "192.0.2.7:80", "192.0.2.7", "http://192.0.2.7"},
		{"a name that the sender makes up", "", "192.0.2.7:8080", "elsewhere.example", "http://192.0.2.7:8080"},
		{"localhost from outside", "", "192.0.2.7:8080", "localhost:8080", "http://192.0.2.7:8080"},
		{"behind a proxy", "https://calls.example.com", "127.0.0.1:8080", "calls.example.com", "https://calls.example.com"},
		{"behind a proxy that keeps the host to itself", "https://calls.example.com", "127.0.0.1:8080", "127.0.0.1:8080", "https://calls.example.com"},
		{"below a path", "https://example.com/calls", "127.0.0.1:8080", "example.com", "https://example.com/calls"},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t, func(config *api.Config) { config.URL = c.url })
			paths := []string{"/.well-known/oauth-authorization-server", "/.well-known/oauth-authorization-server/", "/.well-known/openid-configuration"}
			if strings.HasSuffix(c.url, "/calls") {
				paths = append(paths, "/.well-known/oauth-authorization-server/calls", "/.well-known/openid-configuration/calls", "/.well-known/oauth-authorization-server/calls/")
			}
			for _, path := range paths {
				answer := w.at(c.local, "GET", path, c.host, "")
				var got metadata
				if err := json.Unmarshal(answer.Body.Bytes(), &got); err != nil || answer.Code != 200 {
					t.Fatalf("%s: %d %s", path, answer.Code, answer.Body)
				}
				if got.Issuer != c.issuer || got.TokenEndpoint != c.issuer+"/oauth/token" {
					t.Errorf("%s: issuer %s with %s, want %s", path, got.Issuer, got.TokenEndpoint, c.issuer)
				}
				if !slices.Equal(got.AuthMethods, []string{"client_secret_basic", "client_secret_post", "private_key_jwt"}) || !slices.Contains(got.Algorithms, "ES256") ||
					got.ResponseTypes == nil || len(got.ResponseTypes) != 0 || !slices.Equal(got.GrantTypes, []string{"client_credentials"}) || !slices.Contains(got.Scopes, auth.ScopeStart) {
					t.Errorf("%s: %+v", path, got)
				}
			}
			if answer := w.at(c.local, "GET", "/.well-known/oauth-authorization-server/other", c.host, ""); answer.Code != 404 {
				t.Errorf("another issuer has metadata: %d", answer.Code)
			}
		})
	}
}

// Where no secret is taken in the body, the metadata offers none.
func TestMetadataWithoutFormSecret(t *testing.T) {
	w := newWorld(t, func(c *api.Config) {
		c.Issuer = auth.NewIssuer(auth.IssuerConfig{Clients: auth.ClientList{}, NoFormSecret: true})
	})
	answer := w.do("GET", "/.well-known/oauth-authorization-server", "", "")
	if strings.Contains(answer.Body.String(), "client_secret_post") || !strings.Contains(answer.Body.String(), "private_key_jwt") {
		t.Errorf("%d %s", answer.Code, answer.Body)
	}
}

// An assertion may name the issuer that the metadata tells, and nothing that the
// sender could make the server say.
func TestAssertionForTheIssuer(t *testing.T) {
	client, signed := signingFor(t, "robot")
	for _, c := range []struct {
		name, url, local, host, aud string
		status                      int
	}{
		{"issuer", "", "127.0.0.1:8080", "127.0.0.1:8080", "http://127.0.0.1:8080", 200},
		{"issuer with a slash", "", "127.0.0.1:8080", "127.0.0.1:8080", "http://127.0.0.1:8080/", 200},
		{"token URL", "", "127.0.0.1:8080", "127.0.0.1:8080", "http://127.0.0.1:8080/oauth/token", 200},
		{"by name", "", "127.0.0.1:8080", "localhost:8080", "http://localhost:8080", 200},
		{"of the configuration", "https://calls.example.com", "127.0.0.1:8080", "x", "https://calls.example.com", 200},
		{"token URL of the configuration", "https://calls.example.com", "127.0.0.1:8080", "x", "https://calls.example.com/oauth/token", 200},
		{"inside of the proxy", "https://calls.example.com", "127.0.0.1:8080", "x", "http://127.0.0.1:8080/oauth/token", 200},
		{"of another server, named by the sender", "", "127.0.0.1:8080", "elsewhere.example", "http://elsewhere.example", 400},
		{"of another port", "", "127.0.0.1:8080", "127.0.0.1:9090", "http://127.0.0.1:9090", 400},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t, nil)
			config := auth.IssuerConfig{Clients: auth.ClientList{"robot": client}, Tokens: onlyOnce{w}}
			w = newWorld(t, func(a *api.Config) { a.URL, a.Issuer = c.url, auth.NewIssuer(config) })
			form := url.Values{"grant_type": {"client_credentials"}, "client_assertion_type": {"urn:ietf:params:oauth:client-assertion-type:jwt-bearer"},
				"client_assertion": {signed(jwt.Claims{Issuer: "robot", Subject: "robot", Audience: jwt.Audience{c.aud}, ID: "1", Expiry: jwt.NewNumericDate(time.Now().Add(time.Minute))})}}
			answer := w.at(c.local, "POST", "/oauth/token", c.host, form.Encode())
			if answer.Code != c.status {
				t.Errorf("%d %s, want %d", answer.Code, answer.Body, c.status)
			}
			if c.status == 400 && (!strings.Contains(answer.Body.String(), "aud must hold the issuer or the token URL") || answer.Header().Get("WWW-Authenticate") != "") {
				t.Errorf("%s %v", answer.Body, answer.Header())
			}
		})
	}
}
