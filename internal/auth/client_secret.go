package auth

import (
	"context"
	"crypto/sha256"
	"fmt"
	"net/url"
	"time"
)

// credentials are a client's id and what is said to be its secret.
type credentials struct{ id, secret string }

// spellings are user and password as they stand, then form-decoded as RFC 6749
// §2.3.1 wants and few clients do, if that is something else.
func (b Basic) spellings() []credentials {
	said := []credentials{{b.User, b.Password}}
	user, errUser := url.QueryUnescape(b.User)
	password, errPassword := url.QueryUnescape(b.Password)
	if plain := (credentials{user, password}); errUser == nil && errPassword == nil && plain != said[0] {
		said = append(said, plain)
	}
	return said
}

// bySecret authenticates a client by the first of the spellings that is right. A
// secret that is known takes microseconds. Where any client's is a hash, whatever
// is not known waits for a turn, in which it may be proven: one that is wrong,
// one of a client that does not exist, is disabled or has no secret, and one that
// nobody has proven yet are all refused in the same way after the same time. The
// same secret sent many times over is one check, and one that was wrong before
// takes as long and no turn: whoever repeats a wrong one keeps nobody waiting.
func (i *Issuer) bySecret(ctx context.Context, r Request, said ...credentials) (Client, error) {
	client, refusal := i.first(ctx, said, Client.knows)
	if refusal == nil || !i.config.Clients.Hashed() {
		return client, refusal
	}
	if i.refuted(ctx, said) {
		i.turns.delay(ctx)
		return Client{}, refusal
	}
	return i.checks.do(ctx, i.checkOf(r.From, said), func() (Client, error) { return i.prove(ctx, r.From, said) })
}

// prove takes a turn to derive what is said.
func (i *Issuer) prove(ctx context.Context, from string, said []credentials) (Client, error) {
	if err := i.turns.acquire(ctx, from, said[0].id); err != nil {
		return Client{}, fmt.Errorf("check secret: %w", err)
	}
	began := time.Now()
	client, refusal := i.first(ctx, said, Client.proves)
	if refusal == nil {
		i.turns.release()
		return client, nil
	}
	for _, c := range said {
		for _, s := range i.secretsOf(ctx, c.id) {
			s.rememberWrong(c.id, c.secret)
		}
	}
	i.turns.releaseRefused(ctx, began)
	return Client{}, refusal
}

// first returns the client of the first spelling that is right, or why none is. The
// secret of no client is looked at as long as that of one.
func (i *Issuer) first(ctx context.Context, said []credentials, right func(Client, string) bool) (Client, error) {
	var refusal error
	for _, c := range said {
		client, err := i.client(ctx, c.id)
		switch {
		case err != nil || len(client.Secrets) == 0:
			i.decoy.Knows(c.secret)
		case right(client, c.secret):
			return client, nil
		}
		switch {
		case err == nil: // says more than that the other spelling is nobody's
			refusal = unproven(fmt.Sprintf("wrong secret of client %q", c.id))
		case refusal == nil:
			refusal = err
		}
	}
	return Client{}, refusal
}

// secretsOf are those of a client, and what stands for them if it has none that
// may be used.
func (i *Issuer) secretsOf(ctx context.Context, id string) []*SecretHash {
	if client, err := i.client(ctx, id); err == nil && len(client.Secrets) > 0 {
		return client.Secrets
	}
	return []*SecretHash{i.decoy}
}

// refuted reports whether every spelling has been wrong before.
func (i *Issuer) refuted(ctx context.Context, said []credentials) bool {
	for _, c := range said {
		for _, s := range i.secretsOf(ctx, c.id) {
			if !s.knownWrong(c.id, c.secret) {
				return false
			}
		}
	}
	return true
}

// checkOf is the same for requests that say the same from the same place, and
// tells nothing of the secret.
func (i *Issuer) checkOf(from string, said []credentials) checkKey {
	k := checkKey{from: from}
	for _, c := range said {
		k.said = i.decoy.mac(string(k.said[:]) + c.id + "\x00" + c.secret)
	}
	return k
}

// checkKey names a check.
type checkKey struct {
	from string
	said [sha256.Size]byte
}
