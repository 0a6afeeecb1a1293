package connection

import (
	"cmp"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"unicode"

	"ringflow/flowengine/flowfile"
	"ringflow/internal/secret"
)

// Connection is a service that an account's flows may talk to.
type Connection struct {
	Account string
	Name    string
	// Base is the address that paths are added to, https, or http if Private.
	Base string
	Auth Auth
	// Private allows loopback, private and link-local addresses, and plain http.
	Private bool
}

// Auth is the authentication of a connection. Kind determines which fields are used.
type Auth struct {
	Kind   AuthKind      // "": None
	Secret secret.Secret // the password, token, key or client secret

	User secret.Secret // basic
	// Header or Query is the name under which the key of api_key travels; one of them is set.
	Header, Query string

	TokenURL string // oauth2_client_credentials and jwt_bearer
	ClientID string
	Scope    string

	Subject  string          // jwt_bearer: the user to act for
	Audience string          // jwt_bearer: the login host; empty is that of TokenURL
	Signing  *rsa.PrivateKey // jwt_bearer
}

// AuthKind is a kind of authentication.
type AuthKind string

// The kinds of authentication.
const (
	None              AuthKind = "none"
	Basic             AuthKind = "basic"
	Bearer            AuthKind = "bearer"
	APIKey            AuthKind = "api_key"
	ClientCredentials AuthKind = "oauth2_client_credentials" // RFC 6749 §4.4
	JWTBearer         AuthKind = "jwt_bearer"                // RFC 7523 §2.1, as Salesforce has it
)

// authKinds are the kinds of authentication, each with the fields that it needs.
var authKinds = []struct {
	kind  AuthKind
	needs []string
}{
	{None, nil},
	{Basic, []string{"user"}},
	{Bearer, []string{"secret"}},
	{APIKey, []string{"secret"}},
	{ClientCredentials, []string{"client_id", "secret"}},
	{JWTBearer, []string{"client_id", "subject", "key"}},
}

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

// Check says what is wrong with the connection: the error wraps a
// flowfile.FieldError, and never holds a secret.
func (c *Connection) Check() error {
	if err := c.check(); err != nil {
		return fmt.Errorf("connection %s: %w", c.Name, err)
	}
	return nil
}

func (c *Connection) check() error {
	if err := c.address("base", c.Base); err != nil {
		return err
	}
	a := c.Auth
	var known []string
	for _, k := range authKinds {
		known = append(known, string(k.kind))
	}
	i := slices.Index(known, string(cmp.Or(a.Kind, None)))
	if i < 0 {
		return fieldError("auth.kind", "%q is not known: there are %s", a.Kind, strings.Join(known, ", "))
	}
	given := map[string]bool{"user": a.User != "", "secret": a.Secret != "", "client_id": a.ClientID != "", "subject": a.Subject != "", "key": a.Signing != nil}
	for _, field := range authKinds[i].needs {
		if !given[field] {
			return fieldError("auth."+field, "%s authentication needs it", a.Kind)
		}
	}
	switch {
	case a.Kind == ClientCredentials, a.Kind == JWTBearer:
		return c.address("auth.token_url", a.TokenURL)
	case a.Kind == APIKey && (a.Header == "") == (a.Query == ""):
		return fieldError("auth.header", "give either the name of a header field or, in auth.query, that of a query parameter")
	case a.Kind == APIKey && strings.Trim(a.Header, token) != "":
		return fieldError("auth.header", "%q is no name of a header field: write X-API-Key", a.Header)
	case (a.Kind == APIKey || a.Kind == Bearer) && strings.ContainsFunc(string(a.Secret), unicode.IsControl):
		return fieldError("auth.secret", "it holds a line break or another control character, which no header field can carry")
	}
	return nil
}

// token are the characters of a header field's name: RFC 9110 §5.6.2.
const token = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789!#$%&'*+-.^_`|~"

func fieldError(field, format string, args ...any) error {
	return flowfile.FieldError{Name: field, Description: fmt.Sprintf(format, args...)}
}

// address checks an address of the connection.
func (c *Connection) address(field, address string) error {
	u, err := url.Parse(address)
	switch {
	case err != nil || u.Host == "":
		return fieldError(field, "it is no address such as https://api.example.com/v1")
	case u.User != nil:
		return fieldError(field, "it holds a user or a password, which belong into auth")
	case strings.ContainsAny(address, "?#"):
		return fieldError(field, "it holds a query or a fragment: the steps of flows add the query")
	case u.Scheme != "https" && !(c.Private && u.Scheme == "http"):
		return fieldError(field, "it must begin with https, or with http if private is true")
	}
	return nil
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
