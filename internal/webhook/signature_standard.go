package webhook

import (
	"crypto/rand"
	"encoding/base64"
	"strconv"
	"strings"

	"ringflow/internal/secret"
)

// Header fields of Standard Webhooks 1.0.0, which its libraries verify.
const (
	HeaderStandardID        = "webhook-id"
	HeaderStandardTimestamp = "webhook-timestamp"
	HeaderStandardSignature = "webhook-signature"
)

// standardPrefix begins a secret of Standard Webhooks; the key follows in base64.
const standardPrefix = "whsec_"

// Bounds of the key in such a secret, in bytes.
const (
	minStandardKey = 24
	maxStandardKey = 64
)

// NewSecret makes a secret of 256 random bits, in the form of Standard Webhooks.
func NewSecret() string {
	key := make([]byte, 32)
	_, _ = rand.Read(key) // never fails
	return standardPrefix + base64.StdEncoding.EncodeToString(key)
}

// standardKey is the key that a secret stands for: what follows whsec_, decoded, or
// the bytes of any other text. It reports false if whsec_ is followed by no key.
func standardKey(secret secret.Secret) (key []byte, ok bool) {
	text, prefixed := strings.CutPrefix(string(secret), standardPrefix)
	if !prefixed {
		return []byte(secret), true
	}
	key, err := base64.StdEncoding.DecodeString(text)
	return key, err == nil && len(key) >= minStandardKey && len(key) <= maxStandardKey
}

// standardID names a delivery in HeaderStandardID. It has no full stop, because one
// stands between it and the time in what is signed.
func (l *Delivery) standardID() string { return string(l.Execution) + "_" + strconv.Itoa(l.Seq) }
