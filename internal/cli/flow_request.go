package cli

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"text/tabwriter"

	"ringflow/internal/client"
)

// flowRequest is `ringflow flow request FLOW`: how a client starts the flow.
func flowRequest(ctx context.Context, args []string, out, _ io.Writer) error {
	r := newRemote()
	asJSON := r.flags.Bool("json", false, "print JSON")
	curl := r.flags.Bool("curl", false, "print the commands alone, for a shell that knows CLIENT_ID and CLIENT_SECRET")
	rest, err := r.parse(args, 1, 1)
	if err != nil {
		return err
	}
	c, err := r.connect()
	if err != nil {
		return err
	}
	shown, err := c.FlowRequest(ctx, rest[0])
	switch {
	case err != nil:
		return r.advise(fmt.Errorf("show how %s is started: %w", rest[0], err))
	case *asJSON:
		return printJSON(out, shown)
	case *curl:
		_, err := io.WriteString(out, shown.Curl)
		return err
	}
	return printRequest(out, shown)
}

func printRequest(out io.Writer, r client.FlowRequest) error {
	if !r.Published {
		fmt.Fprintf(out, "%s is not published: `ringflow flow publish %[1]s` comes first\n\n", r.FlowID)
	}
	fmt.Fprintf(out, "%s %s\n", r.Method, r.URL)
	printHeaders(out, r.Headers)
	fmt.Fprintln(out)
	sample := json.NewEncoder(out)
	sample.SetEscapeHTML(false)
	if err := sample.Encode(r.Body); err != nil {
		return err
	}
	fmt.Fprintln(out)
	if len(r.Arguments) > 0 {
		table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
		fmt.Fprintln(table, "ARGUMENT\tVARIABLE\tREQUIRED\tTYPE\tPATTERN")
		for _, a := range r.Arguments {
			required := "-"
			if a.Required {
				required = "yes"
			}
			fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\n", a.Name, cmp.Or(a.Variable, "-"), required, a.Type, cmp.Or(a.Pattern, "-"))
		}
		if err := table.Flush(); err != nil {
			return err
		}
		fmt.Fprintln(out)
	}
	fmt.Fprintf(out, "The token, of scope %s, comes from\n\n%s %s\n", r.Scope, r.Token.Method, r.Token.URL)
	printHeaders(out, r.Token.Headers)
	_, err := fmt.Fprintf(out, "\n%s\n\nBoth with curl:\n\n%s", r.Token.Body, r.Curl)
	return err
}

func printHeaders(out io.Writer, headers map[string]string) {
	for _, name := range slices.Sorted(maps.Keys(headers)) {
		fmt.Fprintf(out, "%s: %s\n", name, headers[name])
	}
}
