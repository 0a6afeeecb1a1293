package main

import (
	"context"
	"errors"
	"fmt"

	"ringflow/flowengine"
	"ringflow/internal/web"
	"ringflow/internal/webhook"
)

// webhooks turns the configuration into what is told of an account's events.
func (c *Config) webhooks() ([]webhook.Hook, error) {
	var out []webhook.Hook
	var errs []error
	for i, a := range c.Accounts {
		named := map[string]bool{}
		for j, w := range a.Webhooks {
			h, err := c.webhook(a.Name, w)
			if err == nil && named[w.Name] {
				err = fmt.Errorf("the account has another webhook named %s", w.Name)
			}
			if err != nil {
				errs = append(errs, c.mistake(fmt.Sprintf("$.accounts[%d].webhooks[%d]", i, j), err))
			}
			named[w.Name] = true
			out = append(out, h)
		}
	}
	return out, errors.Join(errs...)
}

func (c *Config) webhook(account string, w WebhookConfig) (webhook.Hook, error) {
	h := webhook.Hook{ID: webhook.ID{Account: account, Name: w.Name}, URL: w.URL, Flows: w.Flows, Private: w.Private}
	for _, e := range w.Events {
		h.Events = append(h.Events, flowengine.EventKind(e))
	}
	for _, s := range []struct {
		key, plain, file string
		into             *web.Secret
	}{{"secret", w.Secret, w.SecretFile, &h.Secret}, {"previous_secret", w.PreviousSecret, w.PreviousSecretFile, &h.Previous}} {
		if s.plain != "" && s.file != "" {
			return h, fmt.Errorf("give one of %s and %s_file", s.key, s.key)
		}
		secret, err := c.secret(s.plain, s.file)
		if err != nil {
			return h, fmt.Errorf("%s_file: %w", s.key, err)
		}
		*s.into = web.Secret(secret)
	}
	if !isName(w.Name) {
		return h, fmt.Errorf("name: %q is not a name: letters, digits, - and _, at most 64", w.Name)
	}
	return h, h.Check()
}

// startWebhooks has events told from now on. The record must be open until the
// webhooks are closed, and nothing may be written to it before this.
func (s *server) startWebhooks(ctx context.Context) error {
	if err := s.webhooks.Start(ctx); err != nil {
		return err
	}
	s.closing(func() error {
		limit, cancel := context.WithTimeout(s.patience, shutdownPatience)
		defer cancel()
		s.webhooks.Close(limit)
		return nil
	})
	return nil
}
