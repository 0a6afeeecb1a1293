package main

import (
	"context"
	"fmt"
	"io"

	"ringflow/flowengine"
	"ringflow/flowengine/components"
	"ringflow/flowengine/flowtest"
	"ringflow/flowengine/importer"
	"ringflow/internal/script"
)

// flowCheck is `ringflow flow check FILE…`: every problem of every file, as
// compilers print them. Numbers, prompts, connections and languages are taken
// on trust, because only an account has them.
func flowCheck(_ context.Context, args []string, out, _ io.Writer) error {
	files, err := parseArguments(newFlags(), args, 1, -1)
	if err != nil {
		return err
	}
	bad := false
	for _, file := range files {
		f, err := readFlow(file)
		if err != nil {
			fmt.Fprintln(out, err)
			bad = true
			continue
		}
		problems := flowengine.Check(f, components.All(), flowengine.Environment{UnderstandsFunctions: script.UnderstandAll, Replacement: importer.Replacement})
		for _, p := range problems {
			fmt.Fprintln(out, p)
			bad = bad || p.Severity == flowengine.SeverityError
		}
		if len(problems) == 0 {
			fmt.Fprintf(out, "%s: ok\n", file)
		}
	}
	if bad {
		return errTold
	}
	return nil
}

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
	_, err := out.Write(flowengine.Schema(components.All()))
	return err
}
