package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"ringflow/internal/auth"
)

// clientHash is `ringflow client hash`. The secret has no place on the command
// line, which other users of a machine can see; its last line break does not
// count, as in files of the configuration.
func clientHash(_ context.Context, args []string, out, _ io.Writer) error {
	rest, err := parseArguments(newFlags(), args, 0, -1)
	if err != nil {
		return err
	}
	if len(rest) > 0 {
		return fmt.Errorf("the secret comes from standard input: %w", errUsage)
	}
	read, err := io.ReadAll(os.Stdin)
	if err != nil {
		return fmt.Errorf("read the secret from standard input: %w", err)
	}
	secret := strings.TrimRight(string(read), "\r\n")
	if secret == "" {
		return errors.New("standard input is empty: ringflow client hash < FILE")
	}
	hash, err := auth.HashSecret(secret)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(out, hash)
	return err
}
