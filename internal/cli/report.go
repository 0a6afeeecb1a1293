package cli

import (
	"context"
	"fmt"
	"io"
	"text/tabwriter"

	"ringflow/internal/client"
)

// report is `ringflow report`: the Studio Flow Execution Report as the server
// streams it, CSV or JSON, or its totals.
func report(ctx context.Context, args []string, out, _ io.Writer) error {
	r := newRemote()
	var p client.ReportsStudioFlowExecutionParams
	r.flags.StringVar(&p.FlowID, "flow", "", "only the flow `ID`")
	r.flags.StringVar(&p.Number, "number", "", "only executions that dialled this `NUMBER`, in E.164")
	r.flags.StringVar(&p.Exit, "exit", "", "only steps that were left by this `EXIT`, such as answered")
	r.flags.Func("from", "only executions accepted at this `TIME` or later, such as 2026-11-22 or 2026-11-22T09:00:00Z", moment(&p.From))
	r.flags.Func("to", "only executions accepted before this `TIME`", moment(&p.To))
	asJSON := r.flags.Bool("json", false, "print JSON instead of CSV or a table")
	totals := r.flags.Bool("totals", false, "count steps by day, flow and exit")
	if _, err := r.parse(args, 0, 0); err != nil {
		return err
	}
	c, err := r.connect()
	if err != nil {
		return err
	}
	if *totals {
		return r.advise(printTotals(ctx, c, p, *asJSON, out))
	}
	if p.Format = "csv"; *asJSON {
		p.Format = "json"
	}
	res, err := c.ReportsStudioFlowExecution(ctx, p)
	if err != nil {
		return r.advise(err)
	}
	defer res.Body.Close()
	if _, err := io.Copy(out, res.Body); err != nil {
		return fmt.Errorf("the report broke off and is not whole: %w", err)
	}
	return nil
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
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "DAY\tFLOW\tEXIT\tSTEPS")
	for _, t := range found.Totals {
		fmt.Fprintf(table, "%s\t%s\t%s\t%d\n", t.Day, t.FlowID, t.Exit, t.Count)
	}
	return table.Flush()
}
