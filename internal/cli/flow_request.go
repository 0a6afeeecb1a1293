package cli

import (
	"cmp"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"maps"
	"slices"

	"ringflow/internal/client"
)

// flowRequest is `ringflow flow request FLOW`: how a client starts the flow.
func flowRequest(f *flag.FlagSet) request {
	asJSON := f.Bool("json", false, "print JSON")
	curl := f.Bool("curl", false, "print the commands alone, for a shell that knows CLIENT_ID and CLIENT_SECRET")
	return func(ctx context.Context, c *client.Client, args []string, out, _ io.Writer) error {
		r, err := c.FlowRequest(ctx, args[0])
		switch {
		case err != nil:
			return fmt.Errorf("show how %s is started: %w", args[0], err)
		case *asJSON:
			return printJSON(out, r)
		case *curl:
			_, err := io.WriteString(out, r.Curl)
			return err
		}
		return printRequest(out, r)
	}
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
		var rows [][]string
		for _, a := range r.Arguments {
			rows = append(rows, []string{a.Name, cmp.Or(a.Variable, "-"), yesOr(a.Required, "-"), a.Type, cmp.Or(a.Pattern, "-")})
		}
		if err := printTable(out, "ARGUMENT  VARIABLE  REQUIRED  TYPE  PATTERN", rows); err != nil {
			return err
		}
		fmt.Fprintln(out)
	}
	fmt.Fprintf(out, "The token, of scope %s, comes from\n\n%s %s\n", r.Scope, r.Token.Method, r.Token.URL)
	printHeaders(out, r.Token.Headers)
	return printf(out, "\n%s\n\nBoth with curl:\n\n%s", r.Token.Body, r.Curl)
}

func printHeaders(out io.Writer, headers map[string]string) {
	for _, name := range slices.Sorted(maps.Keys(headers)) {
		fmt.Fprintf(out, "%s: %s\n", name, headers[name])
	}
}
