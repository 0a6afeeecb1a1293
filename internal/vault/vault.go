// Package vault seals what must not be read off a disk or a backup: AES-256-GCM
// under a key that lies in a file of its own, each text bound to what it is
// about, so that none can be put in the place of another.
//
// It deliberately does not know what is sealed, nor where that is kept.
//
// Read it in this order: vault.go, then keyfile.go.
package vault

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/sha256"
	"errors"
	"sync"
)

// Errors of Unseal.
var (
	// ErrNoKey: it was sealed under a key that the file does not hold.
	ErrNoKey = errors.New("it was sealed under another key")
	// ErrDamaged: it is not what was sealed, or was sealed about something else.
	ErrDamaged = errors.New("it is not what was sealed")
)

// What a sealed text is made of: a byte for the manner, the id of the key, and what
// AES-GCM gives, its nonce first.
const (
	manner    = 1
	keyBytes  = 32
	idBytes   = 8
	headBytes = 1 + idBytes
)

// Vault seals under the first key of its file and unseals under all of them.
// Its methods may be called by several goroutines.
type Vault struct {
	path string

	mu   sync.Mutex // guards keys, which are set once
	keys []key
}

// key is one line of the file.
type key struct {
	id   [idBytes]byte
	aead cipher.AEAD
}

func newKey(secret []byte) (key, error) {
	block, err := aes.NewCipher(secret)
	if err != nil {
		return key{}, err
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		return key{}, err
	}
	k := key{aead: aead}
	sum := sha256.Sum256(append([]byte("ringflow key id\x00"), secret...))
	copy(k.id[:], sum[:])
	return k, nil
}

// Open reads the key file. One that does not exist yet is made, with a new key,
// when something is sealed for the first time. The error names the file and what
// would be right, and tells nothing of a key.
func Open(path string) (*Vault, error) {
	keys, err := readKeys(path)
	if err != nil {
		return nil, err
	}
	return &Vault{path: path, keys: keys}, nil
}

// Path is where the key file lies, or will.
func (v *Vault) Path() string { return v.path }

// Exists reports whether there is a key yet.
func (v *Vault) Exists() bool { return len(v.all()) > 0 }

func (v *Vault) all() []key {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.keys
}

// Seal seals a text that is about something; only with the same about can it be
// unsealed. It fails if there is no key yet and none can be written.
func (v *Vault) Seal(plain []byte, about string) ([]byte, error) {
	k, err := v.current()
	if err != nil {
		return nil, err
	}
	sealed := make([]byte, headBytes, headBytes+len(plain)+k.aead.Overhead())
	sealed[0] = manner
	copy(sealed[1:], k.id[:])
	return k.aead.Seal(sealed, nil, plain, []byte(about)), nil
}

// Unseal returns what was sealed about the same. It fails with ErrNoKey or
// ErrDamaged.
func (v *Vault) Unseal(sealed []byte, about string) ([]byte, error) {
	if len(sealed) < headBytes || sealed[0] != manner {
		return nil, ErrDamaged
	}
	for _, k := range v.all() {
		if [idBytes]byte(sealed[1:]) != k.id {
			continue
		}
		plain, err := k.aead.Open(nil, nil, sealed[headBytes:], []byte(about))
		if err != nil {
			return nil, ErrDamaged
		}
		return plain, nil
	}
	return nil, ErrNoKey
}

// Stale reports whether something was sealed under another key than the one
// that seals now.
func (v *Vault) Stale(sealed []byte) bool {
	keys := v.all()
	return len(keys) == 0 || len(sealed) < headBytes || [idBytes]byte(sealed[1:]) != keys[0].id
}

// current returns the key to seal under, and makes one if there is none.
func (v *Vault) current() (key, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if len(v.keys) == 0 {
		k, err := writeKey(v.path)
		if err != nil {
			return key{}, err
		}
		v.keys = []key{k}
	}
	return v.keys[0], nil
}
