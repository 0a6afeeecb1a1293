package server

import (
	"context"
	"log/slog"
	"time"

	"ringflow/internal/config"
)

// retentionInterval is the time between two removals.
const retentionInterval = 24 * time.Hour

// retain removes executions, with their journals and so their rows of the report, once
// they ended longer ago than their account keeps them: now and every day, until ctx
// ends. remove removes those of an account that ended before a time, and returns how
// many there were.
func retain(ctx context.Context, accounts func() []config.Account, remove func(ctx context.Context, account string, before time.Time) (int, error), log *slog.Logger) {
	for {
		for _, a := range accounts() {
			if a.RetentionDays == 0 {
				continue
			}
			n, err := remove(ctx, a.Name, time.Now().AddDate(0, 0, -int(a.RetentionDays)))
			switch {
			case ctx.Err() != nil:
				return
			case err != nil:
				log.Error("old executions stay until tomorrow", "account", a.Name, "error", err)
			case n > 0:
				log.Info("forgot old executions", "account", a.Name, "executions", n, "kept_days", int(a.RetentionDays))
			}
		}
		select {
		case <-time.After(retentionInterval):
		case <-ctx.Done():
			return
		}
	}
}

// startRetention removes old executions until the server closes.
func (s *Server) startRetention(ctx context.Context) {
	s.background(ctx, func(ctx context.Context) {
		retain(ctx, func() []config.Account { return s.current.Load().Accounts }, s.store.Forget, s.log)
	})
}
