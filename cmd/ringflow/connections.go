package main

import (
	"errors"
	"fmt"

	"ringflow/internal/web"
)

// connections turns the configuration into what flows may talk to.
func (c *Config) connections() ([]web.Connection, error) {
	var out []web.Connection
	var errs []error
	for i, a := range c.Accounts {
		for j, cc := range a.Connections {
			auth, err := c.auth(cc.Auth)
			connection := web.Connection{Account: a.Name, Name: cc.Name, Base: cc.Base, Private: cc.Private, Auth: auth}
			if err == nil {
				err = connection.Check()
			}
			if err != nil {
				errs = append(errs, c.mistake(fmt.Sprintf("$.accounts[%d].connections[%d]", i, j), err))
			}
			out = append(out, connection)
		}
	}
	return out, errors.Join(errs...)
}

// auth reads the secret, of which the kind says where it stands.
func (c *Config) auth(a AuthConfig) (web.Auth, error) {
	settings := web.AuthSettings{
		Kind: web.AuthKind(a.Kind), User: a.User, Header: a.Header, Query: a.Query,
		TokenURL: a.TokenURL, ClientID: a.ClientID, Scope: a.Scope, Subject: a.Subject, Audience: a.Audience,
	}
	key, plain, file := "auth.secret_file", a.Secret, a.SecretFile
	if settings.Kind == web.JWTBearer {
		if key, plain, file = "auth.key_file", "", a.KeyFile; file == "" {
			return web.Auth{}, fmt.Errorf("%s: %s authentication needs it", key, settings.Kind)
		}
	}
	secret, err := c.secret(plain, file)
	if err != nil {
		return web.Auth{}, fmt.Errorf("%s: %w", key, err)
	}
	return settings.Auth(secret)
}
