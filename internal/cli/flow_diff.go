package cli

import (
	"context"
	"fmt"
	"io"

	"ringflow/flowengine/drawing"
)

// flowDiff is `ringflow flow diff A B`: what has changed from one flow file to
// the other, in the words of flows. Like diff, it ends with status 1 if anything
// has.
func flowDiff(_ context.Context, args []string, out, _ io.Writer) error {
	files, err := parseArguments(newFlags(), args, 2, 2)
	if err != nil {
		return err
	}
	a, err := readFlow(files[0])
	if err != nil {
		return err
	}
	b, err := readFlow(files[1])
	if err != nil {
		return err
	}
	changes := drawing.Diff(a, b)
	if changes == "" {
		return nil
	}
	if _, err := io.WriteString(out, changes); err != nil {
		return fmt.Errorf("write difference: %w", err)
	}
	return errTold
}
