package cli

import (
	"context"
	"flag"
	"io"

	"ringflow/internal/client"
)

// runFunc runs a verb with its arguments.
type runFunc func(ctx context.Context, args []string, out, errOut io.Writer) error

// request is what a verb asks of a server.
type request func(ctx context.Context, c *client.Client, args []string, out, errOut io.Writer) error

// local is a verb of least to most arguments (-1: any number) that speaks to no
// server. build adds its flags.
func local(least, most int, build func(f *flag.FlagSet) runFunc) runFunc {
	return func(ctx context.Context, args []string, out, errOut io.Writer) error {
		flags := newFlags()
		run := build(flags)
		rest, err := parseArguments(flags, args, least, most)
		if err != nil {
			return err
		}
		return run(ctx, rest, out, errOut)
	}
}

// remote is a verb that speaks to a server.
func remote(least, most int, build func(f *flag.FlagSet) request) runFunc {
	return remoteChecked(least, most, func(f *flag.FlagSet) (func([]string) error, request) {
		return func([]string) error { return nil }, build(f)
	})
}

// remoteChecked is a verb that speaks to a server once its arguments are checked.
func remoteChecked(least, most int, build func(f *flag.FlagSet) (check func(args []string) error, do request)) runFunc {
	return func(ctx context.Context, args []string, out, errOut io.Writer) error {
		s := newServerFlags()
		check, do := build(s.flags)
		rest, err := parseArguments(s.flags, args, least, most)
		if err != nil {
			return err
		}
		if err := check(rest); err != nil {
			return err
		}
		c, err := s.connect()
		if err != nil {
			return err
		}
		return s.explain(do(ctx, c, rest, out, errOut))
	}
}
