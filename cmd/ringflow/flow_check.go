package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"

	"ringflow/flowengine"
	"ringflow/flowengine/components"
	"ringflow/flowengine/importer"
	"ringflow/internal/call"
	"ringflow/internal/script"
	"ringflow/numbers"
)

// checkedFlow is a flow file and what the account that is to run it has.
type checkedFlow struct {
	file string
	has  flowengine.Environment
}

// flowCheck is `ringflow flow check FILE…`: every problem of every file, as
// compilers print them. What only an account has, such as its numbers, is taken on
// trust unless --config says whose configuration knows it.
func flowCheck(ctx context.Context, args []string, out, complaints io.Writer) error {
	flags := newFlags()
	config := flags.String("config", "", "the server's configuration, a YAML `FILE`: check against the numbers, prompts and connections in it; without other files, check its own flows")
	account := flags.String("account", "", "the `NAME` of the account of the configuration that is to run the files; needed if it has several")
	files, err := parseArguments(flags, args, 0, -1)
	if err != nil {
		return err
	}
	var flows []checkedFlow
	good := true
	switch {
	case *config != "":
		flows, good, err = flowsOf(*config, *account, files, out)
	case len(files) == 0 || *account != "":
		err = errUsage
	}
	if err != nil {
		return err
	}
	if *config == "" {
		for _, f := range files {
			flows = append(flows, checkedFlow{f, AccountConfig{}.trusted()})
		}
	}
	engine := findSpeech(ctx, 1)
	if engine.engine == nil {
		fmt.Fprintf(complaints, "languages and voices are not checked: %v\n", engine.lacking)
	}
	rendering, cancel := context.WithTimeout(ctx, longestRendering)
	defer cancel()
	for _, f := range flows {
		if engine.engine != nil {
			f.has.Voice, f.has.Render = engine.voice, engine.renders(rendering)
		}
		good = f.tell(out) && good
	}
	if !good {
		return errTold
	}
	return nil
}

// flowsOf puts the files, or those that the configuration names if there are none,
// beside what their accounts have, and reports whether that is known: of a
// configuration with mistakes, which it prints, nothing is, and the flows are to be
// checked as without one.
func flowsOf(config, account string, files []string, out io.Writer) (flows []checkedFlow, known bool, err error) {
	c, err := readConfig(config)
	if found := mistakesOf(err); len(found) > 0 {
		for _, m := range found {
			fmt.Fprintln(out, m)
		}
		return c.flowsOnTrust(account, files), false, nil
	}
	flows, err = c.flowsOf(account, files)
	return flows, true, err
}

// flowsOnTrust are the files, or those in the folders of the accounts, beside nothing.
func (c *Config) flowsOnTrust(account string, files []string) (flows []checkedFlow) {
	if len(files) == 0 {
		for _, a := range c.Accounts {
			if a.Flows != "" && (account == "" || account == a.Name) {
				own, _ := flowFiles(c.relative(a.Flows)) // that it is no folder is among the mistakes
				files = append(files, own...)
			}
		}
	}
	for _, f := range files {
		flows = append(flows, checkedFlow{f, AccountConfig{}.trusted()})
	}
	return flows
}

func (c *Config) flowsOf(account string, files []string) (flows []checkedFlow, err error) {
	var names []string
	for _, a := range c.Accounts {
		if names = append(names, a.Name); account != "" && account != a.Name {
			continue
		}
		has, _, err := c.environment(a) // serve and config check warn of prompts
		if err != nil {
			return nil, err
		}
		own := files
		if len(files) == 0 && a.Flows != "" {
			if own, err = flowFiles(c.relative(a.Flows)); err != nil {
				return nil, fmt.Errorf("list the flows of %s: %w", a.Name, err)
			}
		}
		for _, f := range own {
			flows = append(flows, checkedFlow{f, has})
		}
	}
	switch {
	case account != "" && !slices.Contains(names, account):
		return nil, fmt.Errorf("--account %s is not in %s, which has %q: %w", account, c.path, names, errUsage)
	case account == "" && len(files) > 0 && len(names) > 1:
		return nil, fmt.Errorf("%s has several accounts: say by --account which of %q is to run the files: %w", c.path, names, errUsage)
	case len(flows) == 0:
		return nil, errors.New("no flow file is named, and the folders of the configuration hold none")
	}
	return flows, nil
}

// environment is what a flow may rely on that the configuration says of an account,
// with the prompts in its folder that cannot be played.
func (c *Config) environment(a AccountConfig) (has flowengine.Environment, faults []error, err error) {
	prompts := call.Folder{}
	if a.Prompts != "" {
		if prompts, err = call.ReadFolder(c.relative(a.Prompts)); err != nil {
			return flowengine.Environment{}, nil, err
		}
	}
	library := call.NewLibrary(nil, nil)
	var connections []string
	for _, known := range a.Connections {
		connections = append(connections, known.Name)
	}
	return flowengine.Environment{
		OwnsNumber:    a.owns,
		MayCall:       a.mayCall,
		HasPrompt:     func(name string) bool { return library.WouldHave(a.Name, name, prompts) },
		PromptFault:   func(name string) error { return library.WouldFault(a.Name, name, prompts) },
		HasConnection: func(name string) bool { return slices.Contains(connections, name) },
		Connections:   func() []string { return connections },
		International: a.international,
	}, prompts.Faults(), nil
}

// trusted is what a flow may rely on whatever the account has: only what nobody has is
// known then.
func (a AccountConfig) trusted() flowengine.Environment {
	return flowengine.Environment{International: a.international, NumberFault: func(raw string) error {
		n, err := numbers.Parse(raw, a.Country)
		if err != nil {
			return nil // it may be a national number
		}
		return numbers.Possible(n)
	}}
}

// owns reports whether a number, as somebody writes it, is one of the account's.
func (a AccountConfig) owns(raw string) bool {
	n, err := numbers.Parse(raw, a.Country)
	return err == nil && slices.Contains(a.Numbers, string(n))
}

// mayCall says why the account may not call a number, as somebody writes it.
func (a AccountConfig) mayCall(raw string) error {
	n, err := numbers.Parse(raw, a.Country)
	if err != nil {
		return err
	}
	return a.Destinations.plan().Permits(n)
}

// international is a number, as somebody writes it, in E.164; "" if neither the
// account nor the numbers beside it tell of which country it is.
func (a AccountConfig) international(raw string, beside []string) string {
	if n, err := numbers.Parse(raw, a.Country); err == nil {
		return string(n)
	}
	if a.Country != "" {
		return ""
	}
	for _, known := range [][]string{a.Numbers, beside} {
		if n, told := numbers.Beside(raw, known); told {
			return string(n)
		}
	}
	return ""
}

// tell prints what is wrong with the flow and reports whether it can be run. What
// the configuration lacks may have been kept over the API: that is a warning.
func (f checkedFlow) tell(out io.Writer) bool {
	flow, err := readFlow(f.file)
	if err != nil {
		fmt.Fprintln(out, err)
		return false
	}
	f.has.UnderstandsFunctions, f.has.Replacement, f.has.Foreign = script.UnderstandAll, importer.Replacement, importer.Foreign
	if render := f.has.Render; render != nil {
		var rendered []error
		f.has.Render = func(texts []flowengine.Speech) []error { // once for both checks
			if rendered == nil {
				rendered = render(texts)
			}
			return rendered
		}
	}
	problems := flowengine.Check(flow, components.All(), f.has)
	f.has.HasPrompt, f.has.HasConnection = nil, nil
	certain := flowengine.Check(flow, components.All(), f.has)
	good := true
	for _, p := range problems {
		if !slices.Contains(certain, p) {
			p.Severity, p.Mend = flowengine.SeverityWarning, p.Mend+"; what is kept over the API, only a server knows"
		}
		fmt.Fprintln(out, p)
		good = good && p.Severity != flowengine.SeverityError
	}
	if len(problems) == 0 {
		fmt.Fprintf(out, "%s: ok\n", f.file)
	}
	return good
}
