package cli

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"ringflow/internal/client"
	"ringflow/internal/strict"
)

// resourceKind is a kind of what accounts keep on a server under names.
type resourceKind struct {
	noun   string
	list   fetch[resourceRow]
	delete func(c *client.Client, ctx context.Context, name string) error
	put    func(ctx context.Context, c *client.Client, name, file string, text []byte) (result string, err error) // nil: a resource of the kind comes from no file
}

// resourceRow is a resource in a list.
type resourceRow struct {
	Name    string     `json:"name"`
	Source  string     `json:"source"`
	Updated *time.Time `json:"updated_at"`
	UsedBy  []string   `json:"used_by"`
}

// resourceKinds are those of the API, in the order of the help.
func resourceKinds() []resourceKind {
	return []resourceKind{
		{"secret", resourceRows((*client.Client).Secrets), (*client.Client).DeleteSecret, nil},
		{"connection", resourceRows((*client.Client).Connections), (*client.Client).DeleteConnection, putting((*client.Client).PutConnection)},
		{"function", resourceRows((*client.Client).Functions), (*client.Client).DeleteFunction, putting((*client.Client).PutFunction)},
		{"webhook", resourceRows((*client.Client).Webhooks), (*client.Client).DeleteWebhook, putting((*client.Client).PutWebhook)},
	}
}

// resourceRows is the list of a kind, with what all kinds have.
func resourceRows[T any](list fetch[T]) fetch[resourceRow] {
	return func(c *client.Client, ctx context.Context, p client.PageParams) (client.Page[resourceRow], error) {
		page, err := list(c, ctx, p)
		rows := client.Page[resourceRow]{Next: page.Next}
		if err != nil {
			return rows, err
		}
		text, err := json.Marshal(page.Items)
		if err == nil {
			err = json.Unmarshal(text, &rows.Items)
		}
		if err != nil {
			panic(err) // the types are ours
		}
		return rows, nil
	}
}

// putting is the put of a kind whose files have the fields of S, in YAML or JSON.
func putting[S, R any](call func(*client.Client, context.Context, string, S) (R, error)) func(context.Context, *client.Client, string, string, []byte) (string, error) {
	return func(ctx context.Context, c *client.Client, name, file string, text []byte) (string, error) {
		d, err := strict.Parse(file, text)
		if err != nil {
			return "", err
		}
		var settings S
		d.Decode("json", &settings)
		if err := d.Err(); err != nil {
			return "", fmt.Errorf("the file does not hold what the API takes, see docs/http.md:\n%w", err)
		}
		stored, err := call(c, ctx, name, settings)
		if err != nil {
			return "", fmt.Errorf("%s: %w", file, err)
		}
		w, _ := any(stored).(client.Webhook)
		return "kept" + newSecret(w), nil
	}
}

// newSecret tells a webhook's new secret, if it has one.
func newSecret(w client.Webhook) string {
	if w.Secret == "" {
		return ""
	}
	return "; it signs with " + w.Secret + ", which is not shown again"
}

// resourceVerbs are the verbs of prompts and of each kind of resource.
func resourceVerbs() []verb {
	verbs := []verb{
		{"prompt push", "FILE [--name NAME]", "store a WAV or MP3 file on a server, or put it in the place of the one of that name", 1, 1, push("store it under this `NAME`; without it, the file's name", filepath.Base, putPrompt)},
		{"prompt list", "[--json]", "list the stored prompts and the flows that use them", 0, 0, promptList.flags},
		{"prompt delete", "NAME", "delete a prompt that no flow uses", 1, 1, deleteVerb((*client.Client).DeletePrompt)},
		{"secret set", "NAME", "keep a secret on a server; its value is read from standard input", 1, 1, remoteChecked(secretSet)},
	}
	for _, k := range resourceKinds() {
		if k.put != nil {
			verbs = append(verbs, verb{k.noun + " push", "FILE [--name NAME]", "keep what a file says as a " + k.noun + " on a server",
				1, 1, push("keep it under this `NAME`; without it, the file's name without what follows its last dot", baseWithoutExt, k.put)})
		}
		list := list[resourceRow]{
			columns: strings.ToUpper(k.noun) + "  SOURCE  UPDATED  USED BY",
			rows: func(r resourceRow) [][]string {
				return row(r.Name, r.Source, cmp.Or(localTime(r.Updated), "-"), joined(r.UsedBy))
			},
			build: flagless(k.list),
		}
		verbs = append(verbs,
			verb{k.noun + " list", "[--json]", "list the " + k.noun + "s and what uses them", 0, 0, list.flags},
			verb{k.noun + " delete", "NAME", "delete a " + k.noun + " that nothing uses", 1, 1, deleteVerb(k.delete)})
	}
	return append(verbs,
		verb{"webhook rotate", "NAME", "make a new secret for a webhook, and have the one before sign as well", 1, 1, remote(flagless(webhookRotate))})
}

func baseWithoutExt(file string) string {
	base := filepath.Base(file)
	return strings.TrimSuffix(base, filepath.Ext(base))
}

// push is the build of a verb that keeps a file under a name.
func push(usage string, nameOf func(file string) string, put func(ctx context.Context, c *client.Client, name, file string, text []byte) (string, error)) func(*flag.FlagSet) runFunc {
	return remote(func(f *flag.FlagSet) request {
		name := f.String("name", "", usage)
		return func(ctx context.Context, c *client.Client, args []string, out, _ io.Writer) error {
			text, err := os.ReadFile(args[0])
			if err != nil {
				return err
			}
			name := cmp.Or(*name, nameOf(args[0]))
			result, err := put(ctx, c, name, args[0], text)
			if err != nil {
				return err
			}
			return printf(out, "%s: %s\n", name, result)
		}
	})
}

// deleteVerb is the build of a verb that deletes what has a name.
func deleteVerb(remove func(*client.Client, context.Context, string) error) func(*flag.FlagSet) runFunc {
	return remote(flagless(func(ctx context.Context, c *client.Client, args []string, out, _ io.Writer) error {
		if err := remove(c, ctx, args[0]); err != nil {
			return err
		}
		return printf(out, "%s: deleted\n", args[0])
	}))
}

var promptList = list[client.Prompt]{
	columns: "PROMPT  LASTS  CHANGED  SOURCE  USED BY",
	rows: func(p client.Prompt) [][]string {
		source, lasts := "api", milliseconds(p.DurationMS).String()
		if p.ReadOnly {
			source = "configuration"
		}
		if p.Fault != "" {
			lasts = "unplayable: " + p.Fault
		}
		return row(p.Name, lasts, localTime(&p.ChangedAt), source, joined(p.UsedBy))
	},
	build: flagless((*client.Client).Prompts),
}

// putPrompt replaces a prompt, or makes it.
func putPrompt(ctx context.Context, c *client.Client, name, file string, audio []byte) (string, error) {
	stored, err := c.PutPrompt(ctx, name, audio)
	if refusedWith(err, http.StatusNotFound) {
		stored, err = c.CreatePrompt(ctx, audio, client.CreatePromptParams{Name: name})
	}
	if err != nil {
		return "", fmt.Errorf("%s: %w", file, err)
	}
	return fmt.Sprintf("stored, %s", milliseconds(stored.DurationMS)), nil
}

// secretSet is `ringflow secret set NAME`. The value is no argument, which other users
// of a machine can see.
func secretSet(*flag.FlagSet) (func([]string) error, request) {
	var value string
	check := func([]string) (err error) {
		value, err = secretFromInput("ringflow secret set NAME < FILE")
		return err
	}
	return check, func(ctx context.Context, c *client.Client, args []string, out, _ io.Writer) error {
		if _, err := c.PutSecret(ctx, args[0], client.SecretSettings{Value: value}); err != nil {
			return err
		}
		return printf(out, "%s: kept\n", args[0])
	}
}

// secretFromInput reads a secret from standard input. Its last line break does not
// count, as in files of the configuration.
func secretFromInput(usage string) (string, error) {
	text, err := io.ReadAll(os.Stdin)
	if err != nil {
		return "", fmt.Errorf("read the secret from standard input: %w", err)
	}
	secret := strings.TrimRight(string(text), "\r\n")
	if secret == "" {
		return "", errors.New("standard input is empty: " + usage)
	}
	return secret, nil
}

func webhookRotate(ctx context.Context, c *client.Client, args []string, out, _ io.Writer) error {
	w, err := c.RotateWebhook(ctx, args[0])
	if err != nil {
		return err
	}
	return printf(out, "%s: rotated%s\n", args[0], newSecret(w))
}
