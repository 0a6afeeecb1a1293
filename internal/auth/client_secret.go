package auth

import (
	"cmp"
	"context"
	"crypto/sha256"
	"fmt"
	"net/url"
	"time"
)

// credentials are a client's id and a candidate for its secret.
type credentials struct{ id, secret string }

// spellings are user and password as they stand, then form-decoded as RFC 6749
// §2.3.1 wants and few clients do, if that is something else.
func (b Basic) spellings() []credentials {
	given := []credentials{{b.User, b.Password}}
	user, errUser := url.QueryUnescape(b.User)
	password, errPassword := url.QueryUnescape(b.Password)
	if plain := (credentials{user, password}); errUser == nil && errPassword == nil && plain != given[0] {
		given = append(given, plain)
	}
	return given
}

// bySecret authenticates a client by the first of the spellings that is right. A proven
// secret takes microseconds. Where any client's is a hash, any other waits in the queue
// for its derivation: a wrong one, one of a client that does not exist, is disabled or
// has no secret, and one that is not proven yet are refused in the same way after the
// same time. The same secret sent several times is one check, and one that was wrong
// before takes as long without a slot of the queue.
func (i *Issuer) bySecret(ctx context.Context, r Request, given ...credentials) (Client, error) {
	client, refusal := i.first(ctx, given, (*SecretHash).Knows)
	if refusal == nil || !i.config.Clients.Hashed() {
		return client, refusal
	}
	if i.refuted(ctx, given) {
		i.secrets.delay(ctx)
		return Client{}, refusal
	}
	return i.checks.do(ctx, i.checkOf(r.From, given), func() (Client, error) { return i.prove(ctx, r.From, given) })
}

// prove waits for a slot of the queue and derives the secrets.
func (i *Issuer) prove(ctx context.Context, from string, given []credentials) (Client, error) {
	if err := i.secrets.acquire(ctx, from, given[0].id); err != nil {
		return Client{}, fmt.Errorf("check secret: %w", err)
	}
	began := time.Now()
	client, refusal := i.first(ctx, given, (*SecretHash).Prove)
	if refusal == nil {
		i.secrets.release()
		return client, nil
	}
	for _, c := range given {
		for _, s := range i.secretsOf(ctx, c.id) {
			s.rememberWrong(c.id, c.secret)
		}
	}
	i.secrets.releaseRefused(ctx, began)
	return Client{}, refusal
}

// first returns the client of the first spelling that is right, or why none is. An
// unknown client takes as long as a known one.
func (i *Issuer) first(ctx context.Context, given []credentials, right func(*SecretHash, string) bool) (Client, error) {
	var refusal error
	for _, c := range given {
		client, err := i.client(ctx, c.id)
		if err != nil || len(client.Secrets) == 0 {
			i.decoy.Knows(c.secret)
		} else if client.knows(c.secret, right) {
			return client, nil
		}
		if err == nil { // more exact than that the other spelling is unknown
			refusal = unproven(fmt.Sprintf("wrong secret of client %q", c.id))
		}
		refusal = cmp.Or(refusal, err)
	}
	return Client{}, refusal
}

// secretsOf returns the secrets of a client, or the decoy if it has none.
func (i *Issuer) secretsOf(ctx context.Context, id string) []*SecretHash {
	if client, err := i.client(ctx, id); err == nil && len(client.Secrets) > 0 {
		return client.Secrets
	}
	return []*SecretHash{i.decoy}
}

// refuted reports whether every spelling has been wrong before.
func (i *Issuer) refuted(ctx context.Context, given []credentials) bool {
	for _, c := range given {
		for _, s := range i.secretsOf(ctx, c.id) {
			if !s.knownWrong(c.id, c.secret) {
				return false
			}
		}
	}
	return true
}

// checkOf is the same for equal credentials from the same source, and reveals nothing of
// the secret.
func (i *Issuer) checkOf(from string, given []credentials) checkKey {
	k := checkKey{from: from}
	for _, c := range given {
		k.given = i.decoy.mac(string(k.given[:]) + c.id + "\x00" + c.secret)
	}
	return k
}

// checkKey names a check.
type checkKey struct {
	from  string
	given [sha256.Size]byte
}
