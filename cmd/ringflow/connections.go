package main

import (
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"os"

	"ringflow/internal/web"
)

// connections turns the configuration into what flows may talk to.
func (c *Config) connections() ([]web.Connection, error) {
	var out []web.Connection
	for i, a := range c.Accounts {
		for j, cc := range a.Connections {
			auth, err := c.auth(cc.Auth)
			connection := web.Connection{Account: a.Name, Name: cc.Name, Base: cc.Base, Private: cc.Private, Auth: auth}
			if err == nil {
				err = connection.Check()
			}
			if err != nil {
				return nil, c.mistake(fmt.Sprintf("$.accounts[%d].connections[%d]", i, j), err)
			}
			out = append(out, connection)
		}
	}
	return out, nil
}

func (c *Config) auth(a AuthConfig) (web.Auth, error) {
	plain, err := c.secret(a.Secret, a.SecretFile)
	if err != nil {
		return web.Auth{}, err
	}
	secret := web.Secret(plain)
	auth := web.Auth{
		Kind: web.AuthKind(a.Kind), User: web.Secret(a.User), Header: a.Header, Query: a.Query,
		TokenURL: a.TokenURL, ClientID: a.ClientID, Scope: a.Scope, Subject: a.Subject, Audience: a.Audience,
	}
	switch auth.Kind {
	case "":
		auth.Kind = web.None
	case web.Basic:
		auth.Password = secret
	case web.Bearer:
		auth.Token = secret
	case web.APIKey:
		auth.Key = secret
	case web.ClientCredentials:
		auth.ClientSecret = secret
	case web.JWTBearer:
		auth.Signing, err = c.privateKey(a.KeyFile)
	}
	return auth, err
}

// privateKey reads an RSA key from PEM, PKCS #8 or PKCS #1. Its errors tell
// nothing of the key.
func (c *Config) privateKey(file string) (*rsa.PrivateKey, error) {
	data, err := os.ReadFile(c.relative(file))
	if err != nil {
		return nil, fmt.Errorf("read key_file: %w", err)
	}
	block, _ := pem.Decode(data)
	if block == nil {
		return nil, fmt.Errorf("key_file %q holds no PEM", file)
	}
	if key, err := x509.ParsePKCS1PrivateKey(block.Bytes); err == nil {
		return key, nil
	}
	key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return nil, fmt.Errorf("key_file %q holds no private key in PKCS #8 or PKCS #1", file)
	}
	rsaKey, ok := key.(*rsa.PrivateKey)
	if !ok {
		return nil, errors.New("the key of key_file is not an RSA key")
	}
	return rsaKey, nil
}
