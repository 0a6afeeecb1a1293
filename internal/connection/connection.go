package connection

import (
	"crypto/rsa"
	"fmt"
	"net/url"
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
	Kind AuthKind

	User, Password secret.Secret // basic
	Token          secret.Secret // bearer
	// Header or Query is the name under which Key travels; one of them is set.
	Header, Query string
	Key           secret.Secret // api_key

	TokenURL     string // oauth2_client_credentials and jwt_bearer
	ClientID     string
	ClientSecret secret.Secret // oauth2_client_credentials
	Scope        string

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

// Kinds lists the kinds of authentication.
func Kinds() []AuthKind {
	return []AuthKind{None, Basic, Bearer, APIKey, ClientCredentials, JWTBearer}
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
	missing := func(field string) error {
		return fieldError("auth."+field, "%s authentication needs it", a.Kind)
	}
	switch a.Kind {
	case None, "":
	case Basic:
		if a.User == "" {
			return missing("user")
		}
	case Bearer:
		if a.Token == "" {
			return missing("secret")
		}
	case APIKey:
		if a.Key == "" {
			return missing("secret")
		}
		if (a.Header == "") == (a.Query == "") {
			return fieldError("auth.header", "give either the name of a header field or, in auth.query, that of a query parameter")
		}
		if strings.Trim(a.Header, token) != "" {
			return fieldError("auth.header", "%q is no name of a header field: write X-API-Key", a.Header)
		}
	case ClientCredentials:
		if a.ClientID == "" {
			return missing("client_id")
		}
		if a.ClientSecret == "" {
			return missing("secret")
		}
		return c.address("auth.token_url", a.TokenURL)
	case JWTBearer:
		if a.ClientID == "" {
			return missing("client_id")
		}
		if a.Subject == "" {
			return missing("subject")
		}
		if a.Signing == nil {
			return missing("key")
		}
		return c.address("auth.token_url", a.TokenURL)
	default:
		return unknownKind(a.Kind)
	}
	for _, s := range []secret.Secret{a.Token, a.Key} {
		if strings.ContainsFunc(string(s), unicode.IsControl) {
			return fieldError("auth.secret", "it holds a line break or another control character, which no header field can carry")
		}
	}
	return nil
}

// token are the characters of a header field's name: RFC 9110 §5.6.2.
const token = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789!#$%&'*+-.^_`|~"

func fieldError(field, format string, args ...any) error {
	return flowfile.FieldError{Name: field, Description: fmt.Sprintf(format, args...)}
}

func unknownKind(kind AuthKind) error {
	var kinds []string
	for _, k := range Kinds() {
		kinds = append(kinds, string(k))
	}
	return fieldError("auth.kind", "%q is not known: there are %s", kind, strings.Join(kinds, ", "))
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
