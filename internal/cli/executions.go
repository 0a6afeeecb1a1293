package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"text/tabwriter"
	"time"

	"ringflow/flowengine/record"
	"ringflow/internal/client"
)

// executions is `ringflow executions`: the newest first, as a table or JSON.
func executions(ctx context.Context, args []string, out, _ io.Writer) error {
	r := newRemote()
	var p client.ExecutionsParams
	r.flags.StringVar(&p.FlowID, "flow", "", "only those of the flow `ID`")
	r.flags.StringVar(&p.Status, "status", "", "only those that are `STATUS`: accepted (those that wait for their time among them), running, finished, failed, cancelled or interrupted")
	r.flags.Func("from", "only those accepted at this `TIME` or later, such as 2026-11-22 or 2026-11-22T09:00:00Z", moment(&p.From))
	r.flags.Func("to", "only those accepted before this `TIME`", moment(&p.To))
	limit := r.flags.Int("limit", 20, "show `N` at most")
	asJSON := r.flags.Bool("json", false, "print JSON")
	if _, err := r.parse(args, 0, 0); err != nil {
		return err
	}
	if *limit < 1 {
		return fmt.Errorf("--limit %d is not a number from 1 on: %w", *limit, errUsage)
	}
	c, err := r.connect()
	if err != nil {
		return err
	}
	found, err := everyPage(*limit, func(limit int, cursor string) ([]client.ExecutionSummary, *string, error) {
		p.Limit, p.Cursor = limit, cursor
		page, err := c.Executions(ctx, p)
		return page.Executions, page.Next, err
	})
	if err != nil {
		return r.advise(err)
	}
	if *asJSON {
		return printJSON(out, found)
	}
	return printExecutions(out, found)
}

func printExecutions(out io.Writer, found []client.ExecutionSummary) error {
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "EXECUTION\tFLOW\tSTATUS\tACCEPTED\tBEGINS\tTOOK\tERROR")
	for _, x := range found {
		took := ""
		if x.StartedAt != nil && x.FinishedAt != nil {
			took = x.FinishedAt.Sub(*x.StartedAt).Round(100 * time.Millisecond).String()
		}
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\t%s\t%s\n", x.FlowExecutionID, x.FlowID, x.Status, clock(&x.AcceptedAt), beginsAt(x.StartedAt, x.StartAt, x.Status), took, x.Error)
	}
	return table.Flush()
}

// cancel is `ringflow cancel ID`, or all that a flow has running or waiting.
func cancel(ctx context.Context, args []string, out, _ io.Writer) error {
	r := newRemote()
	flowID := r.flags.String("flow", "", "instead of one: all executions of the flow `ID` that run or wait")
	rest, err := r.parse(args, 0, 1)
	if err != nil {
		return err
	}
	if (*flowID == "") == (len(rest) == 0) {
		return fmt.Errorf("say either the ID of an execution or --flow ID: %w", errUsage)
	}
	c, err := r.connect()
	if err != nil {
		return err
	}
	if *flowID != "" {
		n, err := cancelAll(ctx, c, *flowID)
		if err == nil || n > 0 {
			_, _ = fmt.Fprintf(out, "%s: %d cancelled\n", *flowID, n)
		}
		return r.advise(err)
	}
	if _, err := c.CancelExecution(ctx, rest[0]); err != nil {
		return r.advise(fmt.Errorf("cancel %s: %w", rest[0], err))
	}
	became := "cancelled" // whoever may cancel need not be allowed to look
	if x, err := c.Execution(ctx, rest[0]); err == nil {
		if became = "its calls are being hung up"; x.StartedAt == nil {
			became = "cancelled before it began"
		}
	}
	_, err = fmt.Fprintf(out, "%s: %s\n", rest[0], became)
	return err
}

// cancelAll ends what a flow has running or waiting and returns how many that were.
// What has ended before it is cancelled is no error. What is started meanwhile may
// be left: who wants none takes the flow out of service first.
func cancelAll(ctx context.Context, c *client.Client, flowID string) (n int, _ error) {
	var ids []string
	for _, status := range []record.Status{record.StatusAccepted, record.StatusRunning} { // in this order one that begins meanwhile is seen
		found, err := everyPage(unlimited, func(limit int, cursor string) ([]client.ExecutionSummary, *string, error) {
			page, err := c.Executions(ctx, client.ExecutionsParams{FlowID: flowID, Status: string(status), Limit: limit, Cursor: cursor})
			return page.Executions, page.Next, err
		})
		if err != nil {
			return 0, fmt.Errorf("list executions of %s: %w", flowID, err)
		}
		for _, x := range found {
			ids = append(ids, x.FlowExecutionID)
		}
	}
	slices.Sort(ids)
	for _, id := range slices.Compact(ids) {
		var refused *client.Refusal
		switch _, err := c.CancelExecution(ctx, id); {
		case err == nil:
			n++
		case !errors.As(err, &refused) || refused.Status != http.StatusConflict:
			return n, fmt.Errorf("cancel %s: %w", id, err)
		}
	}
	return n, nil
}

// moment reads a time as the API takes it, or a day, which begins at midnight
// where the command runs.
func moment(into *string) func(string) error {
	return func(text string) error {
		if day, err := time.ParseInLocation(time.DateOnly, text, time.Local); err == nil {
			text = day.Format(time.RFC3339)
		}
		if _, err := time.Parse(time.RFC3339, text); err != nil {
			return fmt.Errorf("write 2026-11-22 or 2026-11-22T09:00:00Z")
		}
		*into = text
		return nil
	}
}

// printJSON writes what the API said, for other programs.
func printJSON(out io.Writer, v any) error {
	e := json.NewEncoder(out)
	e.SetIndent("", "  ")
	return e.Encode(v)
}
