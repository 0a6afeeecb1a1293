package web

import (
	"crypto/rsa"
	"fmt"
	"net/url"
	"strings"
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

// Auth is how a connection proves who it is. Which fields count depends on Kind.
type Auth struct {
	Kind AuthKind

	User, Password Secret // basic
	Token          Secret // bearer
	// Header or Query is the name under which Key travels; one of them is set.
	Header, Query string
	Key           Secret // api_key

	TokenURL     string // oauth2_client_credentials and jwt_bearer
	ClientID     string
	ClientSecret Secret // oauth2_client_credentials
	Scope        string

	Subject  string          // jwt_bearer: the user to act for
	Audience string          // jwt_bearer: the login host; empty is that of TokenURL
	Signing  *rsa.PrivateKey // jwt_bearer
}

// AuthKind names a way to prove who one is.
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

// Secret is a text that prints as ***.
type Secret string

// String implements fmt.Stringer.
func (Secret) String() string { return "***" }

// GoString implements fmt.GoStringer.
func (Secret) GoString() string { return "***" }

// MarshalText keeps a secret out of JSON and YAML.
func (Secret) MarshalText() ([]byte, error) { return []byte("***"), nil }

// Check says what is wrong with the connection.
func (c *Connection) Check() error {
	if err := c.address("base", c.Base); err != nil {
		return err
	}
	missing := func(what string) error {
		return fmt.Errorf("connection %s: %s authentication needs %s", c.Name, c.Auth.Kind, what)
	}
	a := c.Auth
	switch a.Kind {
	case None, "":
	case Basic:
		if a.User == "" {
			return missing("a user")
		}
	case Bearer:
		if a.Token == "" {
			return missing("a token")
		}
	case APIKey:
		if a.Key == "" || (a.Header == "") == (a.Query == "") {
			return missing("a key, and the name of a header field or of a query argument")
		}
	case ClientCredentials:
		if a.ClientID == "" || a.ClientSecret == "" {
			return missing("a client id and a client secret")
		}
		return c.address("token url", a.TokenURL)
	case JWTBearer:
		if a.ClientID == "" || a.Subject == "" || a.Signing == nil {
			return missing("a client id, a subject and a signing key")
		}
		return c.address("token url", a.TokenURL)
	default:
		return fmt.Errorf("connection %s: authentication %q is not known", c.Name, a.Kind)
	}
	return nil
}

// address checks an address of the connection.
func (c *Connection) address(what, address string) error {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || u.User != nil || u.Fragment != "" {
		return fmt.Errorf("connection %s: %s %q is no address such as https://api.example.com/v1, without user and password", c.Name, what, address)
	}
	if u.Scheme != "https" && !(c.Private && u.Scheme == "http") {
		return fmt.Errorf("connection %s: %s must begin with https", c.Name, what)
	}
	if strings.Contains(address, "?") {
		return fmt.Errorf("connection %s: %s holds a query", c.Name, what)
	}
	return nil
}
