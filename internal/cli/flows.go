package cli

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"ringflow/flowengine/flowfile"
	"ringflow/flowengine/record"
	"ringflow/internal/client"
	"ringflow/internal/server"
)

// flowPush is `ringflow flow push FILE`: the file becomes the flow's draft. Its
// problems are printed and keep it from being published only.
func flowPush(f *flag.FlagSet) request {
	flowID := f.String("flow", "", "the flow's `ID`; without it the file's name without what follows its last dot")
	return func(ctx context.Context, c *client.Client, args []string, out, _ io.Writer) error {
		return putDraft(ctx, c, args[0], *flowID, out)
	}
}

// flowIDs is the form of a flow's id.
var flowIDs = regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}$`)

// putDraft saves a file as the draft of a flow, whose id is else the file's name.
func putDraft(ctx context.Context, c *client.Client, file, flowID string, out io.Writer) error {
	definition, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	flowID = cmp.Or(flowID, flowIDOf(file))
	if !flowIDs.MatchString(flowID) {
		return fmt.Errorf("%q is no id of a flow: it has 1 to 64 letters, digits, underscores, dots and hyphens, and begins with none of the last two; name it by --flow ID: %w", flowID, errUsage)
	}
	draft, err := c.PutFlowDraft(ctx, flowID, definition)
	if err != nil {
		return err
	}
	for _, p := range draft.Problems {
		fmt.Fprintln(out, flowfile.Problem{File: file, Line: p.Line, Step: p.Step, Field: p.Field,
			Severity: flowfile.Severity(p.Severity), What: p.What, Fix: p.Mend})
	}
	return printf(out, "%s: draft saved\n", draft.FlowID)
}

// flowPublish is `ringflow flow publish FLOW|FILE`: the flow's draft becomes the
// version that triggers run; a file is pushed before. A flow that is out of service
// and has no draft is published again as it was.
func flowPublish(f *flag.FlagSet) (func([]string) error, request) {
	named := f.String("flow", "", "the flow's `ID`, if a file is published; without it the file's name without what follows its last dot")
	check := func(args []string) error {
		if *named != "" && !server.IsFlowFile(args[0]) {
			return fmt.Errorf("--flow %s says the id of a file's flow, and %s is no file: it must end in .yaml, .yml or .json: %w", *named, args[0], errUsage)
		}
		return nil
	}
	return check, func(ctx context.Context, c *client.Client, args []string, out, _ io.Writer) error {
		flowID := args[0]
		if server.IsFlowFile(flowID) {
			flowID = cmp.Or(*named, flowIDOf(flowID))
			if err := putDraft(ctx, c, args[0], flowID, out); err != nil {
				return err
			}
		}
		version, err := c.PublishFlow(ctx, flowID)
		if refused, ok := errors.AsType[*client.Refusal](err); ok && refused.Status == http.StatusNotFound && refused.Body.Message == "draft not found" {
			version, err = republish(ctx, c, flowID, err)
		}
		if err != nil {
			return fmt.Errorf("publish %s: %w", flowID, err)
		}
		return printf(out, "%s: version %d published\n", flowID, version.Number)
	}
}

// republish publishes the version again that was published last, of a flow that is out
// of service. Without one, the refusal to publish a draft is the error.
func republish(ctx context.Context, c *client.Client, flowID string, refusal error) (client.Version, error) {
	all, err := everyPage(ctx, c, unlimited, func(c *client.Client, ctx context.Context, page client.PageParams) (client.Page[client.Version], error) {
		return c.FlowVersions(ctx, flowID, page)
	})
	if err != nil {
		return client.Version{}, errors.Join(refusal, err)
	}
	var last *client.Version
	for i, v := range all {
		switch {
		case v.Status == string(record.Published):
			return client.Version{}, fmt.Errorf("version %d is published, and there is no draft", v.Number)
		case v.PublishedAt != nil && (last == nil || v.PublishedAt.After(*last.PublishedAt)):
			last = &all[i]
		}
	}
	if last == nil {
		return client.Version{}, refusal
	}
	return c.PublishFlowVersion(ctx, flowID, last.FlowVersionID)
}

// flowUnpublish is `ringflow flow unpublish FLOW`: starts are refused from then on.
func flowUnpublish(ctx context.Context, c *client.Client, args []string, out, _ io.Writer) error {
	version, err := c.UnpublishFlow(ctx, args[0])
	if err != nil {
		return fmt.Errorf("unpublish %s: %w", args[0], err)
	}
	fmt.Fprintf(out, "%s: version %d out of service; what was accepted before goes on, `ringflow cancel --flow %[1]s` ends it\n", args[0], version.Number)
	if version.File == "" {
		return nil
	}
	return printf(out, "It comes from the configuration's file %s and is published again at the server's next start: remove that first.\n", version.File)
}

// flowDelete is `ringflow flow delete FLOW`. The executions of the flow stay.
func flowDelete(ctx context.Context, c *client.Client, args []string, out, _ io.Writer) error {
	if err := c.DeleteFlow(ctx, args[0]); err != nil {
		return fmt.Errorf("delete %s: %w", args[0], err)
	}
	return printf(out, "%s: deleted, with its draft and all its versions\n", args[0])
}

// flowIDOf is the id of the flow in a file.
func flowIDOf(file string) string {
	if server.IsFlowFile(file) {
		return baseWithoutExt(file)
	}
	return filepath.Base(file)
}

// maxDescription is how many characters of a description a table shows.
const maxDescription = 60

// oneLine is a text as a cell of a table.
func oneLine(text string) string {
	text = strings.Join(strings.Fields(text), " ")
	if r := []rune(text); len(r) > maxDescription {
		return string(r[:maxDescription-1]) + "…"
	}
	return text
}

// flowList is `ringflow flow list`: the flows, published or not.
var flowList = list[client.FlowSummary]{
	columns: "FLOW  VERSION  PUBLISHED  DRAFT  NAME  DESCRIPTION",
	rows: func(f client.FlowSummary) [][]string {
		return row(f.FlowID, fmt.Sprint(f.Number), cmp.Or(localTime(f.PublishedAt), "-"), yesOr(f.Draft, "-"), f.Name, oneLine(f.Description))
	},
	build: flagless((*client.Client).Flows),
}

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
