package cli

import (
	"context"
	"fmt"
	"io"
	"path/filepath"

	"ringflow/internal/config"
	"ringflow/internal/server"
)

// backup is `ringflow backup --data DIR TO`: a new folder with all that a server
// needs of its data folder, checked, also while the server runs.
func backup(ctx context.Context, args []string, out, _ io.Writer) error {
	flags := newFlags()
	data := flags.String("data", "", "the data folder of the server, a `DIR`; needed")
	rest, err := parseArguments(flags, args, 0, 1)
	if err != nil {
		return err
	}
	if *data == "" || len(rest) == 0 {
		return fmt.Errorf("--data and one folder to make are needed: %w", errUsage)
	}
	to := filepath.Clean(rest[0])
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
