package config

import (
	"fmt"

	"ringflow/flowengine/record"
	"ringflow/internal/resource"
	"ringflow/internal/secret"
	"ringflow/internal/webhook"
)

// EventWebhooks reads the webhooks with their secrets.
func (c *Config) EventWebhooks() ([]webhook.Hook, error) {
	known := map[webhook.ID]bool{}
	return readItems(c, "webhooks", func(a Account) []Webhook { return a.Webhooks }, func(account string, from Webhook) (webhook.Hook, error) {
		h, err := c.webhook(account, from)
		if err == nil && known[h.ID] {
			err = fmt.Errorf("the account has another webhook named %s", h.ID.Name)
		}
		known[h.ID] = true
		return h, err
	})
}

func (c *Config) webhook(account string, w Webhook) (webhook.Hook, error) {
	h := webhook.Hook{ID: webhook.ID{Account: account, Name: w.Name}, URL: w.URL, Flows: w.Flows, Private: w.Private}
	for _, e := range w.Events {
		h.Events = append(h.Events, record.EventKind(e))
	}
	for _, s := range []struct {
		key, plain, file string
		into             *secret.Secret
	}{{"secret", w.Secret, w.SecretFile, &h.Secret}, {"previous_secret", w.PreviousSecret, w.PreviousSecretFile, &h.Previous}} {
		if s.plain != "" && s.file != "" {
			return h, fmt.Errorf("give one of %s and %s_file", s.key, s.key)
		}
		text, err := c.secret(s.plain, s.file)
		if err != nil {
			return h, fmt.Errorf("%s_file: %w", s.key, err)
		}
		*s.into = secret.Secret(text)
	}
	if !resource.IsName(w.Name) {
		return h, fmt.Errorf("name: %q is not a name: letters, digits, - and _, at most 64", w.Name)
	}
	return h, h.Check()
}

// Webhook is an address that events are posted to.
type Webhook struct {
	Name               string   `yaml:"name" doc:"letters, digits, - and _; what waits for it in the outbox stays with the name"`
	URL                string   `yaml:"url" doc:"https address to post to"`
	Events             []string `yaml:"events" doc:"kinds of events, such as execution_ended, leg_ended and step_left, or all"`
	Flows              []string `yaml:"flows" doc:"ids of the flows to tell of; without it, all"`
	Secret             string   `yaml:"secret" doc:"signs each request; whsec_ and 24 to 64 bytes in base64 (Standard Webhooks), or other text of at least 16 characters"`
	SecretFile         string   `yaml:"secret_file" doc:"file that holds it, relative to this file"`
	PreviousSecret     string   `yaml:"previous_secret" doc:"signs as well, while receivers change to the new secret"`
	PreviousSecretFile string   `yaml:"previous_secret_file" doc:"file that holds it, relative to this file"`
	Private            bool     `yaml:"private" default:"false" doc:"loopback, private and link-local addresses and plain http are allowed"`
}
