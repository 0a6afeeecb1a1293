package main

import (
	"context"
	"fmt"
	"io"
	"os"

	"ringflow/flowengine"
	"ringflow/flowengine/components"
)

// flow is `ringflow flow check FILE…`: every problem of every file, as
// compilers print them. Numbers, prompts and languages are taken on trust,
// because only an account has them.
func flow(_ context.Context, args []string, out, _ io.Writer) error {
	if len(args) < 2 || args[0] != "check" {
		return errUsage
	}
	bad := false
	for _, file := range args[1:] {
		problems, err := checkFlow(file)
		if err != nil {
			fmt.Fprintln(out, err)
			bad = true
			continue
		}
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

func checkFlow(file string) ([]flowengine.Problem, error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	f, err := flowengine.Parse(file, data)
	if err != nil {
		return nil, err
	}
	return flowengine.Check(f, components.All(), flowengine.Environment{}), nil
}
