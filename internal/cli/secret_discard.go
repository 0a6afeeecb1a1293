package cli

import (
	"context"
	"fmt"
	"io"

	"ringflow/internal/server"
)

// secretDiscard is `ringflow secret discard --config FILE --data DIR`: the way on
// for who has lost the secrets key.
func secretDiscard(ctx context.Context, args []string, out, _ io.Writer) error {
	flags := newFlags()
	configFile := flags.String("config", "", "the server's configuration, a YAML `FILE`; needed")
	data := flags.String("data", "", "the data folder of the server, a `DIR`; needed")
	if _, err := parseArguments(flags, args, 0, 0); err != nil {
		return err
	}
	if *configFile == "" || *data == "" {
		return fmt.Errorf("--config and --data are needed: %w", errUsage)
	}
	gone, err := server.DiscardSecrets(ctx, *configFile, *data)
	for _, k := range gone {
		fmt.Fprintf(out, "%s: %s %s: removed\n", k.Account, k.Kind, k.Name)
	}
	if err == nil && gone == nil {
		fmt.Fprintln(out, "the key unseals everything: nothing was removed")
	}
	return err
}
