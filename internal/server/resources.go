package server

import (
	"context"
	"fmt"
	"os"

	"ringflow/internal/api"
	"ringflow/internal/connection"
	"ringflow/internal/resource"
	"ringflow/internal/script"
	"ringflow/internal/webhook"
)

// openResources opens the registry of resources, fixed ones and those that accounts
// keep over the API, with their consumers.
func (s *Server) openResources(ctx context.Context, dataDir string, _ Hooks) error {
	fixed, err := s.cfg.FixedResources()
	if err != nil {
		return err
	}
	self, err := os.Executable()
	if err != nil {
		return fmt.Errorf("find the program that functions run in: %w", err)
	}
	s.functionReader = script.Child{Path: self, Args: []string{"function"}, Processes: s.semaphore(maxFunctionReaders)}
	if s.connections, err = connection.New(nil); err != nil {
		return err
	}
	s.onClose(func() error { s.connections.Close(); return nil })
	if s.webhooks, err = webhook.New(webhook.Config{Outbox: s.store, Log: s.log}); err != nil {
		return err
	}
	sealed, err := s.cfg.OpenVault(dataDir)
	if err != nil {
		return err
	}
	s.resources, err = resource.Open(ctx, resource.Config{
		Storage: s.store, Vault: sealed, Consumers: resource.Consumers{Connections: s.connections, Webhooks: s.webhooks}, Accounts: s.cfg.AccountNames(),
		Fixed: fixed, Private: func(account string) bool { return s.startedAccount(account).Private }, CheckSources: s.functionReader.Validate, Log: s.log,
	})
	return err
}

// accountFacts is an account as the API shows it.
func (s *Server) accountFacts(name string) api.Account {
	a := s.account(name)
	a.Private = s.startedAccount(name).Private
	return api.Account{Country: a.Country, RetentionDays: int(a.RetentionDays),
		Scheduled: s.engine.Scheduled()[name], MostScheduled: a.Scheduled,
		Allow: a.Destinations.Allow, Deny: a.Destinations.Deny, PrivateAddresses: a.Private}
}
