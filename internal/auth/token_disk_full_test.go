package auth_test

import (
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"ringflow/internal/auth"
)

// A client gets a token while nothing can be kept, and may use it for as long as any
// other; however many are issued, none of them is dropped.
func TestTokensOfAFullDisk(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMemory()
		issuer := auth.NewIssuer(auth.IssuerConfig{Clients: clients(), Tokens: m})
		issue := func() string {
			t.Helper()
			token, err := issuer.Token(t.Context(), basic("acceptance", "acceptance-secret"))
			if err != nil || token.ExpiresIn != auth.TokenLife {
				t.Fatal(token.ExpiresIn, err)
			}
			return token.Access
		}
		m.full = fmt.Errorf("%w: no space left", auth.ErrNotStored)
		held := issue()
		if len(m.tokens) != 0 {
			t.Fatal("it was kept")
		}
		m.full = nil
		for range 50_001 { // more than the cache holds
			issue()
		}
		m.fail = errors.New("gone") // not even to be read
		if p, err := issuer.Verify(t.Context(), held); err != nil || p.Account != "acme" || !p.May(auth.ScopeStart) || !issuer.Remembers(held) {
			t.Errorf("amid the failure: %+v, %v", p, err)
		}
		if _, err := issuer.Token(t.Context(), basic("acceptance", "acceptance-secret")); !errors.Is(err, m.fail) {
			t.Errorf("a fault that is none of the disk: %v", err)
		}
		<-time.After(auth.TokenLife)
		if _, err := issuer.Verify(t.Context(), held); !errors.Is(err, auth.ErrTokenExpired) {
			t.Errorf("at its end: %v", err)
		}
	})
}

// An assertion lets its client in once, whether the disk keeps it or not, and also
// where the disk fails or is mended in between.
func TestAssertionsOfAFullDisk(t *testing.T) {
	es := signers(t)["ES256"]
	key, err := auth.ParsePublicKey(es.kid, "ES256", publicPEM(t, es.key))
	if err != nil {
		t.Fatal(err)
	}
	full := fmt.Errorf("%w: no space left", auth.ErrNotStored)
	synctest.Test(t, func(t *testing.T) {
		m := newMemory()
		issuer := auth.NewIssuer(auth.IssuerConfig{
			Clients: auth.ClientList{"robot": {ID: "robot", Account: "acme", Keys: []auth.PublicKey{key}}}, Tokens: m, Audiences: []string{tokenURL},
		})
		n := 0
		next := func() string {
			n++
			return sign(t, es, map[string]any{"iss": "robot", "sub": "robot", "aud": tokenURL, "jti": fmt.Sprint(n), "exp": time.Now().Add(5 * time.Minute).Unix()})
		}
		use := func(text string) (first bool) {
			t.Helper()
			_, err := issuer.Token(t.Context(), assertion(text))
			var refused *auth.Error
			if err != nil && !errors.As(err, &refused) {
				t.Fatal(err)
			}
			return err == nil
		}
		before, amid, unread := next(), next(), next()
		if !use(before) {
			t.Error("an assertion is refused")
		}
		m.full = full
		if use(before) || !use(amid) || use(amid) {
			t.Error("amid the failure one that was used is taken, or one that was not is refused")
		}
		m.unread = errors.New("gone")
		if _, err := issuer.Token(t.Context(), assertion(unread)); !errors.Is(err, m.unread) {
			t.Errorf("where nobody knows whether it was used: %v", err)
		}
		m.full, m.unread = nil, nil
		if use(before) || use(amid) || !use(unread) || use(unread) {
			t.Error("after the failure one that was used is taken, or one that was not is refused")
		}
		if !m.used["robot\x002"] {
			t.Error("what was used meanwhile was not kept")
		}
		m.full = full
		var all sync.WaitGroup
		for range 200 { // of which each is sent many times, while the disk comes and goes
			text := next()
			var first atomic.Int64
			for i := range 8 {
				all.Go(func() {
					if use(text) {
						first.Add(1)
					}
				})
				all.Go(func() {
					m.mu.Lock()
					defer m.mu.Unlock()
					if m.full = nil; i%2 == 0 {
						m.full = full
					}
				})
			}
			all.Wait()
			if got := first.Load(); got > 1 {
				t.Fatalf("one assertion let its client in %d times", got)
			}
		}
	})
}
