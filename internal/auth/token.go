package auth

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"slices"
	"time"
)

// TokenLife is how long a token is valid.
const TokenLife = 600 * time.Second

// Token is what a client receives.
type Token struct {
	Access    string
	ExpiresIn time.Duration
	Scopes    []string
}

// Principal is whom a token speaks for.
type Principal struct {
	Account  string
	ClientID string
	Scopes   []string
	Expires  time.Time // when the token does
}

// May reports whether the principal holds the scope.
func (p Principal) May(scope string) bool { return slices.Contains(p.Scopes, scope) }

// Errors of Verify. Any other error means that the tokens cannot be read now.
var (
	ErrNoToken      = errors.New("token unknown")
	ErrTokenExpired = errors.New("token expired")
	ErrClientGone   = errors.New("the token's client is gone or disabled")
)

// ErrNotStored: a token or an assertion cannot be stored now, such as on a full disk.
var ErrNotStored = errors.New("it cannot be stored now")

// TokenHash is the SHA-256 of a token. A token is 256 random bits, so a fast
// hash keeps it as safe as a slow one would.
type TokenHash [sha256.Size]byte

// TokenRecord is a token as it is kept.
type TokenRecord struct {
	Hash    TokenHash
	Client  string
	Account string
	Scopes  []string
	Expires time.Time
}

// Tokens keeps tokens and the ids of assertions over a restart.
type Tokens interface {
	// AddToken makes the token durable, or returns ErrNotStored. It may forget it once
	// it has expired.
	AddToken(ctx context.Context, t TokenRecord) error
	// Token returns the token of this hash, ErrNoToken if there is none.
	Token(ctx context.Context, h TokenHash) (TokenRecord, error)
	// UseAssertion durably marks the assertion id of the client as used and
	// reports whether it was not used before, or returns ErrNotStored. It may forget it
	// after until.
	UseAssertion(ctx context.Context, client, id string, until time.Time) (first bool, err error)
	// AssertionUsed reports whether UseAssertion has marked the id.
	AssertionUsed(ctx context.Context, client, id string) (bool, error)
}

// tokenPrefix lets secret scanners recognise a leaked token.
const tokenPrefix = "rf_"

// tokenLength is the length of a token as text: the prefix and 32 bytes in
// unpadded base64.
const tokenLength = len(tokenPrefix) + 43

func newToken() string {
	var b [32]byte
	rand.Read(b[:])
	return tokenPrefix + base64.RawURLEncoding.EncodeToString(b[:])
}

func hashToken(token string) TokenHash { return sha256.Sum256([]byte(token)) }
