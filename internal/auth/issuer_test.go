package auth_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"ringflow/internal/auth"
)

func clients() auth.ClientList {
	return auth.ClientList{
		"acceptance": {
			ID: "acceptance", Account: "acme",
			Secrets: []*auth.SecretHash{auth.HashOf("acceptance-secret"), auth.HashOf("new:secret")},
			Scopes:  []string{auth.ScopeStart, auth.ScopeFlowsRead},
		},
		"a b&c":  {ID: "a b&c", Account: "acme", Secrets: []*auth.SecretHash{auth.HashOf("s+1%=")}, Scopes: []string{auth.ScopeStart}},
		"gone":   {ID: "gone", Account: "acme", Secrets: []*auth.SecretHash{auth.HashOf("x")}, Disabled: true},
		"nosecr": {ID: "nosecr", Account: "acme"},
	}
}

func basic(user, password string) auth.Request {
	return auth.Request{GrantType: "client_credentials", Basic: &auth.Basic{User: user, Password: password}}
}

func TestToken(t *testing.T) {
	with := func(r auth.Request, change func(*auth.Request)) auth.Request { change(&r); return r }
	good := basic("acceptance", "acceptance-secret")
	for _, c := range []struct {
		name    string
		request auth.Request
		code    string // empty: a token
		reason  string
		scopes  string
	}{
		{"basic", good, "", "", "flows-interactions:start flows:read"},
		{"the second secret", basic("acceptance", "new:secret"), "", "", "flows-interactions:start flows:read"},
		{"basic, raw specials", basic("a b&c", "s+1%="), "", "", auth.ScopeStart},
		{"basic, form-encoded", basic("a+b%26c", "s%2B1%25%3D"), "", "", auth.ScopeStart},
		{"secret in the body", auth.Request{GrantType: "client_credentials", ClientID: "acceptance", Secret: "acceptance-secret"}, "", "", "flows-interactions:start flows:read"},
		{"one scope", with(good, func(r *auth.Request) { r.Scope = " flows:read " }), "", "", "flows:read"},
		{"the same scope twice", with(good, func(r *auth.Request) { r.Scope = "flows:read flows:read" }), "", "", "flows:read"},
		{"client_id beside basic", with(good, func(r *auth.Request) { r.ClientID = "acceptance" }), "", "", "flows-interactions:start flows:read"},

		{"no grant type", with(good, func(r *auth.Request) { r.GrantType = "" }), auth.InvalidRequest, "grant_type", ""},
		{"another grant type", with(good, func(r *auth.Request) { r.GrantType = "password" }), auth.UnsupportedGrantType, "client_credentials", ""},
		{"no authentication", auth.Request{GrantType: "client_credentials"}, auth.InvalidClient, "missing", ""},
		{"client_id alone", auth.Request{GrantType: "client_credentials", ClientID: "acceptance"}, auth.InvalidClient, "missing", ""},
		{"two ways", with(good, func(r *auth.Request) { r.Secret = "x" }), auth.InvalidRequest, "one way", ""},
		{"another client_id", with(good, func(r *auth.Request) { r.ClientID = "gone" }), auth.InvalidRequest, "another client", ""},
		{"wrong secret", basic("acceptance", "acceptance-secreT"), auth.InvalidClient, "wrong secret", ""},
		{"wrong secret, form-encoded", basic("a+b%26c", "x"), auth.InvalidClient, `wrong secret of client "a b&c"`, ""},
		{"empty secret", basic("acceptance", ""), auth.InvalidClient, "wrong secret", ""},
		{"unknown client", basic("nobody", "x"), auth.InvalidClient, "no client", ""},
		{"disabled client", basic("gone", "x"), auth.InvalidClient, "disabled", ""},
		{"client without a secret", basic("nosecr", ""), auth.InvalidClient, "wrong secret", ""},
		{"scope not granted", with(good, func(r *auth.Request) { r.Scope = "flows:read recordings:read" }), auth.InvalidScope, "recordings:read", ""},
		{"assertion type alone", auth.Request{GrantType: "client_credentials", AssertionType: "x"}, auth.InvalidRequest, "client_assertion_type", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			issuer := auth.NewIssuer(auth.IssuerConfig{Clients: clients(), Tokens: newMemory()})
			token, err := issuer.Token(t.Context(), c.request)
			if c.code == "" {
				if err != nil || strings.Join(token.Scopes, " ") != c.scopes || token.ExpiresIn != 600*time.Second {
					t.Fatalf("got %+v, %v, want scopes %q for 600 s", token.Scopes, err, c.scopes)
				}
				p, err := issuer.Verify(t.Context(), token.Access)
				if err != nil || p.Account != "acme" || !p.May(token.Scopes[0]) || p.May("other") {
					t.Fatalf("Verify: %+v, %v", p, err)
				}
				return
			}
			var refusal *auth.Error
			if !errors.As(err, &refusal) || refusal.Code != c.code || !strings.Contains(refusal.Reason, c.reason) {
				t.Fatalf("got %v, want %s with %q", err, c.code, c.reason)
			}
			if token.Access != "" {
				t.Error("a refused request has a token")
			}
			for _, secret := range []string{"acceptance-secret", "acceptance-secreT", "new:secret"} {
				if strings.Contains(refusal.Reason+refusal.Description, secret) {
					t.Errorf("the refusal tells the secret: %v", refusal)
				}
			}
		})
	}
}

// A stranger must not learn from an answer which clients exist.
func TestRefusalsTellStrangersNothing(t *testing.T) {
	issuer := auth.NewIssuer(auth.IssuerConfig{Clients: clients(), Tokens: newMemory()})
	texts := map[string]bool{}
	for _, r := range []auth.Request{basic("acceptance", "x"), basic("nobody", "x"), basic("gone", "x"), basic("nosecr", "x")} {
		_, err := issuer.Token(t.Context(), r)
		var refusal *auth.Error
		if !errors.As(err, &refusal) {
			t.Fatalf("%v: %v", r.Basic, err)
		}
		texts[refusal.Code+refusal.Description] = true
	}
	if len(texts) != 1 {
		t.Errorf("answers differ: %v", texts)
	}
}

func TestFormSecretCanBeSwitchedOff(t *testing.T) {
	issuer := auth.NewIssuer(auth.IssuerConfig{Clients: clients(), Tokens: newMemory(), NoFormSecret: true})
	_, err := issuer.Token(t.Context(), auth.Request{GrantType: "client_credentials", ClientID: "acceptance", Secret: "acceptance-secret"})
	var refusal *auth.Error
	if !errors.As(err, &refusal) || refusal.Code != auth.InvalidRequest {
		t.Errorf("got %v, want invalid_request", err)
	}
}

func TestVerify(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store, list := newMemory(), clients()
		issue := func() (*auth.Issuer, string) {
			issuer := auth.NewIssuer(auth.IssuerConfig{Clients: list, Tokens: store})
			token, err := issuer.Token(t.Context(), basic("acceptance", "acceptance-secret"))
			if err != nil {
				t.Fatal(err)
			}
			return issuer, token.Access
		}
		verify := func(i *auth.Issuer, token string, want error) {
			t.Helper()
			if _, err := i.Verify(t.Context(), token); !errors.Is(err, want) {
				t.Errorf("Verify says %v, want %v", err, want)
			}
		}
		issuer, token := issue()
		verify(issuer, token, nil)
		if store.reads != 0 {
			t.Errorf("a token in use costs %d reads", store.reads)
		}
		restarted := auth.NewIssuer(auth.IssuerConfig{Clients: list, Tokens: store})
		verify(restarted, token, nil)
		verify(restarted, token, nil)
		if store.reads != 1 {
			t.Errorf("after a restart a token costs %d reads, want 1", store.reads)
		}
		for _, wrong := range []string{"", "x", token[:len(token)-1], token + "x", strings.ToLower(token), "rf_" + strings.Repeat("A", 43)} {
			verify(issuer, wrong, auth.ErrNoToken)
		}
		time.Sleep(auth.TokenLife - time.Nanosecond)
		verify(issuer, token, nil)
		verify(restarted, token, nil)
		time.Sleep(time.Nanosecond)
		verify(issuer, token, auth.ErrTokenExpired)
		verify(restarted, token, auth.ErrTokenExpired)

		issuer, token = issue()
		changed := list["acceptance"]
		changed.Scopes = []string{auth.ScopeFlowsRead}
		list["acceptance"] = changed
		if p, err := issuer.Verify(t.Context(), token); err != nil || p.May(auth.ScopeStart) || !p.May(auth.ScopeFlowsRead) {
			t.Errorf("a scope taken from the client is still held: %+v, %v", p, err)
		}
		changed.Disabled = true
		list["acceptance"] = changed
		verify(issuer, token, auth.ErrClientGone)
		delete(list, "acceptance")
		verify(issuer, token, auth.ErrClientGone)
	})
}

func TestNoTokenThatIsNotKept(t *testing.T) {
	store := newMemory()
	store.fail = errors.New("disk full")
	issuer := auth.NewIssuer(auth.IssuerConfig{Clients: clients(), Tokens: store})
	token, err := issuer.Token(t.Context(), basic("acceptance", "acceptance-secret"))
	var refusal *auth.Error
	if !errors.Is(err, store.fail) || errors.As(err, &refusal) || token.Access != "" {
		t.Errorf("got %v, %v, want the store's error and no token", token.Access, err)
	}
	_, err = issuer.Verify(t.Context(), "rf_"+strings.Repeat("A", 43))
	if !errors.Is(err, store.fail) || errors.Is(err, auth.ErrNoToken) {
		t.Errorf("Verify says %v, want the store's error", err)
	}
}

func TestTokensAreNotKeptInTheClear(t *testing.T) {
	store := newMemory()
	issuer := auth.NewIssuer(auth.IssuerConfig{Clients: clients(), Tokens: store})
	seen := map[string]bool{}
	for range 100 {
		token, err := issuer.Token(t.Context(), basic("acceptance", "acceptance-secret"))
		if err != nil || seen[token.Access] {
			t.Fatalf("token repeated or refused: %v", err)
		}
		seen[token.Access] = true
		if strings.Contains(fmt.Sprintf("%+v", store.tokens), token.Access) {
			t.Fatal("the token itself is kept")
		}
	}
}

func BenchmarkToken(b *testing.B) {
	issuer := auth.NewIssuer(auth.IssuerConfig{Clients: clients(), Tokens: newMemory()})
	for b.Loop() {
		if _, err := issuer.Token(context.Background(), basic("acceptance", "acceptance-secret")); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkVerify(b *testing.B) {
	issuer := auth.NewIssuer(auth.IssuerConfig{Clients: clients(), Tokens: newMemory()})
	token, err := issuer.Token(b.Context(), basic("acceptance", "acceptance-secret"))
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if _, err := issuer.Verify(b.Context(), token.Access); err != nil {
			b.Fatal(err)
		}
	}
}
