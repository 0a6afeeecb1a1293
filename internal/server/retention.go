package server

import (
	"context"
	"log/slog"
	"time"

	"ringflow/internal/config"
)

// retentionInterval is the time between two removals.
const retentionInterval = 24 * time.Hour

// retention removes executions, with their journals and so their rows of the
// report, once they ended longer ago than their account keeps them.
type retention struct {
	// remove removes the account's executions that ended before a time, and
	// returns how many there were.
	remove   func(ctx context.Context, account string, before time.Time) (int, error)
	accounts func() []config.Account // as they are now
	log      *slog.Logger
}

// run removes what is too old now and every day, until ctx ends.
func (r retention) run(ctx context.Context) {
	tick := time.NewTicker(retentionInterval)
	defer tick.Stop()
	for {
		r.apply(ctx)
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}

func (r retention) apply(ctx context.Context) {
	for _, a := range r.accounts() {
		account, days := a.Name, a.RetentionDays
		if days == 0 {
			continue
		}
		n, err := r.remove(ctx, account, time.Now().AddDate(0, 0, -int(days)))
		switch {
		case ctx.Err() != nil:
			return
		case err != nil:
			r.log.Error("old executions stay until tomorrow", "account", account, "error", err)
		case n > 0:
			r.log.Info("forgot old executions", "account", account, "executions", n, "kept_days", int(days))
		}
	}
}

// startRetention removes old executions until the server closes.
func (s *Server) startRetention(ctx context.Context) {
	s.background(ctx, retention{remove: s.store.Forget, accounts: func() []config.Account { return s.current.Load().Accounts }, log: s.log}.run)
}
