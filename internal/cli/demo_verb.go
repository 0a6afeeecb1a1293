package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"ringflow/internal/demo"
)

// demoVerb is `ringflow demo`.
func demoVerb(ctx context.Context, args []string, out, _ io.Writer) error {
	o, err := parseDemoOptions(args)
	if err != nil {
		return err
	}
	err = demo.Run(ctx, o, out)
	if errors.Is(err, demo.ErrFailed) {
		return errTold
	}
	return err
}

// parseDemoOptions reads the command line. The error is an errUsage that says
// what would be right.
func parseDemoOptions(args []string) (demo.Options, error) {
	o := demo.Options{Customer: demo.CustomerChoices[0], Agent: demo.AgentChoices[0], Dir: "demo"}
	f := newFlags()
	f.Var(choice{&o.Customer, demo.CustomerChoices}, "customer", "what the customer does, `HOW`: "+strings.Join(demo.CustomerChoices, ", "))
	f.Var(choice{&o.Agent, demo.AgentChoices}, "agent", "what the agent does, `HOW`: "+strings.Join(demo.AgentChoices, ", "))
	f.StringVar(&o.Dir, "out", o.Dir, "the `DIR` for recordings, database and configuration; \"\" is a temporary one")
	f.BoolVar(&o.JSON, "json", false, "print one JSON object a line instead of the ladder")
	_, err := parseArguments(f, args, 0, 0)
	return o, err
}

// choice is a flag that takes one of a few words.
type choice struct {
	to    *string
	words []string
}

// String implements flag.Value.
func (c choice) String() string {
	if c.to == nil {
		return ""
	}
	return *c.to
}

// Set implements flag.Value.
func (c choice) Set(word string) error {
	if !slices.Contains(c.words, word) {
		return fmt.Errorf("choose one of %s", strings.Join(c.words, ", "))
	}
	*c.to = word
	return nil
}
