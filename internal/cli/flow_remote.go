package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"ringflow/flowengine/flowfile"
	"ringflow/flowengine/record"
	"ringflow/internal/client"
)

// flowPush is `ringflow flow push FILE`: the file becomes the flow's draft.
// What is wrong with it is printed and keeps it from being published only.
func flowPush(ctx context.Context, args []string, out, _ io.Writer) error {
	r := newRemote()
	flowID := r.flags.String("flow", "", "the flow's `ID`; without it the file's name without what follows its last dot")
	rest, err := r.parse(args, 1, 1)
	if err != nil {
		return err
	}
	c, err := r.connect()
	if err != nil {
		return err
	}
	return r.advise(push(ctx, c, rest[0], *flowID, out))
}

// flowIDs is what flows may be called.
var flowIDs = regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}$`)

// push saves a file as the draft of the flow, or of the one that is called as
// the file is.
func push(ctx context.Context, c *client.Client, file, flowID string, out io.Writer) error {
	definition, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	if flowID == "" {
		flowID = flowIDOf(file)
	}
	if !flowIDs.MatchString(flowID) {
		return fmt.Errorf("%q is no id of a flow: it has 1 to 64 letters, digits, underscores, dots and hyphens, and begins with none of the last two; name it by --flow ID: %w", flowID, errUsage)
	}
	draft, err := c.PutFlowDraft(ctx, flowID, definition, client.PutFlowDraftParams{})
	if err != nil {
		return err
	}
	for _, p := range draft.Problems {
		fmt.Fprintln(out, flowfile.Problem{File: file, Line: p.Line, Step: p.Step, Field: p.Field,
			Severity: flowfile.Severity(p.Severity), What: p.What, Mend: p.Mend})
	}
	_, err = fmt.Fprintf(out, "%s: draft saved\n", draft.FlowID)
	return err
}

// flowPublish is `ringflow flow publish FLOW|FILE`: the flow's draft becomes
// what triggers run; a file is pushed before. A flow that is out of service and has no
// draft is put back.
func flowPublish(ctx context.Context, args []string, out, _ io.Writer) error {
	r := newRemote()
	named := r.flags.String("flow", "", "the flow's `ID`, if a file is published; without it the file's name without what follows its last dot")
	rest, err := r.parse(args, 1, 1)
	if err != nil {
		return err
	}
	flowID := rest[0]
	if *named != "" && !isFlowFile(flowID) {
		return fmt.Errorf("--flow %s says the id of a file's flow, and %s is no file: it must end in .yaml, .yml or .json: %w", *named, flowID, errUsage)
	}
	c, err := r.connect()
	if err != nil {
		return err
	}
	if isFlowFile(flowID) {
		if flowID = *named; flowID == "" {
			flowID = flowIDOf(rest[0])
		}
		if err := push(ctx, c, rest[0], flowID, out); err != nil {
			return r.advise(err)
		}
	}
	version, err := c.PublishFlow(ctx, flowID, client.PublishFlowParams{})
	if noDraft(err) {
		version, err = putBack(ctx, c, flowID, err)
	}
	if err != nil {
		return r.advise(fmt.Errorf("publish %s: %w", flowID, err))
	}
	_, err = fmt.Fprintf(out, "%s: version %d published\n", flowID, version.Number)
	return err
}

// noDraft reports whether there was no draft to publish.
func noDraft(err error) bool {
	var refused *client.Refusal
	return errors.As(err, &refused) && refused.Status == http.StatusNotFound && refused.Body.Message == "draft not found"
}

// putBack publishes the version again that was published last, of a flow that is out
// of service. Where nothing was ever published, what was refused stands.
func putBack(ctx context.Context, c *client.Client, flowID string, refused error) (client.Version, error) {
	all, err := everyPage(unlimited, func(limit int, cursor string) ([]client.Version, *string, error) {
		page, err := c.FlowVersions(ctx, flowID, client.FlowVersionsParams{Limit: limit, Cursor: cursor})
		return page.Versions, page.Next, err
	})
	if err != nil {
		return client.Version{}, errors.Join(refused, err)
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
		return client.Version{}, refused
	}
	return c.PublishFlowVersion(ctx, flowID, last.FlowVersionID)
}

// flowUnpublish is `ringflow flow unpublish FLOW`: starts are refused from now on.
func flowUnpublish(ctx context.Context, args []string, out, _ io.Writer) error {
	r := newRemote()
	rest, err := r.parse(args, 1, 1)
	if err != nil {
		return err
	}
	c, err := r.connect()
	if err != nil {
		return err
	}
	version, err := c.UnpublishFlow(ctx, rest[0])
	if err != nil {
		return r.advise(fmt.Errorf("unpublish %s: %w", rest[0], err))
	}
	_, err = fmt.Fprintf(out, "%s: version %d out of service; what was accepted before goes on, `ringflow cancel --flow %s` ends it\n", rest[0], version.Number, rest[0])
	if err == nil && version.File != "" {
		_, err = fmt.Fprintf(out, "It comes from the configuration's file %s and is published again at the server's next start: remove that first.\n", version.File)
	}
	return err
}

// flowDelete is `ringflow flow delete FLOW`: nothing of the flow stays but what was
// executed.
func flowDelete(ctx context.Context, args []string, out, _ io.Writer) error {
	r := newRemote()
	rest, err := r.parse(args, 1, 1)
	if err != nil {
		return err
	}
	c, err := r.connect()
	if err != nil {
		return err
	}
	if err := c.DeleteFlow(ctx, rest[0]); err != nil {
		return r.advise(fmt.Errorf("delete %s: %w", rest[0], err))
	}
	_, err = fmt.Fprintf(out, "%s: deleted, with its draft and all its versions\n", rest[0])
	return err
}

// isFlowFile reports whether an argument names a flow file rather than a flow.
func isFlowFile(name string) bool {
	return slices.Contains([]string{".yaml", ".yml", ".json"}, filepath.Ext(name))
}

// flowIDOf is the id that a file's flow has.
func flowIDOf(file string) string {
	base := filepath.Base(file)
	if isFlowFile(base) {
		return strings.TrimSuffix(base, filepath.Ext(base))
	}
	return base
}

// widestDescription is how many characters of a description a table shows.
const widestDescription = 60

// oneLine is a text as a cell of a table.
func oneLine(text string) string {
	text = strings.Join(strings.Fields(text), " ")
	if r := []rune(text); len(r) > widestDescription {
		return string(r[:widestDescription-1]) + "…"
	}
	return text
}

// flowList is `ringflow flow list`: the flows, published or not.
func flowList(ctx context.Context, args []string, out, _ io.Writer) error {
	r := newRemote()
	asJSON := r.flags.Bool("json", false, "print JSON")
	if _, err := r.parse(args, 0, 0); err != nil {
		return err
	}
	c, err := r.connect()
	if err != nil {
		return err
	}
	flows, err := everyPage(unlimited, func(limit int, cursor string) ([]client.FlowSummary, *string, error) {
		page, err := c.Flows(ctx, client.FlowsParams{Limit: limit, Cursor: cursor})
		return page.Flows, page.Next, err
	})
	if err != nil {
		return r.advise(err)
	}
	if *asJSON {
		return printJSON(out, flows)
	}
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "FLOW\tVERSION\tPUBLISHED\tDRAFT\tNAME\tDESCRIPTION")
	for _, f := range flows {
		published, draft := "-", "-"
		if f.PublishedAt != nil {
			published = f.PublishedAt.Local().Format(time.DateTime)
		}
		if f.Draft {
			draft = "yes"
		}
		fmt.Fprintf(table, "%s\t%d\t%s\t%s\t%s\t%s\n", f.FlowID, f.Number, published, draft, f.Name, oneLine(f.Description))
	}
	return table.Flush()
}
