package config

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"ringflow/internal/auth"
)

// OAuthClients turns the configuration into the OAuth clients.
func (c *Config) OAuthClients() (auth.ClientList, error) {
	out := auth.ClientList{}
	var errs []error
	for i, a := range c.Accounts {
		for j, cc := range a.Clients {
			client, err := c.client(a.Name, cc)
			if err != nil {
				errs = append(errs, c.ErrorAt(fmt.Sprintf("$.accounts[%d].clients[%d]", i, j), err))
			}
			out[client.ID] = client
		}
	}
	return out, errors.Join(errs...)
}

func (c *Config) client(account string, cc Client) (auth.Client, error) {
	client := auth.Client{ID: cc.ID, Account: account, Scopes: cc.Scopes}
	if cc.Secret != "" || cc.SecretFile != "" {
		plain, err := c.secret(cc.Secret, cc.SecretFile)
		if err != nil {
			return auth.Client{}, err
		}
		client.Secrets = []*auth.Secret{auth.PlainSecret(plain)}
	}
	if cc.SecretHash != "" {
		hashed, err := auth.ParseSecret(cc.SecretHash)
		if err != nil {
			return auth.Client{}, err
		}
		client.Secrets = []*auth.Secret{hashed}
	}
	for _, k := range cc.Keys {
		pem, err := os.ReadFile(c.Relative(k.File))
		if err != nil {
			return auth.Client{}, fmt.Errorf("read key %s: %w", k.ID, err)
		}
		key, err := auth.ParsePublicKey(k.ID, k.Alg, pem)
		if err != nil {
			return auth.Client{}, err
		}
		client.Keys = append(client.Keys, key)
	}
	return client, nil
}

// Client is an OAuth client. At most one way to say its secret, or a key.
type Client struct {
	ID         string   `yaml:"id" also:"client_id" doc:"client_id"`
	Secret     string   `yaml:"secret" also:"client_secret" doc:"client_secret, in plain text"`
	SecretHash string   `yaml:"secret_hash" doc:"instead of it, what ringflow client hash prints of it: who reads this file does not learn the secret"`
	SecretFile string   `yaml:"secret_file" doc:"file that holds the client_secret, relative to this file"`
	Keys       []Key    `yaml:"keys" doc:"public keys for private_key_jwt"`
	RateLimit  float64  `yaml:"rate_limit" doc:"interactions this client may start a second, of those that the account may; 0 is no limit of its own"`
	Flows      []string `yaml:"flows" doc:"ids of the flows that the client may start, aliases by themselves; without it, all of the account"`
	Scopes     []string `yaml:"scopes" doc:"what the client may do: flows-interactions:start to start interactions, flows:read and flows:write for what is under /v1, flow-resources:read and flow-resources:write for secrets, connections, functions and webhooks, data-reports:read and data-reports:write for report jobs, prompts:read, prompts:write and prompts:delete for prompts alone; docs/http.md says which route asks for which; flow-definitions:read, flow-definitions:write, recordings:read and callback:write are granted, so that clients of the original need not change, and open nothing"`
}

// Key is a public key of a client.
type Key struct {
	ID   string `yaml:"kid" doc:"key id, as in the JWT header"`
	Alg  string `yaml:"alg" doc:"ES256, ES384, RS256 or PS256"`
	File string `yaml:"file" doc:"PEM file with the public key, relative to this file"`
}

func (c Client) validate(m *collector, at, account string, owner map[string]string) {
	if c.RateLimit < 0 || c.RateLimit > 1e6 {
		m.add(at+".rate_limit", "%v is not a rate: 0 to 1000000 a second", c.RateLimit)
	}
	if c.ID == "" {
		m.add(at+".id", "it is empty")
	}
	if other, taken := owner["client "+c.ID]; taken {
		m.add(at+".id", "%s is already a client of account %s", c.ID, other)
	}
	owner["client "+c.ID] = account
	given := 0
	for _, way := range []string{c.Secret, c.SecretFile, c.SecretHash} {
		if way != "" {
			given++
		}
	}
	if given > 1 || given == 0 && len(c.Keys) == 0 {
		m.add(at+".secret", "give exactly one of secret, secret_file and secret_hash, or keys alone")
	}
	if c.SecretHash != "" {
		if _, err := auth.ParseSecret(c.SecretHash); err != nil {
			m.add(at+".secret_hash", "%w; ringflow client hash prints one", err)
		}
	}
	if len(c.Scopes) == 0 {
		m.add(at+".scopes", "there is none: the client could do nothing")
	}
	for i, scope := range c.Scopes {
		if known := auth.Scopes(); !slices.Contains(known, scope) {
			m.add(fmt.Sprintf("%s.scopes[%d]", at, i), "%q is no scope: there are %s", scope, strings.Join(known, ", "))
		}
	}
}
