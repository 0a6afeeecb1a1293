package auth

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"

	"github.com/go-jose/go-jose/v4"
)

// PublicKey verifies the assertions of one client. Its algorithm is fixed, so
// that no assertion chooses how it is verified.
type PublicKey struct {
	ID        string // the kid of an assertion's header
	Algorithm string // ES256, ES384, RS256 or PS256
	Key       crypto.PublicKey
}

// Algorithms are those that an assertion may be signed with.
func Algorithms() []string {
	var names []string
	for _, a := range algorithms {
		names = append(names, string(a))
	}
	return names
}

// algorithms are those that an assertion may be signed with. HMAC and none are
// not among them and never will be.
var algorithms = []jose.SignatureAlgorithm{jose.ES256, jose.ES384, jose.RS256, jose.PS256}

// minRSABits is the smallest RSA modulus that is taken (RFC 7518 §3.3).
const minRSABits = 2048

// ParsePublicKey reads a key from PEM: a public key (PKIX or PKCS #1) or a
// certificate, whose validity dates play no part. The algorithm must suit it.
func ParsePublicKey(id, algorithm string, data []byte) (PublicKey, error) {
	if id == "" {
		return PublicKey{}, errors.New("public key: id is empty, give it the kid that the client sends")
	}
	block, _ := pem.Decode(data)
	if block == nil {
		return PublicKey{}, fmt.Errorf("public key %s: not PEM, it must begin with -----BEGIN PUBLIC KEY-----", id)
	}
	key, err := parseBlock(block)
	if err != nil {
		return PublicKey{}, fmt.Errorf("public key %s: %w", id, err)
	}
	if err := suits(algorithm, key); err != nil {
		return PublicKey{}, fmt.Errorf("public key %s: %w", id, err)
	}
	return PublicKey{ID: id, Algorithm: algorithm, Key: key}, nil
}

func parseBlock(block *pem.Block) (crypto.PublicKey, error) {
	switch block.Type {
	case "PUBLIC KEY":
		return x509.ParsePKIXPublicKey(block.Bytes)
	case "RSA PUBLIC KEY":
		return x509.ParsePKCS1PublicKey(block.Bytes)
	case "CERTIFICATE":
		c, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return nil, err
		}
		return c.PublicKey, nil
	case "PRIVATE KEY", "EC PRIVATE KEY", "RSA PRIVATE KEY":
		return nil, errors.New("this is a private key, which only the client may have: give its public key")
	}
	return nil, fmt.Errorf("PEM block %q, want PUBLIC KEY or CERTIFICATE", block.Type)
}

// suits says whether key can verify the algorithm.
func suits(algorithm string, key crypto.PublicKey) error {
	switch k := key.(type) {
	case *ecdsa.PublicKey:
		if algorithm == string(jose.ES256) && k.Curve == elliptic.P256() || algorithm == string(jose.ES384) && k.Curve == elliptic.P384() {
			return nil
		}
		return fmt.Errorf("algorithm %q does not suit an EC key on %s: ES256 needs P-256, ES384 needs P-384", algorithm, k.Curve.Params().Name)
	case *rsa.PublicKey:
		if algorithm != string(jose.RS256) && algorithm != string(jose.PS256) {
			return fmt.Errorf("algorithm %q does not suit an RSA key: want RS256 or PS256", algorithm)
		}
		if k.N.BitLen() < minRSABits {
			return fmt.Errorf("RSA key of %d bits, want %d or more", k.N.BitLen(), minRSABits)
		}
		return nil
	}
	return fmt.Errorf("key type %T, want EC (P-256, P-384) or RSA", key)
}
