package connection

import (
	"cmp"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"

	"ringflow/internal/secret"
)

// WithSecret returns the authentication with its secret: the password, the token, the
// key, the client secret, or for JWTBearer the private key in PEM. The error wraps a
// flowfile.FieldError and holds nothing of the secret.
func (a Auth) WithSecret(value string) (_ Auth, err error) {
	a.Kind = cmp.Or(a.Kind, None)
	if a.Kind == JWTBearer {
		a.Signing, err = privateKey([]byte(value))
	} else {
		a.Secret = secret.Secret(value)
	}
	return a, err
}

// privateKey reads an RSA key from PEM, PKCS #8 or PKCS #1.
func privateKey(text []byte) (*rsa.PrivateKey, error) {
	block, _ := pem.Decode(text)
	if block == nil {
		return nil, fieldError("auth.key", "it holds no PEM")
	}
	if key, err := x509.ParsePKCS1PrivateKey(block.Bytes); err == nil {
		return key, nil
	}
	key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return nil, fieldError("auth.key", "it holds no private key in PKCS #8 or PKCS #1")
	}
	rsaKey, ok := key.(*rsa.PrivateKey)
	if !ok {
		return nil, fieldError("auth.key", "it is not an RSA key")
	}
	return rsaKey, nil
}
