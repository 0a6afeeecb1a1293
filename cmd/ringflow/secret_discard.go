package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"

	"ringflow/internal/resource"
	"ringflow/internal/store"
)

// secretDiscard is `ringflow secret discard --config FILE --data DIR`: the way on
// for who has lost the secrets key.
func secretDiscard(ctx context.Context, args []string, out, _ io.Writer) error {
	flags := flag.NewFlagSet("secret discard", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	config, data := flags.String("config", "", ""), flags.String("data", "", "")
	if err := flags.Parse(args); err != nil {
		return fmt.Errorf("%w: %w", err, errUsage)
	}
	if *config == "" || *data == "" || flags.NArg() > 0 {
		return fmt.Errorf("--config and --data are needed: %w", errUsage)
	}
	cfg, err := loadConfig(*config)
	if err != nil {
		return err
	}
	key, err := cfg.vault(*data)
	if err != nil {
		return err
	}
	record, err := store.Open(*data, nil)
	if err != nil {
		return err
	}
	gone, err := resource.Discard(ctx, record, key)
	for _, k := range gone {
		fmt.Fprintf(out, "%s: %s %s: removed\n", k.Account, k.Kind, k.Name)
	}
	if err == nil && gone == nil {
		fmt.Fprintln(out, "the key unseals everything: nothing was removed")
	}
	return errors.Join(err, record.Close())
}
