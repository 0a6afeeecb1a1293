package main

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

	"ringflow/flowengine"
	"ringflow/internal/client"
	"ringflow/internal/config"
	"ringflow/internal/sim"
	"ringflow/media"
	"ringflow/sip"
	"ringflow/tts"
)

// demoLimit is how long a demo may take; whatever goes on then has failed.
const demoLimit = 45 * time.Second

// demo runs one whole call: a simulated carrier with a customer's and an agent's
// phone, the real server, and a client that starts the flow over HTTP. It ends
// with an error unless everything that should have happened did.
func demo(ctx context.Context, args []string, out, _ io.Writer) error {
	o, err := parseDemoOptions(args)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, demoLimit)
	defer cancel()
	voice, err := tts.NewEspeak(ctx, 2)
	if err != nil {
		return err
	}
	folder, err := newDemoFolder(o.out)
	if err != nil {
		return err
	}
	file, terminal := out.(*os.File)
	d := &demonstration{
		options: o, folder: folder, voice: voice, stage: newStage(),
	}
	legs := newLegs(map[string]string{demoCustomer: "customer", demoAgent: "agent"})
	d.show = &ladder{w: out, legs: legs, paint: palette(terminal && isTerminal(file))}
	if o.json {
		d.show = &jsonShow{out: json.NewEncoder(out), legs: legs}
	}
	checks, err := d.run(ctx)
	d.stage.close()
	if err != nil {
		return fmt.Errorf("%w (the server's log: %s)", err, folder.at("ringflow.log"))
	}
	d.show.verdict(checks)
	if !allGood(checks) {
		return errTold
	}
	return nil
}

// demonstration is one demo while it runs.
type demonstration struct {
	options demoOptions
	folder  *demoFolder
	voice   tts.Synthesizer
	show    show
	stage   *stage

	mu      sync.Mutex // guards journal while the server runs
	journal []flowengine.Event
}

// run puts carrier and server up, lets the call happen, takes both down and
// judges what came of it.
func (d *demonstration) run(ctx context.Context) (checks []check, err error) {
	scene, err := newDemoScene(ctx, d.voice, d.options)
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
	want := outcomeOf(d.options)
	result, err := d.serve(ctx, cfg, logger, carrier, want.calls)
	if err != nil {
		return nil, err
	}
	result.scene, result.journal = scene, d.journal // nobody writes it any more
	if result.prompt, err = speakAnnouncement(ctx, d.voice); err != nil {
		return nil, err
	}
	recordings, err := d.folder.record(result.calls)
	if err != nil {
		return nil, err
	}
	d.note("left in %s: %s", d.folder.path, strings.Join(append(recordings, "ringflow.yaml", "flows", "data", "ringflow.log"), " "))
	return judge(want, result), nil
}

// serve runs the server for as long as the client's execution and the calls that
// come of it take.
func (d *demonstration) serve(
	ctx context.Context, cfg config.Config, log *slog.Logger, carrier *sim.Carrier, calls int,
) (result demoRun, err error) {
	server, err := newServer(ctx, cfg, d.folder.at("data"), log, hooks{Trace: d.message, Observe: d.event})
	if err != nil {
		return result, fmt.Errorf("start the server: %w", err)
	}
	running, drain := context.WithCancel(ctx)
	ended := make(chan error, 1)
	go func() { ended <- server.Run(running) }()
	defer func() {
		drain()
		err = errors.Join(err, <-ended)
	}()
	d.note("Ringflow listens for HTTP on %s and for SIP on %s; the carrier on %s",
		server.HTTPAddr(), server.SIPAddr(), carrier.Addr())
	if result.execution, err = d.trigger(ctx, server.HTTPAddr()); err != nil {
		return result, err
	}
	if result.calls, err = carrier.Wait(ctx, calls); err != nil {
		return result, fmt.Errorf("%w: %s", err, describeCalls(result.calls))
	}
	result.gaps = d.gaps("Ringflow", server.plane.Stats()) + d.gaps("the carrier", carrier.Audio())
	return result, nil
}

// trigger is a client like any other: it logs in, starts the flow and follows
// it until it is over.
func (d *demonstration) trigger(ctx context.Context, address string) (client.Execution, error) {
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
	d.stage.tell(asked, func() { d.show.begin(asked) })
	started, err := c.CreateFlowInteraction(ctx, demoFlowID, map[string]any{"contact_1": demoCustomer, "contact_2": demoAgent}, client.CreateFlowInteractionParams{})
	if err != nil {
		return client.Execution{}, fmt.Errorf("start %s: %w", demoFlowID, err)
	}
	id := started.FlowExecutionID
	d.note("POST /flows/%s/interactions → 202 in %.1f ms: flow_execution_id %s",
		demoFlowID, float64(time.Since(asked).Microseconds())/1000, id)
	if err := c.Follow(ctx, id, func(client.StreamEvent) error { return nil }); err != nil {
		return client.Execution{}, fmt.Errorf("wait for execution %s: %w", id, err)
	}
	return c.Execution(ctx, id)
}

// gaps is how many packets of sound were given up. It tells so: then it is no
// wonder that the recordings have gaps.
func (d *demonstration) gaps(who string, s media.PlaneStats) uint64 {
	if s.Inserted > 0 {
		d.note("this machine was busy: %s sent sound up to %d ms late and gave up %d of %d packets",
			who, s.LateMax.Milliseconds(), s.Inserted, s.Sent+s.Inserted)
	}
	return s.Inserted
}

func (d *demonstration) message(t sip.Trace) {
	d.stage.tell(t.At, func() { d.show.message(t) })
}

func (d *demonstration) event(_ flowengine.ExecutionID, e flowengine.Event) {
	d.mu.Lock()
	d.journal = append(d.journal, e)
	d.mu.Unlock()
	d.stage.tell(e.At, func() { d.show.event(e) })
}

func (d *demonstration) note(format string, args ...any) {
	now := time.Now()
	d.stage.tell(now, func() { d.show.note(now, fmt.Sprintf(format, args...)) })
}
