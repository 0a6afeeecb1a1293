package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"ringflow/flowengine/record"
	"ringflow/internal/client"
	"ringflow/internal/eventline"
)

// start is `ringflow start FLOW name=value…`: the execution's progress until
// its end. It fails unless the execution finished.
func start(ctx context.Context, args []string, out, errs io.Writer) error {
	r := newRemote()
	var p client.CreateFlowInteractionParams
	r.flags.StringVar(&p.StartAt, "start-at", "", "begin at this `TIME`, such as 2026-11-22T09:00:00Z; without it, at once")
	r.flags.StringVar(&p.CallingHours, "calling-hours", "", "begin within these `HOURS` of a day only, such as 09:00-20:00")
	r.flags.StringVar(&p.TimeZone, "time-zone", "", "the `ZONE` of --calling-hours, such as America/New_York")
	r.flags.StringVar(&p.IdempotencyKey, "key", "", "an idempotency `KEY`: a start sent again with it starts nothing, and says what was started")
	noWait := r.flags.Bool("no-wait", false, "print the execution's id and leave")
	asJSON := r.flags.Bool("json", false, "print each event of the journal as a JSON object; with --no-wait, the answer")
	rest, err := r.parse(args, 1, -1)
	if err != nil {
		return err
	}
	arguments, err := argumentsOf(rest[1:])
	if err != nil {
		return err
	}
	c, err := r.connect()
	if err != nil {
		return err
	}
	started, err := c.CreateFlowInteraction(ctx, rest[0], arguments, p)
	if err != nil {
		return r.advise(fmt.Errorf("start %s: %w", rest[0], err))
	}
	for _, w := range started.Warnings {
		fmt.Fprintf(errs, "warning: %s: %s\n", w.Name, w.Description)
	}
	switch {
	case *noWait && *asJSON:
		return printJSON(out, started)
	case *noWait:
		_, err := fmt.Fprintln(out, started.FlowExecutionID)
		return err
	}
	shown := newProgress(out, *asJSON)
	if err := shown.begin(started.FlowExecutionID); err != nil {
		return err
	}
	if err := c.Follow(ctx, started.FlowExecutionID, shown.event); err != nil {
		return r.advise(fmt.Errorf("execution %s goes on, but cannot be followed: %w", started.FlowExecutionID, err))
	}
	if shown.status != record.StatusFinished {
		return errTold
	}
	return nil
}

// argumentsOf reads name=value.
func argumentsOf(args []string) (map[string]any, error) {
	arguments := map[string]any{}
	for _, a := range args {
		name, value, ok := strings.Cut(a, "=")
		if _, twice := arguments[name]; !ok || name == "" || twice {
			return nil, fmt.Errorf("%q is not an argument: write each once, as name=value: %w", a, errUsage)
		}
		arguments[name] = value
	}
	return arguments, nil
}

// progress prints an execution's journal as it is written.
type progress struct {
	out    io.Writer
	asJSON bool
	status record.Status // "" until it has ended
	lines  eventline.Lines
}

func newProgress(out io.Writer, asJSON bool) *progress {
	return &progress{out: out, asJSON: asJSON, lines: eventline.Lines{Name: func(party string) string { return party }}}
}

func (p *progress) begin(id string) error {
	if p.asJSON {
		return nil
	}
	_, err := fmt.Fprintf(p.out, "execution %s\n", id)
	return err
}

// event prints one event, and remembers how it all ended.
func (p *progress) event(e client.StreamEvent) error {
	var told record.Event
	if err := json.Unmarshal(e.Data, &told); err != nil {
		return fmt.Errorf("read event %s: %w", e.ID, err)
	}
	if told.Kind == record.ExecutionEnded {
		p.status = told.Status
	}
	line := string(e.Data)
	if !p.asJSON {
		line = fmt.Sprintf("%s  %s", told.At.Local().Format("15:04:05.000"), p.lines.Line(told))
	}
	_, err := fmt.Fprintln(p.out, line)
	return err
}
