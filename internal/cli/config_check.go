package cli

import (
	"context"
	"fmt"
	"io"

	"ringflow/internal/config"
	"ringflow/internal/server"
	"ringflow/internal/strict"
)

// configCheck is `ringflow config check FILE`: every problem of the configuration,
// of the files that it names and of its flows, as far as serve would not start
// with it. It opens no port and changes nothing.
func configCheck(ctx context.Context, args []string, out, _ io.Writer) error {
	c, err := config.Load(args[0])
	found := strict.Errors(err)
	for _, m := range strict.Errors(c.CheckFiles()) {
		if !m.Overlaps(found) {
			found = append(found, m)
		}
	}
	for _, m := range found {
		fmt.Fprintln(out, m)
	}
	warnings := c.RenamedKeys()
	if len(found) == 0 { // what is doubtful may follow from what is wrong
		warnings = c.Warnings()
	}
	for _, warning := range warnings {
		fmt.Fprintln(out, warning)
	}
	good := len(found) == 0
	engine := server.FindSpeech(ctx, 1)
	rendering, cancel := context.WithTimeout(ctx, server.RenderLimit)
	defer cancel()
	for i, a := range c.Accounts {
		good = checkFlows(rendering, &c, i, a, found, engine, out) && good
	}
	if !good {
		return errReported
	}
	switch len(warnings) {
	case 0:
		return printf(out, "%s: ok\n", args[0])
	case 1:
		return printf(out, "%s: ok, but for what one warning says\n", args[0])
	default:
		return printf(out, "%s: ok, but for what %d warnings say\n", args[0], len(warnings))
	}
}

// checkFlows prints what is wrong with the prompts and the flow files of an
// account, and reports whether it could run them. Where the configuration has
// mistakes, which numbers and prompts the account is meant to have is not known: its
// flows are checked as flow check does without a configuration.
func checkFlows(rendering context.Context, c *config.Config, i int, a config.Account, found []strict.Error, engine server.Speech, out io.Writer) bool {
	good := true
	report := func(key string, err error) {
		good = false
		at := fmt.Sprintf("$.accounts[%d].%s", i, key)
		if !(strict.Error{Path: at}).Overlaps(found) {
			fmt.Fprintln(out, c.ErrorAt(at, err))
		}
	}
	has, faults, err := c.Environment(a)
	for _, fault := range faults {
		fmt.Fprintln(out, c.ErrorAt(fmt.Sprintf("$.accounts[%d].prompts", i), fmt.Errorf("warning: %w", fault)))
	}
	if err != nil {
		report("prompts", err)
	}
	if a.Flows == "" {
		return good
	}
	files, err := server.FlowFiles(c.Relative(a.Flows))
	if err != nil {
		report("flows", err)
		return false
	}
	if len(found) > 0 || !good {
		has = a.TrustedEnvironment()
	}
	has.Voice, has.Render = engine.Voice, engine.Renderer(rendering)
	for _, file := range files {
		good = flowToCheck{file, has}.check(out) && good
	}
	return good
}
