package server

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"runtime"
	"sync"
	"syscall"
	"time"

	"ringflow/internal/config"
)

// How long the end may take, whatever the record or the far ends do.
const (
	overtime     = 20 * time.Second // after the drain
	abortTimeout = 5 * time.Second  // after a second signal
)

// Options are what a server is started with beside its configuration.
type Options struct {
	Config   string // the file
	Data     string // the folder
	Database string // a URL that goes before the configuration's; empty: none
	Trace    string // a file for all SIP messages; empty: none
}

// Serve runs a server until SIGTERM or SIGINT, which drain it; a second one ends the calls
// in progress at once. SIGHUP reloads. A server that has not ended in time is left as
// it is: the process is to end, and the error says what is missing from the record.
func Serve(ctx context.Context, o Options, log *slog.Logger) (err error) {
	hangups := make(chan os.Signal, 1) // from here on one that comes does not end the process
	signal.Notify(hangups, syscall.SIGHUP)
	defer signal.Stop(hangups)
	cfg, err := config.Load(o.Config)
	if err != nil {
		return err
	}
	if o.Database != "" {
		if err := cfg.UseDatabase(o.Database); err != nil {
			return fmt.Errorf("--database: %w", err)
		}
	}
	hooks, closeTrace, err := openTraceFile(o.Trace, log)
	if err != nil {
		return err
	}
	floor := make([]byte, heapFloor)
	defer runtime.KeepAlive(floor)
	ps := runtime.GOMAXPROCS(0)
	s, err := New(ctx, cfg, o.Data, log, hooks)
	if err != nil {
		return errors.Join(err, closeTrace())
	}
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, syscall.SIGTERM, os.Interrupt)
	defer signal.Stop(signals)

	running, drain := context.WithCancel(ctx)
	var load sync.WaitGroup
	load.Go(func() { followLoad(ps, s.plane).run(running) })
	defer func() { drain(); load.Wait() }()
	done := make(chan error, 1)
	go func() { done <- s.Run(running) }()
	var overdue <-chan time.Time
	for received := 0; ; {
		select {
		case err := <-done:
			return errors.Join(err, closeTrace())
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
