package cli

import (
	"context"
	"fmt"
	"io"
	"log/slog"

	"ringflow/internal/server"
)

// serve is `ringflow serve`.
func serve(ctx context.Context, args []string, _, complaints io.Writer) error {
	flags := newFlags()
	configFile := flags.String("config", "", "the configuration, a YAML `FILE`; needed")
	data := flags.String("data", "", "the `DIR` where all that is recorded lies, made if it is not there; needed")
	database := flags.String("database", "", "the PostgreSQL database of the record, a `URL` without a password, in the place of a file in the data folder; goes before database.url")
	level := flags.String("log", "info", "the least `LEVEL` that is logged: debug, info, warn or error")
	if _, err := parseArguments(flags, args, 0, 0); err != nil {
		return err
	}
	if *configFile == "" || *data == "" {
		return fmt.Errorf("--config and --data are needed: %w", errUsage)
	}
	var at slog.Level
	if err := at.UnmarshalText([]byte(*level)); err != nil {
		return fmt.Errorf("--log %q is not debug, info, warn or error: %w", *level, errUsage)
	}
	log := slog.New(slog.NewTextHandler(complaints, &slog.HandlerOptions{Level: at}))

	return server.Serve(ctx, *configFile, *data, *database, log)
}
