package server

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"

	"ringflow/flowengine"
	"ringflow/flowengine/components"
	"ringflow/internal/api"
	"ringflow/internal/auth"
	"ringflow/internal/call"
	"ringflow/internal/certificate"
	"ringflow/internal/config"
	"ringflow/internal/connection"
	"ringflow/internal/fairshare"
	"ringflow/internal/prompt"
	"ringflow/internal/resource"
	"ringflow/internal/script"
	"ringflow/internal/store"
	"ringflow/internal/webhook"
	"ringflow/media"
	"ringflow/tts"
)

const (
	maxFunctions       = 8         // processes, of up to 256 MB each
	maxFunctionReaders = 2         // processes that parse functions of drafts; no call waits for them
	speechCacheBytes   = 256 << 20 // rendered speech in memory
)

// semaphore bounds what accounts do at once. One of several accounts has half at most.
func (s *Server) semaphore(atOnce int) *fairshare.Semaphore {
	each := atOnce
	if len(s.cfg.Accounts) > 1 {
		each = atOnce / 2
	}
	return fairshare.New(atOnce, each)
}

func (s *Server) openStore(_ context.Context, dataDir string, _ Hooks) (err error) {
	at, err := s.cfg.Record(dataDir)
	if err != nil {
		return err
	}
	if s.store, err = store.Open(at, s.log); err != nil {
		return err
	}
	s.onClose(func() error { return s.store.Close() })
	return nil
}

// openLibrary finds the speech engine and loads the stored prompts. A machine
// without a speech engine serves flows that need none.
func (s *Server) openLibrary(ctx context.Context, dataDir string, _ Hooks) error {
	s.speech = FindSpeech(ctx, runtime.NumCPU())
	var speech *tts.Cache
	if s.speech.Engine == nil {
		s.log.Warn("flows that speak cannot run here", "error", s.speech.Missing)
	} else {
		var err error
		if speech, err = tts.NewCache(s.speech.Engine, filepath.Join(dataDir, "speech"), speechCacheBytes, s.semaphore(runtime.NumCPU())); err != nil {
			return err
		}
		s.onClose(func() error { speech.Close(); return nil })
	}
	s.library = prompt.NewLibrary(speech, s.speech.Missing)
	folders, err := s.readFolders(&s.cfg)
	if err != nil {
		return err
	}
	for account, folder := range folders {
		s.library.SetFolder(account, folder)
	}
	accounts := s.cfg.AccountNames()
	if err := s.library.LoadUploads(filepath.Join(dataDir, promptsDir), accounts); err != nil {
		return err
	}
	for _, account := range accounts {
		for _, p := range s.library.List(account) {
			if p.Fault != nil && !p.ReadOnly {
				s.log.Warn("prompts: "+p.Name+" cannot be played, and flows that play it are refused: replace it", "account", account, "error", p.Fault)
			} else if p.Fault == nil && p.Duration == 0 {
				s.log.Warn("a prompt has no sound, and a step that plays it plays nothing: replace it", "account", account, "prompt", p.Name)
			}
		}
	}
	return nil
}

func (s *Server) openPlane(context.Context, string, Hooks) (err error) {
	lo, hi, err := s.cfg.RTP.PortRange()
	if err != nil {
		return err
	}
	c := media.PlaneConfig{PortMin: lo, PortMax: hi, Log: s.log}
	c.Bind, c.Advertise = s.cfg.RTP.Addrs(false)
	c.Bind6, c.Advertise6 = s.cfg.RTP.Addrs(true)
	for _, own := range []config.Addresses{{s.cfg.HTTP.Listen}, s.cfg.SIP.Listen, s.cfg.SIP.Advertise, s.cfg.SIP.TLS.Listen, s.cfg.SIP.TLS.Advertise} {
		c.LocalSockets = append(c.LocalSockets, own.AddrPorts()...)
	}
	if s.plane, err = media.NewPlane(c); err != nil {
		return err
	}
	s.onClose(s.plane.Close)
	return nil
}

func (s *Server) openEngine(_ context.Context, _ string, h Hooks) error {
	accounts, err := s.cfg.CallAccounts()
	if err != nil {
		return err
	}
	functions := s.functionReader
	functions.Processes = s.semaphore(maxFunctions)
	s.calls = call.NewSwitch(s.agent, s.plane, s.library, accounts, s.log)
	s.calls.KeepTraces(s.traces)
	s.onClose(func() error { s.calls.Close(); return nil })
	s.engine = flowengine.NewEngine(flowengine.EngineConfig{
		Components: components.All(), Dialer: s.calls, HangUpLimit: s.agent.MaxHangup(), Versions: s.store, Executions: s.store, Counters: s.store,
		Prepare: s.calls, Connections: s.connections, Functions: functions, Function: s.resources.Function, Admit: s.calls.Admit, Log: s.log, Observe: h.Observe,
		MaxScheduled: func(account string) int { return s.account(account).Scheduled },
	})
	return nil
}

func (s *Server) openHTTP(_ context.Context, _ string, _ Hooks) error {
	clients, err := s.cfg.OAuthClients()
	if err != nil {
		return err
	}
	s.clients.list.Store(&clients)
	if s.listener, err = net.Listen("tcp", s.cfg.HTTP.Listen); err != nil {
		return s.cfg.ErrorAt("$.http.listen", explainListen(err, "ss -ltnp"))
	}
	s.onClose(s.listener.Close)
	if err := s.secureHTTP(); err != nil {
		return err
	}
	handler := api.New(api.Config{
		Issuer:      auth.NewIssuer(auth.IssuerConfig{Clients: &s.clients, Tokens: s.store, Audiences: s.cfg.HTTP.Audiences, NoFormSecret: !s.cfg.HTTP.FormSecret}),
		URL:         strings.TrimSuffix(s.cfg.HTTP.URL, "/"),
		Flows:       s.engine,
		Executions:  s.store,
		Versions:    s.store,
		ReportJobs:  s.store,
		Resources:   s.resources,
		Webhooks:    s.webhooks,
		Account:     s.accountFacts,
		Prompts:     s.library,
		Legs:        s.calls,
		Traces:      s.traces,
		Trunks:      s.calls.Trunks,
		Choices:     s.calls.Choices,
		EventFeed:   s.store,
		Numbers:     func(account string) []string { return s.account(account).Numbers },
		Check:       s.checkFlow,
		CheckSpeech: s.checkRendered,
		Publishing:  &s.publishing,
		FlowFile:    s.flowFile,
		Components:  components.All(),
		Rate:        func(account string) api.Rate { return api.Rate{PerSecond: s.account(account).RateLimit} },
		ClientRate:  func(client string) api.Rate { return api.Rate{PerSecond: s.current.Load().ClientRate(client)} },
		MayStart:    func(client, flowID string) bool { return s.current.Load().MayStart(client, flowID) },
		MaxBody:     s.cfg.HTTP.MaxBody,
		Ready:       s.ready,
		Metrics:     s.metrics(),
		Log:         s.log,
		Streams:     s.cfg.HTTP.Streams, AccountStreams: func(account string) int { return s.account(account).Streams },
	})
	s.http = api.NewServer(handler, s.log)
	return nil
}

// secureHTTP puts TLS around the listener if the configuration has a certificate, and
// warns of a listener beyond this machine without one.
func (s *Server) secureHTTP() error {
	if s.cfg.HTTP.TLSCert == "" {
		if a, ok := s.listener.Addr().(*net.TCPAddr); ok && !a.IP.IsLoopback() {
			s.log.Warn("the API is open beyond this machine without TLS: give http.tls_cert and http.tls_key", "listen", a)
		}
		return nil
	}
	c, err := certificate.Pair(s.cfg.Relative(s.cfg.HTTP.TLSCert), s.cfg.Relative(s.cfg.HTTP.TLSKey), func(err error) {
		s.log.Error("a renewed certificate cannot be used; the one before is served", "error", err)
	})
	if err != nil {
		return s.cfg.ErrorAt("$.http.tls_cert", err)
	}
	s.listener = tls.NewListener(s.listener, &tls.Config{MinVersion: tls.VersionTLS12, NextProtos: []string{"h2", "http/1.1"},
		GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return c.Current(), nil }})
	return nil
}

// explainListen says how to find out which program has a port, and which addresses there are.
func explainListen(err error, list string) error {
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		return fmt.Errorf("%w: `%s` shows by which program; end that, or choose another port", err, list)
	case errors.Is(err, syscall.EADDRNOTAVAIL):
		return fmt.Errorf("%w: it is no address of this machine: write one that `ip address` shows, or 0.0.0.0", err)
	}
	return err
}

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
	s.connections = connection.New()
	s.onClose(func() error { s.connections.Close(); return nil })
	s.webhooks = webhook.New(webhook.Config{Outbox: s.store, Log: s.log})
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
		Scheduled: s.engine.Scheduled()[name], MaxScheduled: a.Scheduled,
		Allow: a.Destinations.Allow, Deny: a.Destinations.Deny, PrivateAddresses: a.Private}
}
