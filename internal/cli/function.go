package cli

import (
	"context"
	"io"
	"os"

	"ringflow/internal/script"
)

// function is the process that a server runs one function of a flow in; what it
// may use up is bounded by whoever starts it.
func function(_ context.Context, _ []string, out, _ io.Writer) error {
	os.Exit(script.Serve(os.Stdin, out))
	return nil
}
