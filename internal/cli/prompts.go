package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"text/tabwriter"
	"time"

	"ringflow/internal/client"
)

// promptVerbs are the verbs about stored prompts.
func promptVerbs() []verb {
	return []verb{
		{"prompt push", "FILE [--name NAME]", "store a WAV or MP3 file on a server, or put it in the place of the one of that name", promptPush},
		{"prompt list", "[--json]", "list the stored prompts and the flows that use them", promptList},
		{"prompt delete", "NAME", "delete a prompt that no flow uses", promptDelete},
	}
}

// promptPush is `ringflow prompt push FILE`. Flows name the prompt as the file is
// called, with what follows its last dot.
func promptPush(ctx context.Context, args []string, out, _ io.Writer) error {
	r := newRemote()
	name := r.flags.String("name", "", "store it under this `NAME`; without it, the file's name")
	rest, err := r.parse(args, 1, 1)
	if err != nil {
		return err
	}
	sound, err := os.ReadFile(rest[0])
	if err != nil {
		return err
	}
	if *name == "" {
		*name = filepath.Base(rest[0])
	}
	c, err := r.connect()
	if err != nil {
		return err
	}
	stored, err := c.PutPrompt(ctx, *name, sound, client.PutPromptParams{})
	if refused := (*client.Refusal)(nil); errors.As(err, &refused) && refused.Status == http.StatusNotFound {
		stored, err = c.CreatePrompt(ctx, sound, client.CreatePromptParams{Name: *name})
	}
	if err != nil {
		return r.advise(fmt.Errorf("%s: %w", rest[0], err))
	}
	_, err = fmt.Fprintf(out, "%s: stored, %s\n", stored.Name, milliseconds(stored.DurationMS))
	return err
}

func milliseconds(n int) time.Duration { return time.Duration(n) * time.Millisecond }

// promptList is `ringflow prompt list`.
func promptList(ctx context.Context, args []string, out, _ io.Writer) error {
	r := newRemote()
	asJSON := r.flags.Bool("json", false, "print JSON")
	if _, err := r.parse(args, 0, 0); err != nil {
		return err
	}
	c, err := r.connect()
	if err != nil {
		return err
	}
	found, err := everyPage(unlimited, func(limit int, cursor string) ([]client.Prompt, *string, error) {
		page, err := c.Prompts(ctx, client.PromptsParams{Limit: limit, Cursor: cursor})
		return page.Prompts, page.Next, err
	})
	if err != nil {
		return r.advise(err)
	}
	if *asJSON {
		return printJSON(out, found)
	}
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "PROMPT\tLASTS\tCHANGED\tSOURCE\tUSED BY")
	for _, p := range found {
		source, usedBy := "api", "-"
		if p.ReadOnly {
			source = "configuration"
		}
		if len(p.UsedBy) > 0 {
			usedBy = strings.Join(p.UsedBy, ", ")
		}
		lasts := milliseconds(p.DurationMS).String()
		if p.Fault != "" {
			lasts = "unplayable: " + p.Fault
		}
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\n", p.Name, lasts, clock(&p.ChangedAt), source, usedBy)
	}
	return table.Flush()
}

// promptDelete is `ringflow prompt delete NAME`.
func promptDelete(ctx context.Context, args []string, out, _ io.Writer) error {
	r := newRemote()
	rest, err := r.parse(args, 1, 1)
	if err != nil {
		return err
	}
	c, err := r.connect()
	if err != nil {
		return err
	}
	if err := c.DeletePrompt(ctx, rest[0], client.DeletePromptParams{}); err != nil {
		return r.advise(err)
	}
	_, err = fmt.Fprintf(out, "%s: deleted\n", rest[0])
	return err
}
