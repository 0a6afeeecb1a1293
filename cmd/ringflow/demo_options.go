package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"slices"
	"strings"
)

// demoOptions is what `ringflow demo` was asked for.
type demoOptions struct {
	customer, agent string // what they do; outcomeOf says what should come of it
	out             string // folder for everything it leaves; empty is a new temporary one
	json            bool
}

// The choices of --customer and --agent, the first being the default.
var (
	customerChoices = []string{"answers", "busy", "declines", "invalid", "silent", "hangs-up"}
	agentChoices    = []string{"answers", "busy", "silent", "invalid"}
)

// parseDemoOptions reads the command line. The error is an errUsage that says
// what would be right.
func parseDemoOptions(args []string) (demoOptions, error) {
	o := demoOptions{customer: customerChoices[0], agent: agentChoices[0], out: "demo"}
	f := flag.NewFlagSet("demo", flag.ContinueOnError)
	f.SetOutput(io.Discard)
	f.Var(choice{&o.customer, customerChoices}, "customer", "")
	f.Var(choice{&o.agent, agentChoices}, "agent", "")
	f.StringVar(&o.out, "out", o.out, "")
	f.BoolVar(&o.json, "json", false, "")
	switch err := f.Parse(args); {
	case errors.Is(err, flag.ErrHelp):
		return o, fmt.Errorf("%s%w", demoHelp(), errUsage)
	case err != nil:
		return o, fmt.Errorf("%w: %w", err, errUsage)
	case f.NArg() > 0:
		return o, fmt.Errorf("unknown argument %q: %w", f.Arg(0), errUsage)
	}
	return o, nil
}

// demoHelp explains the options.
func demoHelp() string {
	return fmt.Sprintf(`one whole call of the flow %s, against a simulated carrier on this machine
  --customer HOW  what the customer does: %s
  --agent HOW     what the agent does: %s
  --out DIR       where recordings, database and configuration go (demo; "" is a temporary folder)
  --json          one JSON object a line instead of the ladder
`, demoFlowID, strings.Join(customerChoices, ", "), strings.Join(agentChoices, ", "))
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
