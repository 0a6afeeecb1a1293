package cli

import (
	"context"
	"flag"
	"fmt"
	"io"

	"ringflow/internal/client"
)

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
