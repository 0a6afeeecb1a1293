package auth_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"ringflow/internal/auth"
)

// Many processes that come with one right secret at once all get in, whoever
// repeats a wrong one takes no turn from anybody, and guesses at one client's
// secret hardly delay another client behind the same address.
func TestWhoKeepsNobodyWaiting(t *testing.T) {
	list := &unproven{ClientList: hashedClients(t)}
	synctest.Test(t, func(t *testing.T) {
		issuer := auth.NewIssuer(auth.IssuerConfig{Clients: list, Tokens: newMemory()})
		ask := func(id, secret string) (time.Duration, error) {
			r, began := basic(id, secret), time.Now()
			r.From = "office"
			_, err := issuer.Token(t.Context(), r)
			return time.Since(began), err
		}
		if d, err := ask("hashed", "old one"); err == nil || d != time.Second {
			t.Errorf("a wrong secret: %v after %v", err, d)
		}
		var all sync.WaitGroup
		for range 200 { // of a job that nobody has told of the new secret
			all.Go(func() {
				if d, err := ask("hashed", "old one"); err == nil || errors.Is(err, auth.ErrBusy) || d != time.Second {
					t.Errorf("a secret that was wrong before: %v after %v", err, d)
				}
			})
		}
		for range 200 {
			all.Go(func() {
				if d, err := ask("hashed", "right"); err != nil || d != 0 {
					t.Errorf("one of many with the right secret: %v after %v", err, d)
				}
			})
		}
		all.Wait()

		for n := range 100 {
			all.Go(func() { _, _ = ask("nobody", fmt.Sprint("guess ", n)) })
		}
		synctest.Wait()
		list.forget(t, "hashed")
		if d, err := ask("hashed", "right"); err != nil || d > 2*time.Second {
			t.Errorf("another client: %v after %v", err, d)
		}
		all.Wait()
	})
}

// A wrong secret that is right from a new configuration on is.
func TestAWrongSecretMayBecomeRight(t *testing.T) {
	list := hashedClients(t)
	synctest.Test(t, func(t *testing.T) {
		issuer := auth.NewIssuer(auth.IssuerConfig{Clients: list, Tokens: newMemory()})
		for _, id := range []string{"hashed", "plain", "new"} {
			if _, err := issuer.Token(t.Context(), basic(id, "next")); err == nil {
				t.Errorf("%s may have it already", id)
			}
			secret, err := auth.ParseSecretHash(cheaply(t, "next"))
			if err != nil {
				t.Fatal(err)
			}
			next := auth.ClientList{id: {ID: id, Account: "acme", Secrets: []*auth.SecretHash{secret}}}
			next.Inherit(list)
			list[id] = next[id]
			if _, err := issuer.Token(t.Context(), basic(id, "next")); err != nil {
				t.Errorf("%s: %v", id, err)
			}
		}
	})
}

// Whoever leads a check and goes away takes the others with it not.
func TestACheckOutlivesWhoBeganIt(t *testing.T) {
	list := hashedClients(t)
	synctest.Test(t, func(t *testing.T) {
		issuer := auth.NewIssuer(auth.IssuerConfig{Clients: list, Tokens: newMemory()})
		var all sync.WaitGroup
		all.Go(func() { _, _ = issuer.Token(t.Context(), basic("nobody", "x")) }) // has the turn
		synctest.Wait()
		first, cancel := context.WithCancel(t.Context())
		all.Go(func() {
			if _, err := issuer.Token(first, basic("hashed", "right")); !errors.Is(err, context.Canceled) {
				t.Errorf("who went away is told %v", err)
			}
		})
		synctest.Wait()
		for range 20 {
			all.Go(func() {
				if _, err := issuer.Token(t.Context(), basic("hashed", "right")); err != nil {
					t.Errorf("who stayed: %v", err)
				}
			})
		}
		synctest.Wait()
		cancel()
		all.Wait()
	})
}
