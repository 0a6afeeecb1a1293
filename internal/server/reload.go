package server

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync/atomic"

	"ringflow/flowengine"
	"ringflow/flowengine/flowfile"
	"ringflow/internal/auth"
	"ringflow/internal/call"
	"ringflow/internal/config"
	"ringflow/internal/prompt"
	"ringflow/internal/resource"
)

// currentClients are the OAuth clients as they were last reloaded.
type currentClients struct {
	list atomic.Pointer[auth.ClientList]
}

// Client implements auth.Clients.
func (l *currentClients) Client(ctx context.Context, id string) (auth.Client, bool) {
	return l.list.Load().Client(ctx, id)
}

// Hashed implements auth.Clients.
func (l *currentClients) Hashed() bool { return l.list.Load().Hashed() }

// reload reads the configuration, the flow files and the prompts again, and applies
// the keys whose change needs no restart. An error changes nothing. It is called by one
// goroutine at a time.
func (s *Server) reload(ctx context.Context) error {
	if s.draining.Load() {
		return flowengine.ErrDraining
	}
	next, err := config.Load(s.cfg.Path())
	if err != nil {
		return err
	}
	next.Inherit(&s.cfg)
	clients, err := next.OAuthClients()
	if err != nil {
		return err
	}
	maps.DeleteFunc(clients, func(_ string, c auth.Client) bool { return !s.hasAccount(c.Account) })
	clients.Inherit(*s.clients.list.Load())
	parts, err := s.readParts(&next)
	if err != nil {
		return err
	}
	defer s.publishing.RLock(s.cfg.AccountNames())()
	read, err := s.readFlows(&next, func(a config.Account) flowfile.Environment {
		e := s.environment(a)
		e.HasPrompt = func(name string) bool { _, ok := s.library.FindWith(a.Name, name, parts.folders[a.Name]); return ok }
		e.PromptFault = func(name string) error {
			p, _ := s.library.FindWith(a.Name, name, parts.folders[a.Name])
			return p.Fault
		}
		e.Connections = func() []string { return s.connectionNames(parts.fixed, a.Name) }
		e.HasConnection = func(name string) bool { return slices.Contains(e.Connections(), name) }
		return e
	})
	if err != nil {
		return err
	}
	before, err := s.publishedProblems(ctx)
	if err != nil {
		return err
	}
	// From here on only the record can fail, which publishes all flows or none.
	if err := s.publishChanged(ctx, read); err != nil {
		return err
	}
	s.agent.SetAllowed(next.SIP.Networks())
	s.calls.SetAccounts(parts.accounts)
	s.resources.SetFixed(ctx, parts.fixed)
	for account, folder := range parts.folders {
		s.library.SetFolder(account, folder)
	}
	s.clients.list.Store(&clients)
	s.current.Store(&next)
	for _, key := range config.NeedsRestart(&s.cfg, &next) {
		s.log.Warn("a change waits for a restart", "key", key)
	}
	s.logWarnings(&next)
	if err := s.warnOfNewProblems(ctx, before); err != nil {
		s.log.Warn("published flows could not be checked", "error", err)
	}
	s.log.Info("reloaded", "clients", len(clients), "flow_files", len(read))
	return nil
}

// configuredParts are the parts that a reload replaces, of the accounts that are served.
type configuredParts struct {
	folders  map[string]prompt.Folder
	accounts []*call.Account
	fixed    []resource.Fixed
}

// readParts reads the parts, with the files that the configuration names.
func (s *Server) readParts(next *config.Config) (r configuredParts, err error) {
	if r.folders, err = s.readFolders(next); err != nil {
		return r, err
	}
	var trunks, resources error
	r.accounts, trunks = next.CallAccounts()
	r.fixed, resources = next.FixedResources()
	r.accounts = slices.DeleteFunc(r.accounts, func(a *call.Account) bool { return !s.hasAccount(a.Name) })
	r.fixed = slices.DeleteFunc(r.fixed, func(f resource.Fixed) bool { return !s.hasAccount(f.Account) })
	return r, errors.Join(trunks, resources)
}

// connectionNames are the connections of an account once those of the configuration
// are replaced by fixed.
func (s *Server) connectionNames(fixed []resource.Fixed, account string) []string {
	var names []string
	for _, f := range fixed {
		if f.Account == account && f.Kind == "connection" {
			names = append(names, f.Name)
		}
	}
	for _, name := range s.resources.Names(account, "connection") {
		item, err := s.resources.Get(resource.Key{Account: account, Kind: "connection", Name: name})
		if err == nil && !item.Fixed && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// readFolders reads the folders of prompts, by account.
func (s *Server) readFolders(c *config.Config) (map[string]prompt.Folder, error) {
	folders := map[string]prompt.Folder{}
	for i, a := range c.Accounts {
		if a.Prompts == "" {
			folders[a.Name] = prompt.Folder{}
			continue
		}
		folder, err := prompt.ReadFolder(c.Relative(a.Prompts))
		if err != nil {
			return nil, c.ErrorAt(fmt.Sprintf("$.accounts[%d].prompts", i), err)
		}
		for _, fault := range folder.Faults() {
			s.log.Warn("prompts: "+fault.Error(), "account", a.Name)
		}
		folders[a.Name] = folder
	}
	return folders, nil
}

// account is an account as it was last reloaded, or as the server was started with it
// if the configuration has it no more.
func (s *Server) account(name string) config.Account {
	if a, known := s.current.Load().Account(name); known {
		return a
	}
	return s.startedAccount(name)
}

// startedAccount is an account as the server was started with it.
func (s *Server) startedAccount(name string) config.Account {
	a, _ := s.cfg.Account(name)
	return a
}

// hasAccount reports whether the server was started with the account.
func (s *Server) hasAccount(account string) bool {
	_, known := s.cfg.Account(account)
	return known
}

// Reload requests a reload, which Run carries out. Requests during a reload are one.
func (s *Server) Reload() {
	select {
	case s.reloads <- struct{}{}:
	default: // the pending reload reads the same files
	}
}

// startReloads carries out the requested reloads, one after the other.
func (s *Server) startReloads(ctx context.Context) {
	s.background(ctx, func(ctx context.Context) {
		for {
			select {
			case <-s.reloads:
			case <-ctx.Done():
				return
			}
			if err := s.reload(ctx); err != nil {
				s.log.Error("nothing was reloaded, everything stays as it was", "error", err)
				continue
			}
			s.targets.request(s.current.Load().Accounts)
		}
	})
}
