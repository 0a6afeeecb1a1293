package auth

import (
	"bytes"
	"crypto/hmac"
	"crypto/pbkdf2"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
)

// SecretHash is a client's secret as it can be checked and never read back.
//
// Secrets are chosen by people and may be weak, so what is stored is PBKDF2 (HashSecret),
// which makes each guess at a stolen hash cost a fraction of a second. A request for a
// token must not cost that: once a secret has been proven right, a SecretHash remembers a
// MAC of it under a key that was drawn when the process started and never leaves it, and
// Knows compares that.
//
// A SecretHash is safe for concurrent use.
type SecretHash struct {
	key    [sha256.Size]byte // of the MAC, drawn per SecretHash
	proven atomic.Pointer[[sha256.Size]byte]

	mu      sync.Mutex // guards refuted
	refuted map[[sha256.Size]byte]struct{}

	salt, sum  []byte // none of a secret known in the clear
	iterations int
}

// The cost of HashSecret and the bounds of what ParseSecretHash takes. 600,000
// iterations of HMAC-SHA-256 is OWASP's floor.
const (
	iterations    = 600_000
	maxIterations = 10_000_000
	saltSize      = 16
	scheme        = "pbkdf2-sha256"
)

// HashOf returns the SecretHash of a secret known in the clear, as from a configuration
// file. It costs no derivation, because there is no hash to protect.
func HashOf(secret string) *SecretHash {
	s := newSecretHash()
	mac := s.mac(secret)
	s.proven.Store(&mac)
	return s
}

// HashSecret returns secret in the form that may be stored and that
// ParseSecretHash reads: pbkdf2-sha256$<iterations>$<salt>$<sum>, base64 unpadded.
func HashSecret(secret string) (string, error) {
	salt := make([]byte, saltSize)
	rand.Read(salt)
	sum, err := pbkdf2.Key(sha256.New, secret, salt, iterations, sha256.Size)
	if err != nil {
		return "", fmt.Errorf("hash secret: %w", err)
	}
	enc := base64.RawStdEncoding
	return fmt.Sprintf("%s$%d$%s$%s", scheme, iterations, enc.EncodeToString(salt), enc.EncodeToString(sum)), nil
}

// ParseSecretHash reads what HashSecret returned.
func ParseSecretHash(hash string) (*SecretHash, error) {
	parts := strings.Split(hash, "$")
	if len(parts) != 4 || parts[0] != scheme {
		return nil, errors.New("secret hash: want " + scheme + "$<iterations>$<salt>$<sum>")
	}
	s := newSecretHash()
	var err error
	if s.iterations, err = strconv.Atoi(parts[1]); err != nil || s.iterations < 1 || s.iterations > maxIterations {
		return nil, fmt.Errorf("secret hash: iterations must be a number from 1 to %d", maxIterations)
	}
	if s.salt, err = base64.RawStdEncoding.DecodeString(parts[2]); err != nil || len(s.salt) < saltSize {
		return nil, fmt.Errorf("secret hash: salt must be at least %d bytes in unpadded base64", saltSize)
	}
	if s.sum, err = base64.RawStdEncoding.DecodeString(parts[3]); err != nil || len(s.sum) != sha256.Size {
		return nil, fmt.Errorf("secret hash: sum must be %d bytes in unpadded base64", sha256.Size)
	}
	return s, nil
}

func newSecretHash() *SecretHash {
	s := new(SecretHash)
	rand.Read(s.key[:])
	return s
}

// Knows reports whether candidate is the secret and it has been proven before.
// It takes microseconds.
func (s *SecretHash) Knows(candidate string) bool {
	mac := s.mac(candidate)
	known := s.proven.Load()
	return known != nil && hmac.Equal(known[:], mac[:])
}

// Prove reports whether candidate is the secret, and has Knows know it from now
// on. Of a hashed secret that is not proven yet it takes about 0.2 s of one core: the
// caller bounds how often.
func (s *SecretHash) Prove(candidate string) bool {
	if s.proven.Load() != nil {
		return s.Knows(candidate)
	}
	sum, err := pbkdf2.Key(sha256.New, candidate, s.salt, s.iterations, len(s.sum))
	if err != nil || !hmac.Equal(sum, s.sum) {
		return false
	}
	mac := s.mac(candidate)
	s.proven.Store(&mac)
	return true
}

// maxRefuted bounds what a SecretHash remembers of wrong ones; an entry is 32 bytes.
const maxRefuted = 1000

// rememberWrong remembers that candidate is wrong for the client of this id, which
// stands in it because one SecretHash stands for those of all clients that there are
// not.
func (s *SecretHash) rememberWrong(id, candidate string) {
	mac := s.mac(id + "\x00" + candidate)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.refuted == nil || len(s.refuted) >= maxRefuted {
		s.refuted = make(map[[sha256.Size]byte]struct{})
	}
	s.refuted[mac] = struct{}{}
}

// knownWrong reports whether candidate is remembered to be wrong. It takes
// microseconds.
func (s *SecretHash) knownWrong(id, candidate string) bool {
	mac := s.mac(id + "\x00" + candidate)
	s.mu.Lock()
	defer s.mu.Unlock()
	_, known := s.refuted[mac]
	return known
}

// hashed reports whether the secret came as a hash.
func (s *SecretHash) hashed() bool { return s.sum != nil }

// same reports whether two secrets came as one hash.
func (s *SecretHash) same(other *SecretHash) bool {
	return s.hashed() && s.iterations == other.iterations && bytes.Equal(s.salt, other.salt) && bytes.Equal(s.sum, other.sum)
}

func (s *SecretHash) mac(candidate string) (out [sha256.Size]byte) {
	h := hmac.New(sha256.New, s.key[:])
	h.Write([]byte(candidate))
	h.Sum(out[:0])
	return out
}

// String hides the secret from logs and errors.
func (s *SecretHash) String() string { return "***" }

// GoString hides the secret from %#v.
func (s *SecretHash) GoString() string { return "***" }
