package cli

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"slices"
	"time"

	"ringflow/flowengine/record"
	"ringflow/internal/client"
	"ringflow/internal/eventline"
)

var executionList = list[client.ExecutionSummary]{
	columns: "EXECUTION  FLOW  STATUS  ACCEPTED  BEGINS  TOOK  ERROR",
	rows: func(x client.ExecutionSummary) [][]string {
		return row(x.FlowExecutionID, x.FlowID, x.Status, localTime(&x.AcceptedAt), beginsAt(x.StartedAt, x.StartAt, x.Status), between(x.StartedAt, x.FinishedAt), x.Error)
	},
	limit: 20,
	build: func(f *flag.FlagSet) fetch[client.ExecutionSummary] {
		var p client.ExecutionsParams
		f.StringVar(&p.FlowID, "flow", "", "only those of the flow `ID`")
		f.StringVar(&p.Status, "status", "", "only those that are `STATUS`: accepted (those that wait for their time among them), running, finished, failed, cancelled or interrupted")
		f.Func("from", "only those accepted at this `TIME` or later, such as 2026-11-22 or 2026-11-22T09:00:00Z", timeFlag(&p.From))
		f.Func("to", "only those accepted before this `TIME`", timeFlag(&p.To))
		return executionPages(&p)
	},
}

func executionPages(p *client.ExecutionsParams) fetch[client.ExecutionSummary] {
	return func(c *client.Client, ctx context.Context, page client.PageParams) (client.Page[client.ExecutionSummary], error) {
		p.PageParams = page
		return c.Executions(ctx, *p)
	}
}

// beginsAt is when an execution that waits for its time begins, "" if it does not
// wait.
func beginsAt(started, start *time.Time, status string) string {
	if started != nil || status != string(record.StatusAccepted) {
		return ""
	}
	return localTime(start)
}

// execution is `ringflow execution ID`: one execution with its steps.
func execution(f *flag.FlagSet) request {
	asJSON := f.Bool("json", false, "print JSON")
	return func(ctx context.Context, c *client.Client, args []string, out, _ io.Writer) error {
		x, err := c.Execution(ctx, args[0])
		if err != nil {
			return err
		}
		if *asJSON {
			return printJSON(out, x)
		}
		call, err := c.Call(ctx, x.FlowExecutionID)
		if err != nil && !refusedWith(err, http.StatusNotFound) { // an execution that dialled nothing has no call
			return err
		}
		return printExecution(out, x, call.Legs)
	}
}

// refusedWith reports whether the server refused with an HTTP status.
func refusedWith(err error, status int) bool {
	refused, ok := errors.AsType[*client.Refusal](err)
	return ok && refused.Status == status
}

func printExecution(out io.Writer, x client.Execution, legs []client.Leg) error {
	failed := x.Error
	var rows [][]string
	for _, s := range x.Steps {
		reason := stepReason(s)
		failed = eventline.TrimReason(failed, reason)
		took, exit := "", ""
		if s.DurationMS != nil {
			took = milliseconds(*s.DurationMS).String()
		}
		if s.Exit != nil {
			exit = *s.Exit
		}
		rows = append(rows, []string{s.Name, s.Component, localTime(&s.StartedAt), took, exit, reason})
	}
	if failed != "" {
		failed = " – " + failed
	}
	fmt.Fprintf(out, "%s  %s  %s, accepted %s%s\n", x.FlowExecutionID, x.FlowID, x.Status, localTime(&x.AcceptedAt), failed)
	if begins := beginsAt(x.StartedAt, x.StartAt, x.Status); begins != "" {
		fmt.Fprintf(out, "it begins %s\n", begins)
	}
	if err := printTable(out, "STEP  COMPONENT  AT  TOOK  EXIT  WHY", rows); err != nil {
		return err
	}
	for _, l := range legs {
		if detail := noAudio(l); detail != "" {
			fmt.Fprintf(out, "%s %s was %s\n", l.Party, l.To, detail)
		}
	}
	return nil
}

// stepReason is why a step was left by its exit, "" if nothing is noted.
func stepReason(s client.Step) string {
	return joinReasons(sipAnswer(s.SIP), explanation(s.SIP), s.Detail, s.Error)
}

// watch is `ringflow watch ID`: the events of an execution so far, and then as they
// happen, until its end.
func watch(f *flag.FlagSet) request {
	asJSON := f.Bool("json", false, "print each event of the journal as a JSON object")
	return func(ctx context.Context, c *client.Client, args []string, out, _ io.Writer) error {
		if _, err := c.Execution(ctx, args[0]); err != nil { // a stream would be retried
			return err
		}
		p := &progress{out: out, asJSON: *asJSON}
		if err := c.Follow(ctx, args[0], p.event); err != nil {
			return fmt.Errorf("watch %s: %w", args[0], err)
		}
		return p.result()
	}
}

// cancel is `ringflow cancel ID`, or all that a flow has running or waiting.
func cancel(f *flag.FlagSet) (func([]string) error, request) {
	flowID := f.String("flow", "", "instead of one: all executions of the flow `ID` that run or wait")
	check := func(args []string) error {
		if (*flowID == "") == (len(args) == 0) {
			return fmt.Errorf("say either the ID of an execution or --flow ID: %w", errUsage)
		}
		return nil
	}
	return check, func(ctx context.Context, c *client.Client, args []string, out, _ io.Writer) error {
		if *flowID != "" {
			n, err := cancelAll(ctx, c, *flowID)
			if err == nil || n > 0 {
				_, _ = fmt.Fprintf(out, "%s: %d cancelled\n", *flowID, n)
			}
			return err
		}
		if _, err := c.CancelExecution(ctx, args[0]); err != nil {
			return fmt.Errorf("cancel %s: %w", args[0], err)
		}
		result := "cancelled" // a client that may cancel need not be allowed to read
		if x, err := c.Execution(ctx, args[0]); err == nil {
			if result = "its calls are being hung up"; x.StartedAt == nil {
				result = "cancelled before it began"
			}
		}
		return printf(out, "%s: %s\n", args[0], result)
	}
}

// cancelAll cancels the executions of a flow that run or wait and returns how many
// those were. One that has ended meanwhile is no error. One that is started meanwhile
// may be left: flow unpublish before it keeps that from happening.
func cancelAll(ctx context.Context, c *client.Client, flowID string) (n int, _ error) {
	var ids []string
	for _, status := range []record.Status{record.StatusAccepted, record.StatusRunning} { // in this order one that begins meanwhile is listed
		found, err := everyPage(ctx, c, unlimited, executionPages(&client.ExecutionsParams{FlowID: flowID, Status: string(status)}))
		if err != nil {
			return 0, fmt.Errorf("list executions of %s: %w", flowID, err)
		}
		for _, x := range found {
			ids = append(ids, x.FlowExecutionID)
		}
	}
	slices.Sort(ids)
	for _, id := range slices.Compact(ids) {
		switch _, err := c.CancelExecution(ctx, id); {
		case err == nil:
			n++
		case !refusedWith(err, http.StatusConflict):
			return n, fmt.Errorf("cancel %s: %w", id, err)
		}
	}
	return n, nil
}

// report is `ringflow report`: the Studio Flow Execution Report as the server
// streams it, CSV or JSON, or its totals.
func report(f *flag.FlagSet) request {
	var p client.ReportsStudioFlowExecutionParams
	f.StringVar(&p.FlowID, "flow", "", "only the flow `ID`")
	f.StringVar(&p.Number, "number", "", "only executions that dialled this `NUMBER`, in E.164")
	f.StringVar(&p.Exit, "exit", "", "only steps that were left by this `EXIT`, such as answered")
	f.Func("from", "only executions accepted at this `TIME` or later, such as 2026-11-22 or 2026-11-22T09:00:00Z", timeFlag(&p.From))
	f.Func("to", "only executions accepted before this `TIME`", timeFlag(&p.To))
	asJSON := f.Bool("json", false, "print JSON instead of CSV or a table")
	totals := f.Bool("totals", false, "count steps by day, flow and exit")
	return func(ctx context.Context, c *client.Client, _ []string, out, _ io.Writer) error {
		if *totals {
			return printTotals(ctx, c, p, *asJSON, out)
		}
		if p.Format = "csv"; *asJSON {
			p.Format = "json"
		}
		res, err := c.ReportsStudioFlowExecution(ctx, p)
		if err != nil {
			return err
		}
		defer res.Body.Close()
		if _, err := io.Copy(out, res.Body); err != nil {
			return fmt.Errorf("the report broke off and is not whole: %w", err)
		}
		return nil
	}
}

func printTotals(ctx context.Context, c *client.Client, p client.ReportsStudioFlowExecutionParams, asJSON bool, out io.Writer) error {
	found, err := c.ReportsStudioFlowExecutionTotals(ctx, client.ReportsStudioFlowExecutionTotalsParams{
		FlowID: p.FlowID, From: p.From, To: p.To, Number: p.Number, Exit: p.Exit})
	if err != nil {
		return err
	}
	if asJSON {
		return printJSON(out, found.Totals)
	}
	var rows [][]string
	for _, t := range found.Totals {
		rows = append(rows, []string{t.Day, t.FlowID, t.Exit, fmt.Sprint(t.Count)})
	}
	return printTable(out, "DAY  FLOW  EXIT  STEPS", rows)
}
