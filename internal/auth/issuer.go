package auth

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// IssuerConfig is what an Issuer works with.
type IssuerConfig struct {
	Clients Clients
	Tokens  Tokens
	// Audiences are aud values that an assertion may carry besides those of
	// Request.Audiences: the token URL and the issuer as clients know them. Without
	// any of either no assertion is accepted.
	Audiences []string
	// NoFormSecret refuses a secret in the body of the request.
	NoFormSecret bool
}

// Issuer issues and verifies tokens. Its methods may be called by several
// goroutines.
type Issuer struct {
	config  IssuerConfig
	cache   cache
	secrets secretQueue
	checks  checks
	spent   spent
	decoy   *SecretHash // stands for those of clients that there are not
}

// NewIssuer returns an Issuer.
func NewIssuer(c IssuerConfig) *Issuer {
	return &Issuer{
		config: c, decoy: newSecretHash(),
		cache:  cache{tokens: map[TokenHash]TokenRecord{}, memoryOnly: map[TokenHash]TokenRecord{}},
		checks: checks{running: map[checkKey]*check{}},
		spent:  spent{until: map[assertionID]time.Time{}},
	}
}

// TakesFormSecret reports whether a secret in the body of the request is taken.
func (i *Issuer) TakesFormSecret() bool { return !i.config.NoFormSecret }

// Token issues a token. Where it cannot be kept now (ErrNotStored) it is known to this
// Issuer alone: what a client may do without the record, such as ending its calls,
// it may do while the disk is full. A refusal is an *Error. ErrBusy and the error of
// ctx mean that a secret was not checked; any other error that the token could not
// be made durable, and none was issued.
func (i *Issuer) Token(ctx context.Context, r Request) (Token, error) {
	if r.GrantType != "client_credentials" {
		if r.GrantType == "" {
			return Token{}, refuse(InvalidRequest, "grant_type is missing, want client_credentials")
		}
		return Token{}, refuse(UnsupportedGrantType, "grant_type must be client_credentials")
	}
	client, err := i.authenticate(ctx, r)
	if err != nil {
		return Token{}, err
	}
	scopes, err := grant(client, r.Scope)
	if err != nil {
		return Token{}, err
	}
	token, now := newToken(), time.Now()
	record := TokenRecord{
		Hash: hashToken(token), Client: client.ID, Account: client.Account,
		Scopes: scopes, Expires: now.Add(TokenLife),
	}
	switch err := i.config.Tokens.AddToken(ctx, record); {
	case err == nil:
		i.cache.put(record, now)
	case !errors.Is(err, ErrNotStored) || !i.cache.hold(record, now):
		return Token{}, fmt.Errorf("keep token: %w", err)
	}
	return Token{Access: token, ExpiresIn: TokenLife, Scopes: scopes}, nil
}

// authenticate finds the client of a request by the one way it uses.
func (i *Issuer) authenticate(ctx context.Context, r Request) (Client, error) {
	ways := 0
	for _, used := range []bool{r.Basic != nil, r.Secret != "", r.Assertion != "" || r.AssertionType != ""} {
		if used {
			ways++
		}
	}
	if ways > 1 {
		return Client{}, refuse(InvalidRequest, "use one way of client authentication only (RFC 6749 §2.3)")
	}
	var client Client
	var err error
	switch {
	case r.Basic != nil:
		client, err = i.bySecret(ctx, r, r.Basic.spellings()...)
	case r.Secret != "" && i.config.NoFormSecret:
		return Client{}, refuse(InvalidRequest, "a secret in the body is not accepted: use HTTP Basic or private_key_jwt")
	case r.Secret != "":
		client, err = i.bySecret(ctx, r, credentials{r.ClientID, r.Secret})
	case ways == 1:
		client, err = i.byAssertion(ctx, r)
	default:
		return Client{}, refuse(InvalidClient, "client authentication is missing: use HTTP Basic or private_key_jwt")
	}
	if err != nil {
		return Client{}, err
	}
	if r.ClientID != "" && r.ClientID != client.ID {
		return Client{}, refuse(InvalidRequest, "client_id names another client than the one that authenticates")
	}
	return client, nil
}

// client finds a client that may be used.
func (i *Issuer) client(ctx context.Context, id string) (Client, error) {
	client, known := i.config.Clients.Client(ctx, id)
	switch {
	case !known:
		return Client{}, unproven(fmt.Sprintf("no client %.64q", id))
	case client.Disabled:
		return Client{}, unproven(fmt.Sprintf("client %q is disabled", id))
	}
	return client, nil
}

// grant returns the scopes asked for, or all that the client may have.
func grant(c Client, asked string) ([]string, error) {
	want := strings.Fields(asked)
	if len(want) == 0 {
		return slices.Clone(c.Scopes), nil
	}
	var granted []string
	for _, s := range want {
		if !slices.Contains(c.Scopes, s) {
			return nil, refuse(InvalidScope, fmt.Sprintf("client %q may not have the scope %.64q; it may have %s", c.ID, s, strings.Join(c.Scopes, " ")))
		}
		if !slices.Contains(granted, s) {
			granted = append(granted, s)
		}
	}
	return granted, nil
}

// Remembers reports whether Verify needs no query for a token, because it was
// issued or asked for since the start. It may remember one that has expired.
func (i *Issuer) Remembers(bearer string) bool {
	_, known := i.cache.get(hashToken(bearer))
	return known
}

// TokenForm reports whether a token could be one that an Issuer has issued: one
// that is not valid has expired or is made up.
func TokenForm(bearer string) bool {
	return len(bearer) == tokenLength && strings.HasPrefix(bearer, tokenPrefix)
}

// Verify returns whom a token speaks for: ErrNoToken, ErrTokenExpired or
// ErrClientGone if its client does not exist.
func (i *Issuer) Verify(ctx context.Context, bearer string) (Principal, error) {
	if !TokenForm(bearer) {
		return Principal{}, ErrNoToken
	}
	hash, now := hashToken(bearer), time.Now()
	record, known := i.cache.get(hash)
	if !known {
		var err error
		if record, err = i.config.Tokens.Token(ctx, hash); errors.Is(err, ErrNoToken) {
			return Principal{}, ErrNoToken
		} else if err != nil {
			return Principal{}, fmt.Errorf("read token: %w", err)
		}
		i.cache.put(record, now)
	}
	if !now.Before(record.Expires) {
		return Principal{}, ErrTokenExpired
	}
	client, known := i.config.Clients.Client(ctx, record.Client)
	if !known || client.Disabled || client.Account != record.Account {
		return Principal{}, ErrClientGone
	}
	return Principal{Account: record.Account, ClientID: record.Client, Scopes: still(record.Scopes, client.Scopes), Expires: record.Expires}, nil
}

// still returns those of the scopes granted that the client may have now.
func still(granted, now []string) []string {
	lost := func(s string) bool { return !slices.Contains(now, s) }
	if !slices.ContainsFunc(granted, lost) {
		return granted
	}
	return slices.DeleteFunc(slices.Clone(granted), lost)
}
