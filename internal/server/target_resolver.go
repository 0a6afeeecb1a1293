package server

import (
	"context"
	"log/slog"
	"net/netip"

	"golang.org/x/sync/errgroup"

	"ringflow/internal/config"
	"ringflow/sip"
)

// targetResolver resolves the targets of trunks at the start and after each reload, so
// that the log warns of a misspelt name and the first call finds DNS in its cache.
// Nothing waits for it, and a failure changes nothing: a call resolves again.
type targetResolver struct {
	resolve func(context.Context, sip.Target) ([]netip.AddrPort, error)
	log     *slog.Logger
	pending chan []config.Account // to be resolved next; later ones replace them
}

// maxLookups bounds the DNS look-ups at once.
const maxLookups = 16

func newTargetResolver(resolve func(context.Context, sip.Target) ([]netip.AddrPort, error), log *slog.Logger) *targetResolver {
	return &targetResolver{resolve: resolve, log: log, pending: make(chan []config.Account, 1)}
}

// request has the targets of the accounts resolved. It is called by one goroutine at a
// time, and never blocks.
func (n *targetResolver) request(accounts []config.Account) {
	select {
	case <-n.pending: // of an older configuration
	default:
	}
	n.pending <- accounts
}

// run resolves what is requested until ctx ends.
func (n *targetResolver) run(ctx context.Context) {
	for {
		select {
		case accounts := <-n.pending:
			n.resolveAll(ctx, accounts)
		case <-ctx.Done():
			return
		}
	}
}

// resolveAll resolves every target once.
func (n *targetResolver) resolveAll(ctx context.Context, accounts []config.Account) {
	var lookups errgroup.Group
	lookups.SetLimit(maxLookups)
	for _, a := range accounts {
		for _, t := range a.Trunks {
			trunk := sip.Trunk{Transport: sip.Transport(t.Transport), Targets: t.Targets, OutboundProxies: t.Proxies, Register: &sip.Registration{Registrars: t.Registrars}}
			for _, target := range trunk.NextHops() {
				lookups.Go(func() error {
					if _, err := n.resolve(ctx, trunk.Target(target)); err != nil && ctx.Err() == nil {
						n.log.Warn("a trunk's target does not resolve", "account", a.Name, "trunk", t.Name, "target", target, "error", err)
					}
					return nil
				})
			}
		}
	}
	_ = lookups.Wait() // none fails
}

// startTargetResolver resolves the targets of trunks until the server closes.
func (s *Server) startTargetResolver(ctx context.Context) {
	s.targets = newTargetResolver(s.agent.Resolve, s.log)
	s.targets.request(s.cfg.Accounts)
	s.background(ctx, s.targets.run)
}
