package main

import (
	"context"
	"fmt"
	"io"
	"runtime"
	"runtime/debug"
)

func version(_ context.Context, args []string, out, _ io.Writer) error {
	if _, err := parseArguments(newFlags(), args, 0, 0); err != nil {
		return err
	}
	_, err := fmt.Fprintf(out, "ringflow %s %s\n", revision(), runtime.Version())
	return err
}

// revision is the commit that the binary was built from, with + if the tree
// had changes, or "unknown".
func revision() string {
	info, _ := debug.ReadBuildInfo()
	rev, dirty := "unknown", ""
	if info != nil {
		for _, s := range info.Settings {
			switch {
			case s.Key == "vcs.revision":
				rev = s.Value[:min(len(s.Value), 12)]
			case s.Key == "vcs.modified" && s.Value == "true":
				dirty = "+"
			}
		}
	}
	return rev + dirty
}
