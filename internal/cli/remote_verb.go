package cli

import (
	"context"
	"flag"
	"io"

	"ringflow/internal/client"
)

// runFunc runs a verb with its arguments.
type runFunc = func(ctx context.Context, args []string, out, errOut io.Writer) error

// request is what a verb asks of a server.
type request = func(ctx context.Context, c *client.Client, args []string, out, errOut io.Writer) error

// flagless is the build of a verb without flags of its own.
func flagless[F any](run F) func(*flag.FlagSet) F {
	return func(*flag.FlagSet) F { return run }
}

// remote is the build of a verb that speaks to a server.
func remote(build func(f *flag.FlagSet) request) func(*flag.FlagSet) runFunc {
	return remoteChecked(func(f *flag.FlagSet) (func([]string) error, request) {
		return func([]string) error { return nil }, build(f)
	})
}

// remoteChecked is the build of a verb that speaks to a server once its arguments are
// checked.
func remoteChecked(build func(f *flag.FlagSet) (check func(args []string) error, do request)) func(*flag.FlagSet) runFunc {
	return func(f *flag.FlagSet) runFunc {
		s := newServerFlags(f)
		check, do := build(f)
		return func(ctx context.Context, args []string, out, errOut io.Writer) error {
			if err := check(args); err != nil {
				return err
			}
			c, err := s.connect()
			if err != nil {
				return err
			}
			return s.explain(do(ctx, c, args, out, errOut))
		}
	}
}
