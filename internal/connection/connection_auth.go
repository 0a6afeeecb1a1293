package connection

import (
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"

	"ringflow/internal/secret"
)

// AuthSettings are the authentication of a connection without its secret. Kind
// determines which fields are used.
type AuthSettings struct {
	Kind                                                              AuthKind // "": None
	User, Header, Query, TokenURL, ClientID, Scope, Subject, Audience string
}

// Auth puts the secret where the kind of authentication wants it: the password,
// the token, the key, the client secret, or for JWTBearer the private key in PEM.
// The error wraps a flowfile.FieldError and holds nothing of the secret.
func (s AuthSettings) Auth(value string) (Auth, error) {
	a := Auth{
		Kind: s.Kind, User: secret.Secret(s.User), Header: s.Header, Query: s.Query,
		TokenURL: s.TokenURL, ClientID: s.ClientID, Scope: s.Scope, Subject: s.Subject, Audience: s.Audience,
	}
	switch a.Kind {
	case "":
		a.Kind = None
	case Basic:
		a.Password = secret.Secret(value)
	case Bearer:
		a.Token = secret.Secret(value)
	case APIKey:
		a.Key = secret.Secret(value)
	case ClientCredentials:
		a.ClientSecret = secret.Secret(value)
	case JWTBearer:
		var err error
		if a.Signing, err = privateKey([]byte(value)); err != nil {
			return Auth{}, err
		}
	}
	return a, nil
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
