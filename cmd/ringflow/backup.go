package main

import (
	"context"
	"flag"
	"fmt"
	"io"

	"ringflow/internal/store"
)

// backup is `ringflow backup --data DIR FILE`: a checked copy of the database,
// also while a server has it open.
func backup(ctx context.Context, args []string, out, _ io.Writer) error {
	flags := flag.NewFlagSet("backup", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	data := flags.String("data", "", "")
	if err := flags.Parse(args); err != nil {
		return fmt.Errorf("%w: %w", err, errUsage)
	}
	if *data == "" || flags.NArg() != 1 {
		return fmt.Errorf("--data and one file are needed: %w", errUsage)
	}
	c, err := store.Backup(ctx, *data, flags.Arg(0))
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(out, "%s: checked: %d executions, %d versions of flows, %d bytes\n", flags.Arg(0), c.Executions, c.Versions, c.Bytes)
	return err
}
