package server

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"syscall"

	"ringflow/internal/config"
)

// Serve runs a server with the configuration at path, whose database is another if
// one is given, until SIGTERM or
// SIGINT, which drain it; a second one ends the calls in progress at once. SIGHUP
// reloads.
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
	for received := 0; ; {
		select {
		case err := <-done:
			return err
		case <-hangups:
			s.Reload()
		case sig := <-signals:
			if received++; received == 1 {
				log.Info("draining; the same signal again ends calls at once", "signal", sig, "limit", s.current.Load().Drain, "executions", s.engine.Running())
				drain()
			} else {
				s.Abort()
			}
		}
	}
}
