package server

import (
	"context"
	"log/slog"
	"net/netip"
	"sync"

	"ringflow/internal/config"
	"ringflow/sip"
)

// targetResolver looks up the targets of trunks before a call needs them: at the start,
// and whenever the configuration was read again. A misspelt name is told then, and
// not with the first call; and that call does not wait for DNS. Nothing waits for
// it, and nothing follows from a failure: a call looks up again.
type targetResolver struct {
	resolve func(context.Context, sip.Target) ([]netip.AddrPort, error)
	log     *slog.Logger
	pending chan []config.Account // the round that is to come; one read later takes its place
}

// maxLookups bounds the look-ups under way.
const maxLookups = 16

func newTargetResolver(resolve func(context.Context, sip.Target) ([]netip.AddrPort, error), log *slog.Logger) *targetResolver {
	return &targetResolver{resolve: resolve, log: log, pending: make(chan []config.Account, 1)}
}

// request asks for a round. It is called by one goroutine at a time, and never blocks.
func (n *targetResolver) request(accounts []config.Account) {
	select {
	case <-n.pending: // nobody wants to know of a configuration that is no more
	default:
	}
	n.pending <- accounts
}

// run goes one round after the other until ctx ends.
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

// resolveAll looks up every target once.
func (n *targetResolver) resolveAll(ctx context.Context, accounts []config.Account) {
	var under sync.WaitGroup
	defer under.Wait()
	slots := make(chan struct{}, maxLookups)
	for _, a := range accounts {
		for _, t := range a.Trunks {
			trunk := sip.Trunk{Transport: sip.Transport(t.Transport)}
			for _, target := range t.Targets {
				select {
				case slots <- struct{}{}:
				case <-ctx.Done():
					return
				}
				under.Go(func() {
					defer func() { <-slots }()
					if _, err := n.resolve(ctx, trunk.Target(target)); err != nil && ctx.Err() == nil {
						n.log.Warn("a trunk's target does not resolve", "account", a.Name, "trunk", t.Name, "target", target, "error", err)
					}
				})
			}
		}
	}
}

// startTargetResolver looks up the trunks of the configuration, and those of each that
// is read later, until the server closes.
func (s *Server) startTargetResolver(ctx context.Context) {
	s.targets = newTargetResolver(s.agent.Resolve, s.log)
	s.targets.request(s.cfg.Accounts)
	s.background(ctx, s.targets.run)
}
