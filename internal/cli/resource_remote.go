package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"text/tabwriter"
	"time"

	"ringflow/internal/client"
	"ringflow/internal/strict"
)

// keptKind is a kind of resource as the verbs about it see it.
type keptKind struct {
	noun   string
	list   func(ctx context.Context, c *client.Client, cursor string) ([]keptRow, *string, error)
	delete func(ctx context.Context, c *client.Client, name string) error
	// push keeps what a file says under a name and returns what is to be told of it;
	// nil: it comes from no file.
	push func(ctx context.Context, c *client.Client, name, file string, text []byte) (string, error)
}

// keptRow is a line of a list.
type keptRow struct {
	Name    string     `json:"name"`
	Source  string     `json:"source"`
	Updated *time.Time `json:"updated_at"`
	UsedBy  []string   `json:"used_by"`
}

// keptKinds are those of the API, in the order of the help.
func keptKinds() []keptKind {
	return []keptKind{{
		noun: "secret",
		list: func(ctx context.Context, c *client.Client, cursor string) (rows []keptRow, next *string, err error) {
			page, err := c.Secrets(ctx, client.SecretsParams{Cursor: cursor})
			for _, r := range page.Secrets {
				rows = append(rows, keptRow{r.Name, r.Source, r.UpdatedAt, r.UsedBy})
			}
			return rows, page.Next, err
		},
		delete: func(ctx context.Context, c *client.Client, name string) error {
			return c.DeleteSecret(ctx, name, client.DeleteSecretParams{})
		},
	}, {
		noun: "connection",
		list: func(ctx context.Context, c *client.Client, cursor string) (rows []keptRow, next *string, err error) {
			page, err := c.Connections(ctx, client.ConnectionsParams{Cursor: cursor})
			for _, r := range page.Connections {
				rows = append(rows, keptRow{r.Name, r.Source, r.UpdatedAt, r.UsedBy})
			}
			return rows, page.Next, err
		},
		delete: func(ctx context.Context, c *client.Client, name string) error {
			return c.DeleteConnection(ctx, name, client.DeleteConnectionParams{})
		},
		push: func(ctx context.Context, c *client.Client, name, file string, text []byte) (string, error) {
			s, err := settingsIn[client.ConnectionSettings](file, text)
			if err == nil {
				_, err = c.PutConnection(ctx, name, s, client.PutConnectionParams{})
			}
			return "", err
		},
	}, {
		noun: "function",
		list: func(ctx context.Context, c *client.Client, cursor string) (rows []keptRow, next *string, err error) {
			page, err := c.Functions(ctx, client.FunctionsParams{Cursor: cursor})
			for _, r := range page.Functions {
				rows = append(rows, keptRow{r.Name, r.Source, r.UpdatedAt, r.UsedBy})
			}
			return rows, page.Next, err
		},
		delete: func(ctx context.Context, c *client.Client, name string) error {
			return c.DeleteFunction(ctx, name, client.DeleteFunctionParams{})
		},
		push: func(ctx context.Context, c *client.Client, name, file string, text []byte) (string, error) {
			s, err := settingsIn[client.FunctionSettings](file, text)
			if err == nil {
				_, err = c.PutFunction(ctx, name, s, client.PutFunctionParams{})
			}
			return "", err
		},
	}, {
		noun: "webhook",
		list: func(ctx context.Context, c *client.Client, cursor string) (rows []keptRow, next *string, err error) {
			page, err := c.Webhooks(ctx, client.WebhooksParams{Cursor: cursor})
			for _, r := range page.Webhooks {
				rows = append(rows, keptRow{r.Name, r.Source, r.UpdatedAt, r.UsedBy})
			}
			return rows, page.Next, err
		},
		delete: func(ctx context.Context, c *client.Client, name string) error {
			return c.DeleteWebhook(ctx, name, client.DeleteWebhookParams{})
		},
		push: func(ctx context.Context, c *client.Client, name, file string, text []byte) (string, error) {
			s, err := settingsIn[client.WebhookSettings](file, text)
			if err != nil {
				return "", err
			}
			w, err := c.PutWebhook(ctx, name, s, client.PutWebhookParams{})
			return shownOnce(w), err
		},
	}}
}

// shownOnce tells a webhook's new secret, if it has one.
func shownOnce(w client.Webhook) string {
	if w.Secret == "" {
		return ""
	}
	return "; it signs with " + w.Secret + ", which is not shown again"
}

// keptVerbs are the verbs about resources.
func keptVerbs() []verb {
	verbs := []verb{{"secret set", "NAME", "keep a secret on a server; its value is read from standard input", secretSet}}
	for _, k := range keptKinds() {
		if k.push != nil {
			verbs = append(verbs, verb{k.noun + " push", "FILE [--name NAME]", "keep what a file says as a " + k.noun + " on a server", k.pushVerb})
		}
		verbs = append(verbs,
			verb{k.noun + " list", "[--json]", "list the " + k.noun + "s and what uses them", k.listVerb},
			verb{k.noun + " delete", "NAME", "delete a " + k.noun + " that nothing uses", k.deleteVerb})
	}
	return append(verbs,
		verb{"webhook rotate", "NAME", "make a new secret for a webhook, and have the one before sign as well", webhookRotate},
		verb{"secret discard", "--config FILE --data DIR", "remove what a lost secrets key sealed, while no server runs", secretDiscard})
}

// settingsIn reads a file in YAML or JSON with the fields of the API.
func settingsIn[S any](file string, text []byte) (s S, err error) {
	d, err := strict.Parse(file, text)
	if err != nil {
		return s, err
	}
	d.Decode("json", &s)
	if err := d.Err(); err != nil {
		return s, fmt.Errorf("the file does not hold what the API takes, see docs/http.md:\n%w", err)
	}
	return s, nil
}

// pushVerb is such as `ringflow connection push FILE`: kept under the name of the
// file, or that of --name.
func (k keptKind) pushVerb(ctx context.Context, args []string, out, _ io.Writer) error {
	r := newRemote()
	name := r.flags.String("name", "", "keep it under this `NAME`; without it, the file's name without what follows its last dot")
	rest, err := r.parse(args, 1, 1)
	if err != nil {
		return err
	}
	text, err := os.ReadFile(rest[0])
	if err != nil {
		return err
	}
	if *name == "" {
		base := filepath.Base(rest[0])
		*name = strings.TrimSuffix(base, filepath.Ext(base))
	}
	c, err := r.connect()
	if err != nil {
		return err
	}
	told, err := k.push(ctx, c, *name, rest[0], text)
	if err != nil {
		return r.advise(err)
	}
	_, err = fmt.Fprintf(out, "%s: kept%s\n", *name, told)
	return err
}

// listVerb is such as `ringflow connection list`.
func (k keptKind) listVerb(ctx context.Context, args []string, out, _ io.Writer) error {
	r := newRemote()
	asJSON := r.flags.Bool("json", false, "print JSON")
	if _, err := r.parse(args, 0, 0); err != nil {
		return err
	}
	c, err := r.connect()
	if err != nil {
		return err
	}
	all, err := everyPage(unlimited, func(_ int, cursor string) ([]keptRow, *string, error) { return k.list(ctx, c, cursor) })
	if err != nil {
		return r.advise(err)
	}
	if *asJSON {
		return printJSON(out, all)
	}
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, strings.ToUpper(k.noun)+"\tSOURCE\tUPDATED\tUSED BY")
	for _, row := range all {
		updated, usedBy := "-", "-"
		if len(row.UsedBy) > 0 {
			usedBy = strings.Join(row.UsedBy, ", ")
		}
		if row.Updated != nil {
			updated = row.Updated.Local().Format(time.DateTime)
		}
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\n", row.Name, row.Source, updated, usedBy)
	}
	return table.Flush()
}

// deleteVerb is such as `ringflow connection delete NAME`.
func (k keptKind) deleteVerb(ctx context.Context, args []string, out, _ io.Writer) error {
	r := newRemote()
	rest, err := r.parse(args, 1, 1)
	if err != nil {
		return err
	}
	c, err := r.connect()
	if err != nil {
		return err
	}
	if err := k.delete(ctx, c, rest[0]); err != nil {
		return r.advise(err)
	}
	_, err = fmt.Fprintf(out, "%s: deleted\n", rest[0])
	return err
}

// secretSet is `ringflow secret set NAME`. The value has no place on the command
// line, which other users of a machine can see; its last line break does not
// count, as in files of the configuration.
func secretSet(ctx context.Context, args []string, out, _ io.Writer) error {
	r := newRemote()
	rest, err := r.parse(args, 1, 1)
	if err != nil {
		return err
	}
	value, err := io.ReadAll(os.Stdin)
	if err != nil {
		return fmt.Errorf("read the value from standard input: %w", err)
	}
	text := strings.TrimRight(string(value), "\r\n")
	if text == "" {
		return errors.New("standard input is empty: ringflow secret set NAME < FILE")
	}
	c, err := r.connect()
	if err != nil {
		return err
	}
	if _, err := c.PutSecret(ctx, rest[0], client.SecretSettings{Value: text}, client.PutSecretParams{}); err != nil {
		return r.advise(err)
	}
	_, err = fmt.Fprintf(out, "%s: kept\n", rest[0])
	return err
}

// webhookRotate is `ringflow webhook rotate NAME`.
func webhookRotate(ctx context.Context, args []string, out, _ io.Writer) error {
	r := newRemote()
	rest, err := r.parse(args, 1, 1)
	if err != nil {
		return err
	}
	c, err := r.connect()
	if err != nil {
		return err
	}
	w, err := c.RotateWebhook(ctx, rest[0], client.RotateWebhookParams{})
	if err != nil {
		return r.advise(err)
	}
	_, err = fmt.Fprintf(out, "%s: rotated%s\n", rest[0], shownOnce(w))
	return err
}
