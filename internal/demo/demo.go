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

// timeLimit is how long a demo may take; whatever goes on then has failed.
const timeLimit = 45 * time.Second

// ErrFailed is the error of a demo of which not all came as it should; what did not
// has been printed.
var ErrFailed = errors.New("the demo failed")

// Run runs one whole call: a simulated carrier with a customer's and an agent's
// phone, the real server, and a client that starts the flow over HTTP. It ends
// with an error unless everything that should have happened did.
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
	d := &run{
		options: o, folder: folder, voice: voice, stage: newSequencer(),
	}
	legs := newLegNames(map[string]string{customerNumber: "customer", agentNumber: "agent"})
	d.show = &ladderPrinter{w: out, legs: legs, paint: colours(terminal && isTerminal(file))}
	if o.JSON {
		d.show = &jsonPrinter{out: json.NewEncoder(out), legs: legs}
	}
	checks, err := d.run(ctx)
	d.stage.close()
	if err != nil {
		return fmt.Errorf("%w (the server's log: %s)", err, folder.at("ringflow.log"))
	}
	d.show.checks(checks)
	if !allPassed(checks) {
		return ErrFailed
	}
	return nil
}

// run is one demo while it runs.
type run struct {
	options Options
	folder  *folder
	voice   tts.Synthesizer
	show    printer
	stage   *sequencer

	mu      sync.Mutex // guards journal while the server runs
	journal []record.Event
}

// run puts carrier and server up, lets the call happen, takes both down and
// judges what came of it.
func (d *run) run(ctx context.Context) (checks []Check, err error) {
	scene, err := newPhones(ctx, d.voice, d.options)
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
		PortMin: 45000, PortMax: 45999, Phones: scene.phones, Log: logger.With("side", "carrier"),
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
	result.scene, result.journal = scene, d.journal // nobody writes it any more
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

// serve runs the server for as long as the client's execution and the calls that
// come of it take.
func (d *run) serve(
	ctx context.Context, cfg config.Config, log *slog.Logger, carrier *sim.Carrier, calls int,
) (result result, err error) {
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

// trigger is a client like any other: it logs in, starts the flow and follows
// it until it is over.
func (d *run) trigger(ctx context.Context, address string) (client.Execution, error) {
	connections := &http.Client{Transport: &http.Transport{}}
	defer connections.CloseIdleConnections()
	c, err := client.New(client.Config{Server: "http://" + address, ID: "demo", Secret: d.folder.secret, HTTP: connections})
	if err != nil {
		return client.Execution{}, err
	}
	if err := c.Login(ctx); err != nil {
		return client.Execution{}, err
	}
	d.note("POST /oauth/token → 200")
	asked := time.Now()
	d.stage.add(asked, func() { d.show.begin(asked) })
	started, err := c.CreateFlowInteraction(ctx, flowID, map[string]any{"contact_1": customerNumber, "contact_2": agentNumber}, client.CreateFlowInteractionParams{})
	if err != nil {
		return client.Execution{}, fmt.Errorf("start %s: %w", flowID, err)
	}
	id := started.FlowExecutionID
	d.note("POST /flows/%s/interactions → 202 in %.1f ms: flow_execution_id %s",
		flowID, float64(time.Since(asked).Microseconds())/1000, id)
	if err := c.Follow(ctx, id, func(client.StreamEvent) error { return nil }); err != nil {
		return client.Execution{}, fmt.Errorf("wait for execution %s: %w", id, err)
	}
	return c.Execution(ctx, id)
}

// gaps is how many packets of sound were given up. It tells so: then it is no
// wonder that the recordings have gaps.
func (d *run) gaps(who string, s media.PlaneStats) uint64 {
	if s.Inserted > 0 {
		d.note("this machine was busy: %s sent sound up to %d ms late and gave up %d of %d packets",
			who, s.LateMax.Milliseconds(), s.Inserted, s.Sent+s.Inserted)
	}
	return s.Inserted
}

func (d *run) message(t sip.Trace) {
	d.stage.add(t.At, func() { d.show.message(t) })
}

func (d *run) event(_ record.ExecutionID, e record.Event) {
	d.mu.Lock()
	d.journal = append(d.journal, e)
	d.mu.Unlock()
	d.stage.add(e.At, func() { d.show.event(e) })
}

func (d *run) note(format string, args ...any) {
	now := time.Now()
	d.stage.add(now, func() { d.show.note(now, fmt.Sprintf(format, args...)) })
}
