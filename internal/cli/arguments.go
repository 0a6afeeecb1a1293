package cli

import (
	"flag"
	"fmt"
	"io"
	"strings"

	"ringflow/internal/strict"
)

// newFlags returns an empty set of a verb's flags, which parseArguments reads.
// The text of each is what --help and the manual say about it; a word in
// backquotes in it stands for the value.
func newFlags() *flag.FlagSet {
	flags := flag.NewFlagSet("", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	return flags
}

// parseArguments reads flags wherever they stand and returns the other arguments,
// of which there must be from least to most; most -1 is any number. The error is
// flag.ErrHelp, or an errUsage that says what is wrong.
func parseArguments(flags *flag.FlagSet, args []string, least, most int) ([]string, error) {
	var rest []string
	for len(args) > 0 {
		switch err := flags.Parse(args); {
		case err == flag.ErrHelp:
			return nil, err
		case err != nil:
			return nil, fmt.Errorf("%s: %w", flagError(flags, err), errUsage)
		}
		left := flags.Args()
		if parsed := args[:len(args)-len(left)]; len(parsed) > 0 && parsed[len(parsed)-1] == "--" {
			rest = append(rest, left...)
			break
		}
		if len(left) == 0 {
			break
		}
		rest, args = append(rest, left[0]), left[1:]
	}
	switch {
	case len(rest) < least:
		return nil, errUsage
	case most >= 0 && len(rest) > most:
		return nil, fmt.Errorf("unknown argument %q: %w", rest[most], errUsage)
	}
	return rest, nil
}

// flagError is what is wrong with a flag, with the flag that was probably meant.
func flagError(flags *flag.FlagSet, err error) string {
	name, unknown := strings.CutPrefix(err.Error(), "flag provided but not defined: -")
	if !unknown {
		return err.Error()
	}
	var known []string
	flags.VisitAll(func(f *flag.Flag) { known = append(known, f.Name) })
	if near := strict.Nearest(name, known); near != "" {
		return fmt.Sprintf("there is no flag --%s: did you mean --%s?", name, near)
	}
	return fmt.Sprintf("there is no flag --%s", name)
}
