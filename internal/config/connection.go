package config

import (
	"fmt"

	"ringflow/internal/connection"
	"ringflow/internal/secret"
)

// HTTPConnections reads the connections with their secrets.
func (c *Config) HTTPConnections() ([]connection.Connection, error) {
	return readItems(c, "connections", func(a Account) []Connection { return a.Connections }, func(account string, from Connection) (connection.Connection, error) {
		auth, err := c.auth(from.Auth)
		conn := connection.Connection{Account: account, Name: from.Name, Base: from.Base, Private: from.Private, Auth: auth}
		if err == nil {
			err = conn.Check()
		}
		return conn, err
	})
}

// auth reads the secret, of which the kind says where it stands.
func (c *Config) auth(a Auth) (connection.Auth, error) {
	auth := connection.Auth{
		Kind: connection.AuthKind(a.Kind), User: secret.Secret(a.User), Header: a.Header, Query: a.Query,
		TokenURL: a.TokenURL, ClientID: a.ClientID, Scope: a.Scope, Subject: a.Subject, Audience: a.Audience,
	}
	key, plain, file := "auth.secret_file", a.Secret, a.SecretFile
	if auth.Kind == connection.JWTBearer {
		if key, plain, file = "auth.key_file", "", a.KeyFile; file == "" {
			return connection.Auth{}, fmt.Errorf("%s: %s authentication needs it", key, auth.Kind)
		}
	}
	value, err := c.secret(plain, file)
	if err != nil {
		return connection.Auth{}, fmt.Errorf("%s: %w", key, err)
	}
	return auth.WithSecret(value)
}

// Connection is a service that flows may talk to.
type Connection struct {
	Name    string `yaml:"name" doc:"how steps name it"`
	Base    string `yaml:"base" doc:"base address, such as https://api.example.com/v2"`
	Private bool   `yaml:"private" default:"false" doc:"loopback, private and link-local addresses and plain http are allowed"`
	Auth    Auth   `yaml:"auth" doc:"how the connection proves who it is"`
}

// Auth is how a connection proves who it is; kind says which keys count.
type Auth struct {
	Kind       string `yaml:"kind" default:"none" doc:"none, basic, bearer, api_key, oauth2_client_credentials or jwt_bearer"`
	User       string `yaml:"user" also:"username" doc:"basic: user"`
	Secret     string `yaml:"secret" doc:"basic: password; bearer: token; api_key: key; oauth2_client_credentials: client secret"`
	SecretFile string `yaml:"secret_file" doc:"file that holds it, relative to this file"`
	Header     string `yaml:"header" doc:"api_key: header field that carries the key"`
	Query      string `yaml:"query" doc:"api_key: query parameter that carries the key, instead of a header field"`
	TokenURL   string `yaml:"token_url" doc:"oauth2_client_credentials, jwt_bearer: where tokens are issued"`
	ClientID   string `yaml:"client_id" doc:"oauth2_client_credentials, jwt_bearer: client id"`
	Scope      string `yaml:"scope" doc:"oauth2_client_credentials: scope to ask for"`
	Subject    string `yaml:"subject" doc:"jwt_bearer: the user to act for"`
	Audience   string `yaml:"audience" doc:"jwt_bearer: the login host; else that of token_url"`
	KeyFile    string `yaml:"key_file" doc:"jwt_bearer: PEM file with the RSA private key"`
}
