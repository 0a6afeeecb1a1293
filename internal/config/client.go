package config

import (
	"fmt"
	"os"
	"slices"
	"strings"

	"ringflow/flowengine/flowfile"
	"ringflow/internal/auth"
)

// Client is an OAuth client. At most one way to say its secret, or a key.
type Client struct {
	ID         string   `yaml:"id" also:"client_id" doc:"client_id"`
	Secret     string   `yaml:"secret" also:"client_secret" doc:"client_secret, in plain text"`
	SecretHash string   `yaml:"secret_hash" form:"secret hash" doc:"instead of it, what ringflow client hash prints of it: who reads this file does not learn the secret"`
	SecretFile string   `yaml:"secret_file" doc:"file that holds the client_secret, relative to this file"`
	Keys       []Key    `yaml:"keys" doc:"public keys for private_key_jwt"`
	RateLimit  float64  `yaml:"rate_limit" form:"rate" doc:"interactions this client may start a second, of those that the account may; 0 is no limit of its own"`
	Flows      []string `yaml:"flows" doc:"ids of the flows that the client may start, aliases by themselves; without it, all of the account"`
	Scopes     []string `yaml:"scopes" form:"scope" doc:"what the client may do: flows-interactions:start to start interactions, flows:read and flows:write for what is under /v1, flow-resources:read and flow-resources:write for secrets, connections, functions and webhooks, data-reports:read and data-reports:write for report jobs, prompts:read, prompts:write and prompts:delete for prompts alone; docs/http.md says which route asks for which; flow-definitions:read, flow-definitions:write, recordings:read and callback:write are granted, so that clients of Talkdesk Studio need not change, and open nothing"`
}

// Key is a public key of a client.
type Key struct {
	ID   string `yaml:"kid" doc:"key id, as in the JWT header"`
	Alg  string `yaml:"alg" doc:"ES256, ES384, RS256 or PS256"`
	File string `yaml:"file" doc:"PEM file with the public key, relative to this file"`
}

// validateClient reports what the tags of a client do not say.
func (c *Config) validateClient(client Client, at string) {
	if client.ID == "" {
		c.file.Add(at+".id", "it is empty")
	}
	secrets := slices.DeleteFunc([]string{client.Secret, client.SecretFile, client.SecretHash}, func(s string) bool { return s == "" })
	if len(secrets) > 1 || len(secrets)+len(client.Keys) == 0 {
		c.file.Add(at+".secret", "give exactly one of secret, secret_file and secret_hash, or keys alone")
	}
	if len(client.Scopes) == 0 {
		c.file.Add(at+".scopes", "there is none: the client could do nothing")
	}
}

// OAuthClients reads the OAuth clients with their secrets and keys.
func (c *Config) OAuthClients() (auth.ClientList, error) {
	clients, err := readItems(c, "clients", func(a Account) []Client { return a.Clients }, c.client)
	out := auth.ClientList{}
	for _, client := range clients {
		out[client.ID] = client
	}
	return out, err
}

func (c *Config) client(account string, from Client) (auth.Client, error) {
	client := auth.Client{ID: from.ID, Account: account, Scopes: from.Scopes}
	switch {
	case from.SecretHash != "":
		hashed, err := auth.ParseSecretHash(from.SecretHash)
		if err != nil {
			return auth.Client{}, err
		}
		client.Secrets = []*auth.SecretHash{hashed}
	case from.Secret != "" || from.SecretFile != "":
		plain, err := c.secret(from.Secret, from.SecretFile)
		if err != nil {
			return auth.Client{}, err
		}
		client.Secrets = []*auth.SecretHash{auth.HashOf(plain)}
	}
	for _, k := range from.Keys {
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

// secret returns a secret that stands in the configuration or in the file that it
// names, whose last line break does not count.
func (c *Config) secret(plain, file string) (string, error) {
	if file == "" {
		return plain, nil
	}
	b, err := os.ReadFile(c.Relative(file))
	return strings.TrimRight(string(b), "\r\n"), err
}

// findClient returns the OAuth client of an id, the zero Client if there is none.
func (c *Config) findClient(id string) Client {
	for _, a := range c.Accounts {
		for _, client := range a.Clients {
			if client.ID == id {
				return client
			}
		}
	}
	return Client{}
}

// MayStart reports whether a client may start a flow of its account.
func (c *Config) MayStart(client, flowID string) bool {
	flows := c.findClient(client).Flows
	return flows == nil || slices.ContainsFunc(flows, func(id string) bool { return flowfile.CanonicalFlowID(id) == flowID })
}

// ClientRate is how many interactions a second a client may start by its own limit;
// 0 is no limit.
func (c *Config) ClientRate(client string) float64 { return c.findClient(client).RateLimit }
