package server

import (
	"context"
	"log/slog"
	"net/netip"
	"sync"

	"ringflow/internal/config"
	"ringflow/sip"
)

// trunkNames looks up the targets of trunks before a call needs them: at the start,
// and whenever the configuration was read again. A misspelt name is told then, and
// not with the first call; and that call does not wait for DNS. Nothing waits for
// it, and nothing follows from a failure: a call looks up again.
type trunkNames struct {
	resolve func(context.Context, sip.Target) ([]netip.AddrPort, error)
	log     *slog.Logger
	due     chan []config.Account // the round that is to come; one read later takes its place
}

// lookupsAtOnce bounds the look-ups under way.
const lookupsAtOnce = 16

func newTrunkNames(resolve func(context.Context, sip.Target) ([]netip.AddrPort, error), log *slog.Logger) *trunkNames {
	return &trunkNames{resolve: resolve, log: log, due: make(chan []config.Account, 1)}
}

// again asks for a round. It is called by one goroutine at a time, and never blocks.
func (n *trunkNames) again(accounts []config.Account) {
	select {
	case <-n.due: // nobody wants to know of a configuration that is no more
	default:
	}
	n.due <- accounts
}

// run goes one round after the other until ctx ends.
func (n *trunkNames) run(ctx context.Context) {
	for {
		select {
		case accounts := <-n.due:
			n.round(ctx, accounts)
		case <-ctx.Done():
			return
		}
	}
}

// round looks up every target once.
func (n *trunkNames) round(ctx context.Context, accounts []config.Account) {
	var under sync.WaitGroup
	defer under.Wait()
	slots := make(chan struct{}, lookupsAtOnce)
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

// startTrunkNames looks up the trunks of the configuration, and those of each that
// is read later, until the server closes.
func (s *Server) startTrunkNames(ctx context.Context) {
	ctx, stop := context.WithCancel(context.WithoutCancel(ctx))
	done := make(chan struct{})
	s.trunkNames = newTrunkNames(s.agent.Resolve, s.log)
	s.trunkNames.again(s.cfg.Accounts)
	go func() {
		defer close(done)
		s.trunkNames.run(ctx)
	}()
	s.closing(func() error { stop(); <-done; return nil })
}
