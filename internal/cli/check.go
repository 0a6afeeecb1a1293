package cli

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/netip"
	"slices"

	"ringflow/flowengine/components"
	"ringflow/flowengine/flowfile"
	"ringflow/flowengine/importer"
	"ringflow/internal/config"
	"ringflow/internal/script"
	"ringflow/internal/server"
	"ringflow/internal/strict"
)

// flowToCheck is a flow file and what the account that is to run it has.
type flowToCheck struct {
	file string
	has  flowfile.Environment
}

// flowCheck is `ringflow flow check FILE…`: every problem of every file, as
// compilers print them. What only an account has, such as its numbers, is taken on
// trust unless --config says whose configuration knows it.
func flowCheck(f *flag.FlagSet) runFunc {
	configFile := f.String("config", "", "the server's configuration, a YAML `FILE`: check against the numbers, prompts and connections in it; without other files, check its own flows")
	account := f.String("account", "", "the `NAME` of the account of the configuration that is to run the files; needed if it has several")
	return func(ctx context.Context, files []string, out, errOut io.Writer) (err error) {
		if *configFile == "" && (len(files) == 0 || *account != "") {
			return errUsage
		}
		var flows []flowToCheck
		good := true
		if *configFile != "" {
			if flows, good, err = flowsOf(*configFile, *account, files, out); err != nil {
				return err
			}
		}
		if *configFile == "" || !good {
			for _, file := range files {
				flows = append(flows, flowToCheck{file, config.Account{}.TrustedEnvironment()})
			}
		}
		engine := server.FindSpeech(ctx, 1)
		if engine.Engine == nil {
			fmt.Fprintf(errOut, "languages and voices are not checked: %v\n", engine.Missing)
		}
		rendering, cancel := context.WithTimeout(ctx, server.RenderLimit)
		defer cancel()
		for _, f := range flows {
			if engine.Engine != nil {
				f.has.Voice, f.has.Render = engine.Voice, engine.Renderer(rendering)
			}
			good = f.check(out) && good
		}
		if !good {
			return errReported
		}
		return nil
	}
}

// flowsOf are the files, or else those in the folders of the configuration, with the
// environments of their accounts. It prints the errors of a configuration and reports
// whether there are none: only the files of its folders are returned then, which are to
// be checked as without one.
func flowsOf(path, account string, files []string, out io.Writer) (flows []flowToCheck, good bool, err error) {
	c, err := config.Load(path)
	found := strict.Errors(err)
	for _, m := range found {
		fmt.Fprintln(out, m)
	}
	good = len(found) == 0
	var names []string
	for _, a := range c.Accounts {
		if names = append(names, a.Name); account != "" && account != a.Name || !good && len(files) > 0 {
			continue
		}
		own, has := files, config.Account{}.TrustedEnvironment()
		if good {
			if has, _, err = c.Environment(a); err != nil { // serve and config check warn of prompts
				return nil, false, err
			}
		}
		if len(files) == 0 && a.Flows != "" {
			if own, err = server.FlowFiles(c.Relative(a.Flows)); err != nil && good { // else it is among the mistakes
				return nil, false, fmt.Errorf("list the flows of %s: %w", a.Name, err)
			}
		}
		for _, f := range own {
			flows = append(flows, flowToCheck{f, has})
		}
	}
	switch {
	case !good:
		return flows, false, nil
	case account != "" && !slices.Contains(names, account):
		return nil, true, fmt.Errorf("--account %s is not in %s, which has %q: %w", account, c.Path(), names, errUsage)
	case account == "" && len(files) > 0 && len(names) > 1:
		return nil, true, fmt.Errorf("%s has several accounts: say by --account which of %q is to run the files: %w", c.Path(), names, errUsage)
	case len(flows) == 0:
		return nil, true, errors.New("no flow file is named, and the folders of the configuration hold none")
	}
	return flows, true, nil
}

// check prints the problems of the flow and reports whether it can be run. A prompt or
// a connection that the configuration lacks is a warning: it may be kept over the API.
func (f flowToCheck) check(out io.Writer) bool {
	flow, err := readFlow(f.file)
	if err != nil {
		fmt.Fprintln(out, err)
		return false
	}
	f.has.FunctionFaults, f.has.Replacement = script.ValidateAll, importer.Replacement
	problems := flowfile.Check(flow, components.All(), f.has)
	f.has.Render = nil // what it finds is certain
	known := flowfile.Check(flow, components.All(), f.has)
	f.has.HasPrompt, f.has.HasConnection = nil, nil
	certain := flowfile.Check(flow, components.All(), f.has)
	good := true
	for _, p := range problems {
		if slices.Contains(known, p) && !slices.Contains(certain, p) {
			p.Severity, p.Fix = flowfile.SeverityWarning, p.Fix+"; what is kept over the API, only a server knows"
		}
		fmt.Fprintln(out, p)
		good = good && p.Severity != flowfile.SeverityError
	}
	if len(problems) == 0 {
		fmt.Fprintf(out, "%s: ok\n", f.file)
	}
	return good
}

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
		if machine := addressesOfMachine(); len(machine) > 0 {
			warnings = append(warnings, c.WarningsOn(machine)...)
		}
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

// addressesOfMachine are the addresses of this machine's interfaces, with their networks; none
// if they cannot be read.
func addressesOfMachine() (all []netip.Prefix) {
	interfaces, _ := net.InterfaceAddrs() // none are returned then
	for _, i := range interfaces {
		if p, err := netip.ParsePrefix(i.String()); err == nil {
			all = append(all, p)
		}
	}
	return all
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
