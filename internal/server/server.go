// Package server is a running Ringflow: it makes every part from a configuration,
// joins the parts, reloads the configuration and takes the parts down in order. It
// does not know the command line.
//
// Read server.go, which joins the parts, then parts.go, which makes each.
package server

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"sync/atomic"
	"time"

	"ringflow/flowengine"
	"ringflow/flowengine/record"
	"ringflow/internal/call"
	"ringflow/internal/config"
	"ringflow/internal/connection"
	"ringflow/internal/keyed"
	"ringflow/internal/prompt"
	"ringflow/internal/resource"
	"ringflow/internal/script"
	"ringflow/internal/store"
	"ringflow/internal/trace"
	"ringflow/internal/version"
	"ringflow/internal/webhook"
	"ringflow/media"
	"ringflow/sip"
)

const (
	shutdownTimeout = 5 * time.Second
	flushTimeout    = time.Second // for the record, after the drain
)

// Hooks are called with each SIP message and each event; nil is no hook.
type Hooks struct {
	Trace   func(sip.Trace)
	Observe func(record.ExecutionID, record.Event)
}

// Server is every part of Ringflow. Run owns it and closes the parts in the reverse
// order of their making.
type Server struct {
	cfg            config.Config
	log            *slog.Logger
	store          *store.Store
	speech         Speech
	library        *prompt.Library
	plane          *media.Plane
	traces         *trace.Recorder // nil: none are kept
	capture        *capture        // nil: there is no capture server
	trace          func(sip.Trace) // takes each SIP message; nil: nothing does
	agent          *sip.Agent
	calls          *call.Switch
	functionReader script.Child // parses the functions of a flow that is checked
	connections    *connection.Client
	webhooks       *webhook.Dispatcher
	resources      *resource.Registry
	engine         *flowengine.Engine
	http           *http.Server
	listener       net.Listener

	current        atomic.Pointer[config.Config] // as it was last reloaded
	interrupted    atomic.Int64                  // executions that a crash before this start ended
	clients        currentClients
	reloads        chan struct{} // a pending request
	targets        *targetResolver
	publishedFiles map[flowFile][sha256.Size]byte // sums of the flow files as they were last published

	publishing keyed.RWMutex // read-locked from the check of flows to their publication

	draining     atomic.Bool
	endDrain     context.CancelFunc // ends drainContext
	drainContext context.Context
	closers      []func() // in the order of making
}

// New makes every part and publishes the flows of the configuration. Nothing is
// dialled and nothing answered on HTTP before Run.
func New(ctx context.Context, cfg config.Config, dataDir string, log *slog.Logger, h Hooks) (*Server, error) {
	s := &Server{cfg: cfg, log: log, reloads: make(chan struct{}, 1)}
	s.current.Store(&cfg)
	s.drainContext, s.endDrain = context.WithCancel(context.Background())
	s.logWarnings(&cfg)
	for _, make := range []func(context.Context, string, Hooks) error{
		s.openStore, s.openLibrary, s.openPlane, s.openTraces, s.openAgent, s.openResources, s.openEngine, s.publishFiles, s.warnOfPublished, s.openHTTP,
	} {
		if err := make(ctx, dataDir, h); err != nil {
			s.Close()
			return nil, err
		}
	}
	return s, nil
}

// ready returns why no execution can be started.
func (s *Server) ready() error {
	if s.draining.Load() {
		return flowengine.ErrDraining
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	return s.store.Check(ctx)
}

// HTTPAddr is where the API listens.
func (s *Server) HTTPAddr() string { return s.listener.Addr().String() }

// SIPAddr is where the user agent listens.
func (s *Server) SIPAddr() netip.AddrPort { return s.agent.LocalAddr() }

// AudioStats counts the RTP packets of the server.
func (s *Server) AudioStats() media.PlaneStats { return s.plane.Stats() }

// Abort ends a drain: each call in progress is ended with a BYE and its last event.
func (s *Server) Abort() { s.endDrain() }

// Run resumes the executions that the last process left, serves until ctx ends, and
// drains: no execution starts, calls in progress are ended after the configured time,
// and what is not in the record by then is an error. The server is closed when Run returns.
func (s *Server) Run(ctx context.Context) error {
	defer s.Close()
	recovery := context.WithoutCancel(ctx) // short, and never half done
	if err := s.startWebhooks(recovery); err != nil {
		return err
	}
	interrupted, err := s.store.Interrupt(recovery)
	if err != nil {
		return fmt.Errorf("settle what the last run left: %w", err)
	}
	s.interrupted.Store(int64(interrupted))
	if ctx.Err() != nil {
		return nil // accepted executions are resumed by the next process
	}
	resumed := 0
	err = s.store.Unfinished(recovery, func(accepted []record.Execution) {
		s.engine.Resume(recovery, accepted)
		resumed += len(accepted)
	})
	if err != nil {
		limit, cancel := context.WithTimeout(s.drainContext, time.Duration(s.current.Load().Drain))
		defer cancel()
		return errors.Join(fmt.Errorf("settle what the last run left: %w", err), s.engine.Drain(limit))
	}
	if interrupted > 0 || resumed > 0 {
		s.log.Info("settled what the last run left", "interrupted", interrupted, "resumed", resumed)
	}
	s.startRetention(ctx)
	s.startTargetResolver(ctx)
	s.startReloads(ctx)

	failed := make(chan error, 1)
	go func() { failed <- s.http.Serve(s.listener) }()
	s.log.Info("ready", "version", version.Number(), "revision", version.Revision(), "http", s.HTTPAddr(), "sip", s.SIPAddr(), "rtp", s.cfg.RTP.Ports, "legs_at_most", s.maxLegs())
	if legs := s.maxLegs(); legs < 2 {
		s.log.Warn("rtp.ports are too few: a call that is forwarded needs two legs", "legs_at_most", legs)
	}
	select {
	case <-ctx.Done():
		err = nil
	case err = <-failed:
		failed <- http.ErrServerClosed
	}
	return errors.Join(err, s.drain(failed))
}

func (s *Server) drain(failed <-chan error) error {
	s.draining.Store(true)
	began := time.Now()
	limit, cancel := context.WithTimeout(s.drainContext, time.Duration(s.current.Load().Drain))
	defer cancel()
	if err := s.engine.Drain(limit); err != nil {
		s.log.Warn("calls were ended before they were over", "after", time.Since(began).Round(time.Millisecond))
	}
	closing, cancel := context.WithTimeout(s.drainContext, shutdownTimeout)
	defer cancel()
	s.agent.Unregister(closing)
	err := s.http.Shutdown(closing)
	if errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) {
		err = s.http.Close() // open event streams are closed
	}
	if serveErr := <-failed; !errors.Is(serveErr, http.ErrServerClosed) {
		err = errors.Join(err, serveErr)
	}
	if s.store.Flush(limit) != nil { // what the end of the calls has brought has just come
		last, cancel := context.WithTimeout(context.Background(), flushTimeout)
		defer cancel()
		err = errors.Join(err, s.store.Flush(last))
	}
	s.log.Info("drained", "took", time.Since(began).Round(time.Millisecond))
	return err
}

// maxLegs is the number of legs that the RTP ports suffice for.
func (s *Server) maxLegs() int {
	p := s.plane.Stats()
	return p.Open + p.Lingering + p.Free
}

// background runs a function until the server closes.
func (s *Server) background(ctx context.Context, run func(context.Context)) {
	ctx, stop := context.WithCancel(context.WithoutCancel(ctx))
	done := make(chan struct{})
	go func() {
		defer close(done)
		run(ctx)
	}()
	s.onClose(func() error { stop(); <-done; return nil })
}

func (s *Server) onClose(f func() error) {
	s.closers = append(s.closers, func() {
		if err := f(); err != nil && !errors.Is(err, net.ErrClosed) {
			s.log.Warn("close", "error", err)
		}
	})
}

// Close releases what New has opened, of a server that Run has not run.
func (s *Server) Close() {
	for len(s.closers) > 0 {
		last := len(s.closers) - 1
		s.closers[last]()
		s.closers = s.closers[:last]
	}
	s.endDrain()
}

// logWarnings logs the warnings of a configuration.
func (s *Server) logWarnings(c *config.Config) {
	for _, warning := range c.Warnings() {
		s.log.Warn("configuration: " + warning)
	}
}

// startWebhooks starts the delivery of events. The record must be open until the
// webhooks are closed, and nothing may be written to it before.
func (s *Server) startWebhooks(ctx context.Context) error {
	if err := s.webhooks.Start(ctx); err != nil {
		return err
	}
	s.onClose(func() error {
		limit, cancel := context.WithTimeout(s.drainContext, shutdownTimeout)
		defer cancel()
		s.webhooks.Close(limit)
		return nil
	})
	return nil
}
