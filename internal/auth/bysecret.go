package auth

import (
	"context"
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
// nobody has proven yet are all refused in the same way after the same time.
func (i *Issuer) bySecret(ctx context.Context, r Request, said ...credentials) (Client, error) {
	client, refusal := i.first(ctx, said, Client.knows)
	if refusal == nil || !i.config.Clients.Hashed() {
		return client, refusal
	}
	if r.Doubt != nil && !r.Doubt() {
		return Client{}, ErrBusy
	}
	if err := i.turns.take(ctx, r.From); err != nil {
		return Client{}, fmt.Errorf("check secret: %w", err)
	}
	began := time.Now()
	if client, refusal = i.first(ctx, said, Client.proves); refusal == nil {
		i.turns.pass()
		return client, nil
	}
	i.turns.spend(ctx, began)
	return Client{}, refusal
}

// first returns the client of the first spelling that is right, or why the first
// of all is not. The secret of no client is looked at as long as that of one.
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
		if err == nil {
			err = unproven(fmt.Sprintf("wrong secret of client %q", c.id))
		}
		if refusal == nil {
			refusal = err
		}
	}
	return Client{}, refusal
}
