package cli

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"ringflow/internal/auth"
	"ringflow/internal/config"
	"ringflow/internal/demo"
	"ringflow/internal/script"
	"ringflow/internal/server"
	"ringflow/internal/version"
)

func serve(f *flag.FlagSet) runFunc {
	configFile := f.String("config", "", "the configuration, a YAML `FILE`; needed")
	data := f.String("data", "", "the `DIR` where all that is recorded lies, made if it is not there; needed")
	database := f.String("database", "", "the PostgreSQL database of the record, a `URL` without a password, in the place of a file in the data folder; goes before database.url")
	traceFile := f.String("trace", "", "write every SIP message to this `FILE`, its secrets overwritten: a packet capture if its name ends with .pcap, else text; after 100 MB it is renamed to FILE.1 and begun anew")
	level := f.String("log", "info", "the least `LEVEL` that is logged: debug (with every SIP message), info, warn or error")
	return func(ctx context.Context, _ []string, _, errOut io.Writer) error {
		if *configFile == "" || *data == "" {
			return fmt.Errorf("--config and --data are needed: %w", errUsage)
		}
		var lowest slog.Level
		if err := lowest.UnmarshalText([]byte(*level)); err != nil {
			return fmt.Errorf("--log %q is not debug, info, warn or error: %w", *level, errUsage)
		}
		return server.Serve(ctx, server.Options{Config: *configFile, Data: *data, Database: *database, Trace: *traceFile}, slog.New(slog.NewTextHandler(errOut, &slog.HandlerOptions{Level: lowest})))
	}
}

// runFunction is the process in which a server runs one function of a flow. The server
// bounds what it may use.
func runFunction(_ context.Context, _ []string, out, _ io.Writer) error {
	os.Exit(script.Serve(os.Stdin, out))
	return nil
}

// backup is `ringflow backup --data DIR TO`: a new folder with all that a server needs
// of its data folder, checked, also while the server runs.
func backup(f *flag.FlagSet) runFunc {
	data := f.String("data", "", "the data folder of the server, a `DIR`; needed")
	return func(ctx context.Context, args []string, out, _ io.Writer) error {
		if *data == "" || len(args) == 0 {
			return fmt.Errorf("--data and one folder to make are needed: %w", errUsage)
		}
		to := filepath.Clean(args[0])
		found, prompts, err := server.Backup(ctx, *data, to)
		if err != nil {
			return fmt.Errorf("back up to %s: %w", to, err)
		}
		text := fmt.Sprintf("%s: checked: %d executions, %d versions of flows, %d prompts, %d bytes\n", to, found.Executions, found.Versions, prompts, found.Bytes)
		if found.Sealed > 0 {
			text += fmt.Sprintf("Keep the secrets key too, apart from this copy (%s, unless secrets_key says otherwise): without it the %d secrets, connections, functions and webhooks in the copy cannot be read.\n",
				filepath.Join(*data, config.KeyFile), found.Sealed)
		}
		_, err = io.WriteString(out, text)
		return err
	}
}

// secretDiscard is `ringflow secret discard --config FILE --data DIR`, for a data
// folder whose secrets key is lost.
func secretDiscard(f *flag.FlagSet) runFunc {
	configFile := f.String("config", "", "the server's configuration, a YAML `FILE`; needed")
	data := f.String("data", "", "the data folder of the server, a `DIR`; needed")
	return func(ctx context.Context, _ []string, out, _ io.Writer) error {
		if *configFile == "" || *data == "" {
			return fmt.Errorf("--config and --data are needed: %w", errUsage)
		}
		removed, err := server.DiscardSecrets(ctx, *configFile, *data)
		for _, k := range removed {
			fmt.Fprintf(out, "%s: %s %s: removed\n", k.Account, k.Kind, k.Name)
		}
		if err == nil && removed == nil {
			fmt.Fprintln(out, "the key unseals everything: nothing was removed")
		}
		return err
	}
}

// clientHash is `ringflow client hash`. The secret is no argument, which other users
// of a machine can see.
func clientHash(_ context.Context, args []string, out, _ io.Writer) error {
	if len(args) > 0 {
		return fmt.Errorf("the secret comes from standard input: %w", errUsage)
	}
	secret, err := secretFromInput("ringflow client hash < FILE")
	if err != nil {
		return err
	}
	hash, err := auth.HashSecret(secret)
	if err != nil {
		return err
	}
	return printf(out, "%s\n", hash)
}

func runDemo(f *flag.FlagSet) runFunc {
	o := demoFlags(f)
	return func(ctx context.Context, _ []string, out, _ io.Writer) error {
		err := demo.Run(ctx, *o, out)
		if errors.Is(err, demo.ErrFailed) {
			return errReported
		}
		return err
	}
}

// demoFlags adds the flags of the demo.
func demoFlags(f *flag.FlagSet) *demo.Options {
	o := &demo.Options{Customer: demo.CustomerChoices[0], Agent: demo.AgentChoices[0], Dir: "demo"}
	f.Var(choice{&o.Customer, demo.CustomerChoices}, "customer", "what the customer does, `HOW`: "+strings.Join(demo.CustomerChoices, ", "))
	f.Var(choice{&o.Agent, demo.AgentChoices}, "agent", "what the agent does, `HOW`: "+strings.Join(demo.AgentChoices, ", "))
	f.StringVar(&o.Dir, "out", o.Dir, "the `DIR` for recordings, database and configuration; \"\" is a temporary one")
	f.BoolVar(&o.JSON, "json", false, "print one JSON object a line instead of the ladder")
	return o
}

// choice is a flag that takes one of a few words.
type choice struct {
	to    *string
	words []string
}

// String implements flag.Value.
func (c choice) String() string {
	if c.to == nil {
		return ""
	}
	return *c.to
}

// Set implements flag.Value.
func (c choice) Set(word string) error {
	if !slices.Contains(c.words, word) {
		return fmt.Errorf("choose one of %s", strings.Join(c.words, ", "))
	}
	*c.to = word
	return nil
}

func printVersion(_ context.Context, _ []string, out, _ io.Writer) error {
	return printf(out, "ringflow %s (%s, %s, %s/%s)\n", version.Number(), version.Revision(), runtime.Version(), runtime.GOOS, runtime.GOARCH)
}
