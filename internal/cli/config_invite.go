package cli

import (
	"cmp"
	"context"
	"flag"
	"fmt"
	"io"

	"ringflow/internal/call"
	"ringflow/internal/config"
	"ringflow/numbers"
)

// configInvite is `ringflow config invite FILE`: for each trunk the lines of an INVITE that
// say who calls whom, of a call to a contact and of one to an agent who is shown the
// contact's number. It opens no port and calls nobody.
func configInvite(f *flag.FlagSet) runFunc {
	trunk := f.String("trunk", "", "the `NAME` of the trunk; without it, all")
	to := f.String("to", "", "the `NUMBER` called; without it, an example of the account's country")
	contact := f.String("contact", "", "the contact's `NUMBER` that an agent is shown; without it, an example")
	return func(_ context.Context, args []string, out, _ io.Writer) error {
		c, err := config.Load(args[0])
		if err != nil {
			return err
		}
		accounts, err := c.CallAccounts()
		if err != nil {
			return err
		}
		found := false
		for _, a := range accounts {
			if len(a.Numbers) == 0 {
				continue
			}
			called, err := parseNumber("--to", *to, a.Country)
			if err != nil {
				return err
			}
			shown, err := parseNumber("--contact", *contact, a.Country)
			if err != nil {
				return err
			}
			for _, t := range a.Trunks {
				if *trunk == "" || *trunk == t.Name {
					found = true
					if err := printInvites(out, a, t, called, shown); err != nil {
						return err
					}
				}
			}
		}
		if !found {
			return fmt.Errorf("%s has no account with a number and the trunk %q: write numbers and trunks, or another --trunk", args[0], *trunk)
		}
		return nil
	}
}

func parseNumber(flag, text, country string) (numbers.E164, error) {
	n, err := numbers.Parse(cmp.Or(text, string(numbers.Example(country))), country)
	if err != nil {
		return "", fmt.Errorf("%s: %w", flag, err)
	}
	return n, nil
}

// printInvites prints the two calls over a trunk.
func printInvites(out io.Writer, a *call.Account, t *call.Trunk, called, contact numbers.E164) error {
	for _, leg := range []struct {
		what  string
		shown numbers.E164
	}{{"a contact is called", a.Numbers[0]}, {"an agent is called and shown the contact's number", contact}} {
		lines, err := t.Invite(leg.shown, a.Numbers[0], called)
		if err != nil {
			return fmt.Errorf("account %s: %w", a.Name, err)
		}
		fmt.Fprintf(out, "# account %s, trunk %s: %s\n", a.Name, t.Name, leg.what)
		for _, line := range lines {
			fmt.Fprintln(out, line)
		}
		fmt.Fprintln(out)
	}
	return nil
}
