// Package demo runs one whole call on this machine: a simulated carrier with a
// customer's and an agent's phone, a real server, and a client of its API. It
// checks what came of it. It does not know the command line.
package demo

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"strings"
	"sync"
	"time"

	"ringflow/flowengine/record"
	"ringflow/internal/client"
	"ringflow/internal/config"
	"ringflow/internal/server"
	"ringflow/internal/sim"
	"ringflow/media"
	"ringflow/sip"
	"ringflow/tts"
)

// timeLimit is the longest time of a demo.
const timeLimit = 45 * time.Second

// Options are the options of a demo.
type Options struct {
	Customer, Agent string // one of the choices each
	Dir             string // folder for everything it leaves; empty is a new temporary one
	JSON            bool
}

// The choices of --customer and --agent, the first being the default.
var (
	CustomerChoices = []string{"answers", "busy", "declines", "invalid", "silent", "hangs-up", "blocked"}
	AgentChoices    = []string{"answers", "busy", "silent", "invalid"}
)

// ErrFailed is the error of a demo whose checks failed; they have been printed.
var ErrFailed = errors.New("the demo failed")

// Run runs one whole call: a simulated carrier with a customer's and an agent's
// phone, the real server, and a client that starts the flow over HTTP. It returns
// ErrFailed unless every check of the result passes.
func Run(ctx context.Context, o Options, out io.Writer) error {
	ctx, cancel := context.WithTimeout(ctx, timeLimit)
	defer cancel()
	voice, err := tts.NewEspeak(ctx, 2)
	if err != nil {
		return err
	}
	folder, err := newFolder(o.Dir)
	if err != nil {
		return err
	}
	file, terminal := out.(*os.File)
	d := &run{options: o, folder: folder, voice: voice, sequencer: newSequencer()}
	legs := legNames{}
	d.printer = &ladderPrinter{w: out, legs: legs, colours: colours(terminal && isTerminal(file))}
	if o.JSON {
		d.printer = &jsonPrinter{out: json.NewEncoder(out), legs: legs}
	}
	checks, err := d.run(ctx)
	d.sequencer.close()
	if err != nil {
		return fmt.Errorf("%w (the server's log: %s)", err, folder.at("ringflow.log"))
	}
	d.printer.checks(checks)
	if !allPassed(checks) {
		return ErrFailed
	}
	return nil
}

// run is a demo that runs.
type run struct {
	options   Options
	folder    *folder
	voice     tts.Synthesizer
	printer   printer
	sequencer *sequencer

	mu      sync.Mutex // guards journal while the server runs
	journal []record.Event
}

// run starts carrier and server, runs the call, closes both and checks the result.
func (d *run) run(ctx context.Context) (checks []Check, err error) {
	phones, err := newPhones(ctx, d.voice, d.options)
	if err != nil {
		return nil, err
	}
	log, err := os.Create(d.folder.at("ringflow.log"))
	if err != nil {
		return nil, fmt.Errorf("open the server's log: %w", err)
	}
	defer func() { err = errors.Join(err, log.Close()) }()
	logger := slog.New(slog.NewTextHandler(log, nil))

	carrier, err := sim.Start(sim.Config{
		PortMin: 45000, PortMax: 45999, Phones: phones.behaviours, Log: logger.With("side", "carrier"),
	})
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, carrier.Close()) }()
	cfg, err := d.folder.configure(carrier.Addr(), d.options)
	if err != nil {
		return nil, err
	}
	want := expectationOf(d.options)
	result, err := d.serve(ctx, cfg, logger, carrier, want.calls)
	if err != nil {
		return nil, err
	}
	result.phones, result.journal = phones, d.journal // the server is closed
	if result.prompt, err = synthesizeAnnouncement(ctx, d.voice); err != nil {
		return nil, err
	}
	recordings, err := d.folder.record(result.calls)
	if err != nil {
		return nil, err
	}
	d.note("left in %s: %s", d.folder.path, strings.Join(append(recordings, "ringflow.yaml", "flows", "data", "ringflow.log"), " "))
	return checkResult(want, result), nil
}

// serve runs the server until the execution and its calls have ended.
func (d *run) serve(ctx context.Context, cfg config.Config, log *slog.Logger, carrier *sim.Carrier, calls int) (result result, err error) {
	s, err := server.New(ctx, cfg, d.folder.at("data"), log, server.Hooks{Trace: d.message, Observe: d.event})
	if err != nil {
		return result, fmt.Errorf("start the server: %w", err)
	}
	running, drain := context.WithCancel(ctx)
	ended := make(chan error, 1)
	go func() { ended <- s.Run(running) }()
	defer func() {
		drain()
		err = errors.Join(err, <-ended)
	}()
	d.note("Ringflow listens for HTTP on %s and for SIP on %s; the carrier on %s",
		s.HTTPAddr(), s.SIPAddr(), carrier.Addr())
	if result.execution, err = d.trigger(ctx, s.HTTPAddr()); err != nil {
		return result, err
	}
	if result.calls, err = carrier.Wait(ctx, calls); err != nil {
		return result, fmt.Errorf("%w: %s", err, describeCalls(result.calls))
	}
	result.gaps = d.gaps("Ringflow", s.AudioStats()) + d.gaps("the carrier", carrier.Audio())
	return result, nil
}

// trigger is a client of the API: it gets a token, starts the flow and follows the
// execution to its end.
func (d *run) trigger(ctx context.Context, address string) (client.Execution, error) {
	connections := &http.Client{Transport: &http.Transport{}}
	defer connections.CloseIdleConnections()
	c, err := client.New(client.Config{Server: "http://" + address, ID: "demo", Secret: d.folder.secret, HTTP: connections})
	if err != nil {
		return client.Execution{}, err
	}
	if err := c.Authenticate(ctx); err != nil {
		return client.Execution{}, err
	}
	d.note("POST /oauth/token → 200")
	started := time.Now()
	d.sequencer.add(started, func() { d.printer.begin(started) })
	accepted, err := c.CreateFlowInteraction(ctx, flowID, map[string]any{"contact_1": customerNumber, "contact_2": agentNumber}, client.CreateFlowInteractionParams{})
	if err != nil {
		return client.Execution{}, fmt.Errorf("start %s: %w", flowID, err)
	}
	id := accepted.FlowExecutionID
	d.note("POST /flows/%s/interactions → 202 in %.1f ms: flow_execution_id %s",
		flowID, float64(time.Since(started).Microseconds())/1000, id)
	if err := c.Follow(ctx, id, func(client.StreamEvent) error { return nil }); err != nil {
		return client.Execution{}, fmt.Errorf("wait for execution %s: %w", id, err)
	}
	return c.Execution(ctx, id)
}

// gaps is how many packets of audio a side gave up. It prints them, since the
// recordings have gaps then.
func (d *run) gaps(side string, s media.PlaneStats) uint64 {
	if s.Inserted > 0 {
		d.note("this machine was busy: %s sent audio up to %d ms late and gave up %d of %d packets",
			side, s.LateMax.Milliseconds(), s.Inserted, s.Sent+s.Inserted)
	}
	return s.Inserted
}

func (d *run) message(t sip.Trace) {
	d.sequencer.add(t.At, func() { d.printer.message(t) })
}

func (d *run) event(_ record.ExecutionID, e record.Event) {
	d.mu.Lock()
	d.journal = append(d.journal, e)
	d.mu.Unlock()
	d.sequencer.add(e.At, func() { d.printer.event(e) })
}

func (d *run) note(format string, args ...any) {
	now := time.Now()
	d.sequencer.add(now, func() { d.printer.note(now, fmt.Sprintf(format, args...)) })
}
