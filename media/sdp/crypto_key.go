package sdp

import (
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"io"
	"strings"
)

// MasterKey is a master key with its master salt behind it (RFC 3711 §3.2.1), as bytes. It
// prints as ***, whatever prints it; an unexported field must not hold one that is printed.
type MasterKey string

// Format implements fmt.Formatter.
func (MasterKey) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "***") }

// MarshalText implements encoding.TextMarshaler.
func (MasterKey) MarshalText() ([]byte, error) { return []byte("***"), nil }

// Split returns the master key and the master salt of a suite. A key of another length than
// the suite's gives none.
func (k MasterKey) Split(s Suite) (key, salt []byte) {
	size := suites[s]
	if len(k) != size.key+size.salt {
		return nil, nil
	}
	return []byte(k[:size.key]), []byte(k[size.key:])
}

// NewCrypto makes a random key for each suite, under the tags from 1 on in their order.
func NewCrypto(list []Suite) []Crypto {
	out := make([]Crypto, len(list))
	for i, s := range list {
		b := make([]byte, suites[s].key+suites[s].salt)
		_, _ = rand.Read(b) // never fails
		out[i] = Crypto{Tag: i + 1, Suite: s, Key: MasterKey(b)}
	}
	return out
}

// inline is the key as a crypto attribute has it (RFC 4568 §6.1).
func (k MasterKey) inline() string { return base64.StdEncoding.EncodeToString([]byte(k)) }

// parseInline reads a key, with its padding or without. The error does not repeat it.
func parseInline(text string, s Suite) (MasterKey, error) {
	b, err := base64.RawStdEncoding.DecodeString(strings.TrimRight(text, "="))
	if err != nil {
		return "", fmt.Errorf("its key is not base64")
	}
	if want := suites[s].key + suites[s].salt; len(b) != want {
		return "", fmt.Errorf("its key and salt have %d bytes, want %d", len(b), want)
	}
	return MasterKey(b), nil
}
