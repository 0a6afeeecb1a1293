package cli

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"strings"

	"ringflow/flowengine/record"
	"ringflow/internal/client"
	"ringflow/internal/eventline"
)

// start is `ringflow start FLOW name=value…`: the execution's progress until
// its end. It fails unless the execution finished.
func start(f *flag.FlagSet) (func([]string) error, request) {
	var p client.CreateFlowInteractionParams
	f.StringVar(&p.StartAt, "start-at", "", "begin at this `TIME`, such as 2026-11-22T09:00:00Z; without it, at once")
	f.StringVar(&p.CallingHours, "calling-hours", "", "begin within these `HOURS` of a day only, such as 09:00-20:00")
	f.StringVar(&p.TimeZone, "time-zone", "", "the `ZONE` of --calling-hours, such as America/New_York")
	f.StringVar(&p.IdempotencyKey, "key", "", "an idempotency `KEY`: a start sent again with it starts nothing, and says what was started")
	noWait := f.Bool("no-wait", false, "print the execution's id and leave")
	asJSON := f.Bool("json", false, "print each event of the journal as a JSON object; with --no-wait, the answer")
	var arguments map[string]any
	check := func(args []string) (err error) {
		arguments, err = argumentsOf(args[1:])
		return err
	}
	return check, func(ctx context.Context, c *client.Client, args []string, out, errOut io.Writer) error {
		started, err := c.CreateFlowInteraction(ctx, args[0], arguments, p)
		if err != nil {
			return fmt.Errorf("start %s: %w", args[0], err)
		}
		for _, w := range started.Warnings {
			fmt.Fprintf(errOut, "warning: %s: %s\n", w.Name, w.Description)
		}
		switch {
		case *noWait && *asJSON:
			return printJSON(out, started)
		case *noWait:
			return printf(out, "%s\n", started.FlowExecutionID)
		}
		progress := &progress{out: out, asJSON: *asJSON}
		if !*asJSON {
			fmt.Fprintf(out, "execution %s\n", started.FlowExecutionID)
		}
		if err := c.Follow(ctx, started.FlowExecutionID, progress.event); err != nil {
			return fmt.Errorf("execution %s goes on, but cannot be followed: %w", started.FlowExecutionID, err)
		}
		return progress.result()
	}
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

// result is the error of an execution that did not finish.
func (p *progress) result() error {
	if p.status != record.StatusFinished {
		return errReported
	}
	return nil
}

// event prints one event, and keeps the status of the last one.
func (p *progress) event(streamed client.StreamEvent) error {
	var e record.Event
	if err := json.Unmarshal(streamed.Data, &e); err != nil {
		return fmt.Errorf("read event %d: %w", streamed.Seq, err)
	}
	if e.Kind == record.ExecutionEnded {
		p.status = e.Status
	}
	line := string(streamed.Data)
	if !p.asJSON {
		line = fmt.Sprintf("%s  %s", e.At.Local().Format("15:04:05.000"), p.lines.Line(e))
	}
	_, err := fmt.Fprintln(p.out, line)
	return err
}
