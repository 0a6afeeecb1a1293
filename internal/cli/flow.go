package cli

import (
	"context"
	"io"

	"ringflow/flowengine/components"
	"ringflow/flowengine/flowfile"
	"ringflow/flowengine/flowtest"
)

// flowTest is `ringflow flow test FILE…`; docs/flows.md describes the files.
// It ends the process itself, with status 1 if a case failed.
func flowTest(_ context.Context, args []string, out, _ io.Writer) error {
	files, err := parseArguments(newFlags(), args, 1, -1)
	if err != nil {
		return err
	}
	flowtest.Main(files, components.All(), out)
	return nil
}

// flowSchema is `ringflow flow schema`.
func flowSchema(_ context.Context, args []string, out, _ io.Writer) error {
	if _, err := parseArguments(newFlags(), args, 0, 0); err != nil {
		return err
	}
	_, err := out.Write(flowfile.Schema(components.All()))
	return err
}
