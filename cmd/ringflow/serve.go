package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"ringflow/internal/config"
	"syscall"
)

// serve runs the server until SIGTERM or SIGINT, which drain it; a second one
// ends at once what is still going on. SIGHUP reloads.
func serve(ctx context.Context, args []string, _, complaints io.Writer) error {
	flags := newFlags()
	configFile := flags.String("config", "", "the configuration, a YAML `FILE`; needed")
	data := flags.String("data", "", "the `DIR` where all that is recorded lies, made if it is not there; needed")
	level := flags.String("log", "info", "the least `LEVEL` that is logged: debug, info, warn or error")
	if _, err := parseArguments(flags, args, 0, 0); err != nil {
		return err
	}
	if *configFile == "" || *data == "" {
		return fmt.Errorf("--config and --data are needed: %w", errUsage)
	}
	var at slog.Level
	if err := at.UnmarshalText([]byte(*level)); err != nil {
		return fmt.Errorf("--log %q is not debug, info, warn or error: %w", *level, errUsage)
	}
	log := slog.New(slog.NewTextHandler(complaints, &slog.HandlerOptions{Level: at}))

	hangups := make(chan os.Signal, 1) // from here on one that comes does not end the process
	signal.Notify(hangups, syscall.SIGHUP)
	defer signal.Stop(hangups)
	cfg, err := config.Load(*configFile)
	if err != nil {
		return err
	}
	s, err := newServer(ctx, cfg, *data, log, hooks{})
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
				log.Info("draining; the same signal again ends calls at once", "signal", sig, "limit", s.live.Load().Drain, "executions", s.engine.Running())
				drain()
			} else {
				s.Abort()
			}
		}
	}
}
