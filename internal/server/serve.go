package server

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"syscall"
	"time"

	"ringflow/internal/config"
)

// How long the end may take, whatever the record or the far ends do.
const (
	overtime     = 20 * time.Second // after the drain
	abortTimeout = 5 * time.Second  // after a second signal
)

// Serve runs a server with the configuration at path, whose database is another if
// one is given, until SIGTERM or SIGINT, which drain it; a second one ends the calls
// in progress at once. SIGHUP reloads. A server that has not ended in time is left as
// it is: the process is to end, and the error says what is missing from the record.
func Serve(ctx context.Context, path, dataDir, database string, log *slog.Logger) error {
	hangups := make(chan os.Signal, 1) // from here on one that comes does not end the process
	signal.Notify(hangups, syscall.SIGHUP)
	defer signal.Stop(hangups)
	cfg, err := config.Load(path)
	if err != nil {
		return err
	}
	if database != "" {
		if err := cfg.UseDatabase(database); err != nil {
			return fmt.Errorf("--database: %w", err)
		}
	}
	s, err := New(ctx, cfg, dataDir, log, Hooks{})
	if err != nil {
		return err
	}
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, syscall.SIGTERM, os.Interrupt)
	defer signal.Stop(signals)

	running, drain := context.WithCancel(ctx)
	defer drain()
	done := make(chan error, 1)
	go func() { done <- s.Run(running) }()
	var overdue <-chan time.Time
	for received := 0; ; {
		select {
		case err := <-done:
			return err
		case <-hangups:
			s.Reload()
		case sig := <-signals:
			if received++; received == 1 {
				limit := s.current.Load().Drain
				log.Info("draining; the same signal again ends calls at once", "signal", sig, "limit", limit, "executions", s.engine.Running())
				drain()
				overdue = time.After(time.Duration(limit) + overtime)
			} else {
				s.Abort()
				overdue = time.After(abortTimeout)
			}
		case <-overdue:
			return errors.Join(errors.New("the server did not end in time and was left"), s.store.Unwritten())
		}
	}
}
