package main

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"ringflow/flowengine"
	"ringflow/internal/api"
	"ringflow/internal/auth"
	"ringflow/internal/call"
	"ringflow/media"
	"ringflow/numbers"
	"ringflow/sip"
)

// defaultLineWait is how long an account's calls wait for a free channel unless
// its line_wait says otherwise.
const defaultLineWait = time.Minute

// accounts turns the configuration into what the exchange calls for.
func (c *Config) accounts() ([]*call.Account, error) {
	var out []*call.Account
	var errs []error
	for i, a := range c.Accounts {
		account := &call.Account{
			Name: a.Name, Country: a.Country, Plan: a.Destinations.plan(),
			LineWait: defaultLineWait,
		}
		if a.LineWait != nil {
			account.LineWait = time.Duration(*a.LineWait)
		}
		for _, n := range a.Numbers {
			account.Numbers = append(account.Numbers, numbers.E164(n))
		}
		for j, t := range a.Trunks {
			password, err := c.secret(t.Password, t.PasswordFile)
			if err != nil {
				errs = append(errs, c.mistake(fmt.Sprintf("$.accounts[%d].trunks[%d].password_file", i, j), err))
			}
			trunk := &call.Trunk{Channels: t.Channels, Sources: media.SourcePolicy(t.RTPFrom), Identity: call.Identity(t.Asserted), Exits: map[int]flowengine.Exit{}, Trunk: sip.Trunk{
				Name: t.Name, Targets: t.Targets, Domain: t.Domain,
				Username: t.Username, AuthUser: t.AuthUser, Password: sip.Secret(password),
			}}
			for code, exit := range t.Exits {
				trunk.Exits[code] = flowengine.Exit(exit)
			}
			account.Trunks = append(account.Trunks, trunk)
		}
		out = append(out, account)
	}
	return out, errors.Join(errs...)
}

// plan is what numbers are judged by.
func (d DestinationsConfig) plan() numbers.Plan { return numbers.Plan{Allow: d.Allow, Deny: d.Deny} }

// clients turns the configuration into the OAuth clients.
func (c *Config) clients() (auth.ClientList, error) {
	out := auth.ClientList{}
	var errs []error
	for i, a := range c.Accounts {
		for j, cc := range a.Clients {
			client, err := c.client(a.Name, cc)
			if err != nil {
				errs = append(errs, c.mistake(fmt.Sprintf("$.accounts[%d].clients[%d]", i, j), err))
			}
			out[client.ID] = client
		}
	}
	return out, errors.Join(errs...)
}

func (c *Config) client(account string, cc ClientConfig) (auth.Client, error) {
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
		pem, err := os.ReadFile(c.relative(k.File))
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

// secret takes a secret from the configuration or from the file it names,
// whose last line break does not count.
func (c *Config) secret(plain, file string) (string, error) {
	if file == "" {
		return plain, nil
	}
	b, err := os.ReadFile(c.relative(file))
	return strings.TrimRight(string(b), "\r\n"), err
}

// mayStart reports whether a client may start a flow of its account.
func (c *Config) mayStart(client, flowID string) bool {
	for _, a := range c.Accounts {
		for _, cc := range a.Clients {
			if cc.ID == client && cc.Flows != nil {
				return slices.ContainsFunc(cc.Flows, func(id string) bool { return flowengine.CanonicalFlowID(id) == flowID })
			}
		}
	}
	return true
}

// clientRate is how often a client may start interactions by its own limit.
func (c *Config) clientRate(client string) api.Rate {
	for _, a := range c.Accounts {
		for _, cc := range a.Clients {
			if cc.ID == client {
				return api.Rate{PerSecond: cc.RateLimit}
			}
		}
	}
	return api.Rate{}
}

// rate is how often an account may start interactions.
func (c *Config) rate(account string) api.Rate {
	for _, a := range c.Accounts {
		if a.Name == account && a.RateLimit != nil {
			return api.Rate{PerSecond: *a.RateLimit}
		}
	}
	return api.DefaultRate
}

// defaultScheduled is how many starts of an account may wait for their time unless
// its scheduled_starts says otherwise.
const defaultScheduled = 100_000

// scheduled is how many starts of an account may wait for their time; 0 is no
// limit.
func (c *Config) scheduled(account string) int {
	for _, a := range c.Accounts {
		if a.Name == account && a.Scheduled != nil {
			return *a.Scheduled
		}
	}
	return defaultScheduled
}

// streams is how many event streams an account may have open.
func (c *Config) streams(account string) int {
	for _, a := range c.Accounts {
		if a.Name == account && a.Streams != nil {
			return *a.Streams
		}
	}
	return api.DefaultAccountStreams
}
