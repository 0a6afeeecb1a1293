package cli

import (
	"context"
	"fmt"
	"io"
	"runtime"

	"ringflow/internal/version"
)

func printVersion(_ context.Context, args []string, out, _ io.Writer) error {
	if _, err := parseArguments(newFlags(), args, 0, 0); err != nil {
		return err
	}
	_, err := fmt.Fprintf(out, "ringflow %s (%s, %s, %s/%s)\n", version.Number(), version.Revision(), runtime.Version(), runtime.GOOS, runtime.GOARCH)
	return err
}
