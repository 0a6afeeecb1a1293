package server

import (
	"context"
	"log/slog"
	"time"

	"ringflow/internal/config"
)

// forgetEvery is how often what is too old is looked for.
const forgetEvery = 24 * time.Hour

// retention removes executions, with their journals and so their rows of the
// report, once they ended longer ago than their account keeps them.
type retention struct {
	// forget removes the account's executions that ended before a time, and
	// returns how many there were.
	forget   func(ctx context.Context, account string, before time.Time) (int, error)
	accounts func() []config.Account // as they are now
	log      *slog.Logger
}

// run forgets now and every day, until ctx ends.
func (r retention) run(ctx context.Context) {
	tick := time.NewTicker(forgetEvery)
	defer tick.Stop()
	for {
		r.once(ctx)
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}

func (r retention) once(ctx context.Context) {
	for _, a := range r.accounts() {
		account, days := a.Name, a.RetentionDays
		if days == 0 {
			continue
		}
		n, err := r.forget(ctx, account, time.Now().AddDate(0, 0, -int(days)))
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

// startRetention forgets what is old from now on, until the server closes.
func (s *Server) startRetention(ctx context.Context) {
	ctx, stop := context.WithCancel(context.WithoutCancel(ctx))
	done := make(chan struct{})
	go func() {
		defer close(done)
		retention{forget: s.store.Forget, accounts: func() []config.Account { return s.live.Load().Accounts }, log: s.log}.run(ctx)
	}()
	s.closing(func() error { stop(); <-done; return nil })
}
