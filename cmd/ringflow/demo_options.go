package main

import (
	"fmt"
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
	customerChoices = []string{"answers", "busy", "declines", "invalid", "silent", "hangs-up", "blocked"}
	agentChoices    = []string{"answers", "busy", "silent", "invalid"}
)

// parseDemoOptions reads the command line. The error is an errUsage that says
// what would be right.
func parseDemoOptions(args []string) (demoOptions, error) {
	o := demoOptions{customer: customerChoices[0], agent: agentChoices[0], out: "demo"}
	f := newFlags()
	f.Var(choice{&o.customer, customerChoices}, "customer", "what the customer does, `HOW`: "+strings.Join(customerChoices, ", "))
	f.Var(choice{&o.agent, agentChoices}, "agent", "what the agent does, `HOW`: "+strings.Join(agentChoices, ", "))
	f.StringVar(&o.out, "out", o.out, "the `DIR` for recordings, database and configuration; \"\" is a temporary one")
	f.BoolVar(&o.json, "json", false, "print one JSON object a line instead of the ladder")
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
