package auth_test

import (
	"bytes"
	"context"
	"crypto/pbkdf2"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"ringflow/internal/auth"
)

// cheaply is what auth.HashSecret returns, but for how many iterations it costs to
// derive, for tests of all else.
func cheaply(t *testing.T, secret string) string {
	t.Helper()
	const iterations = 1000
	salt := bytes.Repeat([]byte("salt"), 4)
	sum, err := pbkdf2.Key(sha256.New, secret, salt, iterations, sha256.Size)
	if err != nil {
		t.Fatal(err)
	}
	plain := base64.RawStdEncoding.EncodeToString
	return fmt.Sprintf("pbkdf2-sha256$%d$%s$%s", iterations, plain(salt), plain(sum))
}

// hashedClients are two whose secret is "right": one by its hash, one in the clear.
func hashedClients(t *testing.T) auth.ClientList {
	t.Helper()
	secret, err := auth.ParseSecretHash(cheaply(t, "right"))
	if err != nil {
		t.Fatal(err)
	}
	return auth.ClientList{
		"hashed": {ID: "hashed", Account: "acme", Secrets: []*auth.SecretHash{secret}},
		"plain":  {ID: "plain", Account: "acme", Secrets: []*auth.SecretHash{auth.HashOf("right")}},
		"gone":   {ID: "gone", Account: "acme", Secrets: []*auth.SecretHash{secret}, Disabled: true},
		"keys":   {ID: "keys", Account: "acme"},
	}
}

// unproven has a client's secret "right" by a hash that nobody has proven yet, in a
// configuration that is read while others ask.
type unproven struct {
	mu sync.Mutex
	auth.ClientList
}

func (u *unproven) Client(ctx context.Context, id string) (auth.Client, bool) {
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.ClientList.Client(ctx, id)
}

func (u *unproven) Hashed() bool { return true }

func (u *unproven) forget(t *testing.T, id string) {
	t.Helper()
	secret, err := auth.ParseSecretHash(cheaply(t, "right"))
	if err != nil {
		t.Fatal(err)
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	u.ClientList[id] = auth.Client{ID: id, Account: "acme", Secrets: []*auth.SecretHash{secret}}
}

// What is refused takes the same time whether there is such a client or not, and
// what is right takes none, but for the derivation itself.
func TestTimeTellsNothingOfHashedSecrets(t *testing.T) {
	list := hashedClients(t)
	synctest.Test(t, func(t *testing.T) {
		issuer := auth.NewIssuer(auth.IssuerConfig{Clients: list, Tokens: newMemory()})
		took := func(id, secret string) time.Duration {
			began := time.Now()
			_, err := issuer.Token(t.Context(), basic(id, secret))
			if (err == nil) != (secret == "right") {
				t.Errorf("%s: %v", id, err)
			}
			return time.Since(began)
		}
		refused := func() {
			for _, id := range []string{"hashed", "plain", "gone", "keys", "nobody", "a%20b"} {
				if d := took(id, "wrong"); d != time.Second {
					t.Errorf("%s is refused after %v", id, d)
				}
			}
		}
		refused()
		for range 3 {
			if d := took("hashed", "right") + took("plain", "right"); d != 0 {
				t.Errorf("right secrets wait for %v", d)
			}
		}
		refused() // now that it has been proven, too
	})
}

// However many guess from one place, another waits for one of their turns, whoever
// comes from the same place behind a burst of them for three at most, and whoever has
// proven its secret for none.
func TestGuessesDelayTheRightClientByOneTurn(t *testing.T) {
	list := &unproven{ClientList: hashedClients(t)}
	synctest.Test(t, func(t *testing.T) {
		issuer := auth.NewIssuer(auth.IssuerConfig{Clients: list, Tokens: newMemory()})
		ask := func(ctx context.Context, from, secret string) error {
			r := basic("hashed", secret)
			r.From = from
			_, err := issuer.Token(ctx, r)
			return err
		}
		var guesses sync.WaitGroup
		var mu sync.Mutex
		busy := 0
		for n := range 100 {
			guesses.Go(func() {
				err := ask(t.Context(), "stranger", fmt.Sprint("wrong ", n))
				mu.Lock()
				defer mu.Unlock()
				if errors.Is(err, auth.ErrBusy) {
					busy++
				}
			})
			synctest.Wait()
		}
		if busy != 83 { // one has its turn, 16 wait
			t.Errorf("%d of 100 guesses are told to come back", busy)
		}
		impatient, cancel := context.WithCancel(t.Context())
		guesses.Go(func() {
			if err := ask(impatient, "impatient", "right"); !errors.Is(err, context.Canceled) {
				t.Errorf("who went away is told %v", err)
			}
		})
		synctest.Wait()
		cancel()
		for from, most := range map[string]time.Duration{"home": 2 * time.Second, "stranger": 4 * time.Second} {
			list.forget(t, "hashed")
			began := time.Now()
			if err := ask(t.Context(), from, "right"); err != nil || time.Since(began) > most {
				t.Errorf("the right client from %s gets %v after %v", from, err, time.Since(began))
			}
			began = time.Now()
			if err := ask(t.Context(), from, "right"); err != nil || time.Since(began) != 0 {
				t.Errorf("the right client from %s, once it has proven its secret, gets %v after %v", from, err, time.Since(began))
			}
		}
		guesses.Wait()
	})
}

// Nor do those who guess without end, each as soon as it is answered, keep it out.
func TestGuessersWithoutEndDoNotKeepTheRightClientOut(t *testing.T) {
	list := &unproven{ClientList: hashedClients(t)}
	synctest.Test(t, func(t *testing.T) {
		issuer := auth.NewIssuer(auth.IssuerConfig{Clients: list, Tokens: newMemory()})
		ask := func(secret string) error {
			r := basic("hashed", secret)
			r.From = "office"
			_, err := issuer.Token(t.Context(), r)
			return err
		}
		over := make(chan struct{})
		var guessers sync.WaitGroup
		for i := range 15 {
			guessers.Go(func() {
				for n := 0; ; n++ {
					select {
					case <-over:
						return
					default:
						_ = ask(fmt.Sprint("wrong ", i, n))
					}
				}
			})
		}
		for range 20 {
			<-time.After(1700 * time.Millisecond)
			list.forget(t, "hashed")
			began := time.Now()
			if err := ask("right"); err != nil || time.Since(began) > 25*time.Second {
				t.Errorf("the right client gets %v after %v", err, time.Since(began))
			}
		}
		close(over)
		guessers.Wait()
	})
}

// Reading the configuration anew makes nobody prove a secret again.
func TestProvenSecretsAreInherited(t *testing.T) {
	hash := cheaply(t, "right")
	list := func(text string) auth.ClientList {
		s, err := auth.ParseSecretHash(text)
		if err != nil {
			t.Fatal(err)
		}
		return auth.ClientList{"c": {ID: "c", Secrets: []*auth.SecretHash{s}}}
	}
	older, newer := list(hash), list(hash)
	older["c"].Secrets[0].Prove("right")
	newer.Inherit(older)
	if !newer["c"].Secrets[0].Knows("right") {
		t.Error("a secret that has been proven is not known any more")
	}
	changed := list(cheaply(t, "other"))
	changed.Inherit(older)
	if changed["c"].Secrets[0].Knows("right") || !changed["c"].Secrets[0].Prove("other") {
		t.Error("the secret before is still taken")
	}
}
