package config

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"ringflow/numbers"
)

// Account is one account with all it owns.
type Account struct {
	Name          string       `yaml:"name" reload:"live" form:"name" need:"true" doc:"letters, digits, - and _"`
	RateLimit     float64      `yaml:"rate_limit" reload:"live" default:"2" form:"rate" doc:"interactions started a second; 0 is no limit"`
	Streams       int          `yaml:"event_streams" reload:"live" default:"100" min:"0" doc:"how many of them the account may have open; more are refused with 429"`
	Scheduled     int          `yaml:"scheduled_starts" reload:"live" default:"100000" min:"0" doc:"how many of the account's starts may wait for their time (start_at, calling_hours); more are refused with 429; 0 is no limit"`
	RetentionDays Days         `yaml:"retention_days" reload:"live" default:"30" doc:"how many days an execution is kept after its end, with its rows of the report; 0 is for ever"`
	Country       string       `yaml:"country" reload:"live" form:"country" doc:"two capital letters: numbers without + are read as this country's"`
	Clients       []Client     `yaml:"clients" reload:"live" doc:"OAuth clients"`
	Numbers       []string     `yaml:"numbers" reload:"live" doc:"the account's own numbers, in E.164: what contacts see"`
	Destinations  Destinations `yaml:"destinations" reload:"live" doc:"where calls may go; nowhere unless allowed"`
	Trunks        []Trunk      `yaml:"trunks" reload:"live" doc:"carriers and PBXs; a call takes the first that may take it and has a channel free, see [trunks](trunks.md)"`
	QueueWait     Duration     `yaml:"line_wait" reload:"live" default:"60s" doc:"how long calls wait, in their order, for a channel when all are in use, before they leave by error; legs to agents, for which a contact is on the line, come before calls to contacts and wait no longer than they may ring; 0s is not at all. Starts are refused with 503 while 1,000 calls wait, or so many that another would wait for longer at the trunks' calls_per_second"`
	Connections   []Connection `yaml:"connections" reload:"live" doc:"services that flows may talk to over HTTP, their secrets in place or in files; secrets under a name, and functions, have no key here: they are made over the API"`
	Webhooks      []Webhook    `yaml:"webhooks" reload:"live" doc:"addresses that events of calls are posted to, see [webhooks](webhooks.md)"`
	Private       bool         `yaml:"private_addresses" reload:"restart" default:"false" doc:"connections and webhooks that are made over the API may say private: true, and reach loopback, private and link-local addresses"`
	Flows         string       `yaml:"flows" reload:"live" form:"folder" doc:"folder of flow files, published at start and at a reload; a file's name is the flow's id"`
	Prompts       string       `yaml:"prompts" reload:"live" form:"folder" doc:"folder of WAV and MP3 files, named in flows by file name; one that cannot be played is told in a warning, and flows that play it are refused; silence is sound"`
}

// Destinations is the dialling plan.
type Destinations struct {
	Allow []string `yaml:"allow" doc:"where calls may go: countries by two capital letters, such as US, and prefixes, such as +4930; what costs more needs a prefix of its own, and premium-rate, emergency and service numbers are never called: see [destinations](destinations.md)"`
	Deny  []string `yaml:"deny" doc:"countries and longer prefixes where they may not, such as +1907"`
}

// plan is the policy of destinations in the form of the package numbers.
func (d Destinations) plan() numbers.Plan { return numbers.Plan{Allow: d.Allow, Deny: d.Deny} }

// AccountNames lists the accounts in the order of the file.
func (c *Config) AccountNames() []string {
	var names []string
	for _, a := range c.Accounts {
		names = append(names, a.Name)
	}
	return names
}

// Account returns the account of a name.
func (c *Config) Account(name string) (Account, bool) {
	for _, a := range c.Accounts {
		if a.Name == name {
			return a, true
		}
	}
	return Account{}, false
}

// readItems reads the items of a list of each account. The error joins those of all
// items, each with its place; the list stands under key.
func readItems[T, R any](c *Config, key string, list func(Account) []T, read func(account string, from T) (R, error)) ([]R, error) {
	var out []R
	var errs []error
	for i, a := range c.Accounts {
		for j, from := range list(a) {
			item, err := read(a.Name, from)
			if err != nil {
				errs = append(errs, c.ErrorAt(fmt.Sprintf("$.accounts[%d].%s[%d]", i, key, j), err))
			}
			out = append(out, item)
		}
	}
	return out, errors.Join(errs...)
}

// folderForm wants a folder, relative to the file.
func (c *Config) folderForm(value any) error {
	if s, err := os.Stat(c.Relative(value.(string))); err != nil || !s.IsDir() {
		return fmt.Errorf("%q is not a folder", value)
	}
	return nil
}

// validateAccount reports what the tags of an account do not say. owners has the
// owner of each name, number and client of the accounts before it.
func (c *Config) validateAccount(a Account, at string, owners map[string]string) {
	claim := func(here, kind, name, owner, refusal string) {
		if other, taken := owners[kind+" "+name]; taken {
			c.file.Add(here, refusal, name, other)
		}
		owners[kind+" "+name] = owner
	}
	claim(at+".name", "account", a.Name, at, "%s is already the name of %s")
	for i, n := range a.Numbers {
		here := fmt.Sprintf("%s.numbers[%d]", at, i)
		if e, err := numbers.Parse(n, ""); err != nil || string(e) != n {
			c.file.Add(here, "%q is not a number in E.164: write %s", n, cmp.Or(a.International(n, nil), "+ with country code and number, such as +12025550100"))
		} else if err := numbers.Possible(e); err != nil {
			c.file.Add(here, "%w", err)
		}
		claim(here, "number", n, a.Name, "%s already belongs to account %s")
	}
	for i := range a.Destinations.Allow {
		if err := (numbers.Plan{Allow: a.Destinations.Allow[i : i+1]}).Check(); err != nil {
			c.file.AddNear(fmt.Sprintf("%s.destinations.allow[%d]", at, i), at+".destinations", "%w", err)
		}
	}
	for i := range a.Destinations.Deny {
		if err := (numbers.Plan{Deny: a.Destinations.Deny[i : i+1]}).Check(); err != nil {
			c.file.AddNear(fmt.Sprintf("%s.destinations.deny[%d]", at, i), at+".destinations", "%w", err)
		}
	}
	for i, client := range a.Clients {
		here := fmt.Sprintf("%s.clients[%d]", at, i)
		claim(here+".id", "client", client.ID, a.Name, "%s is already a client of account %s")
		c.validateClient(client, here)
	}
	names := map[string]bool{}
	for i, t := range a.Trunks {
		here := fmt.Sprintf("%s.trunks[%d]", at, i)
		c.validateTrunk(t, a, here)
		for j, n := range t.Callers {
			if !slices.Contains(a.Numbers, n) {
				c.file.Add(fmt.Sprintf("%s.callers[%d]", here, j), "%q is none of the account's numbers: there are %s", n, strings.Join(a.Numbers, ", "))
			}
		}
		if names[t.Name] {
			c.file.Add(here+".name", "%s is already the name of another trunk of the account", t.Name)
		}
		names[t.Name] = true
	}
}

// Owns reports whether a number, in any form, is one of the account's.
func (a Account) Owns(raw string) bool {
	n, err := numbers.Parse(raw, a.Country)
	return err == nil && slices.Contains(a.Numbers, string(n))
}

// MayCall says why the account may not call a number, in any form.
func (a Account) MayCall(raw string) error {
	n, err := numbers.Parse(raw, a.Country)
	if err != nil {
		return err
	}
	return a.Destinations.plan().Permits(n)
}

// International is a number, in any form, in E.164; "" if neither the account nor
// the numbers beside it show of which country it is.
func (a Account) International(raw string, beside []string) string {
	if n, err := numbers.Parse(raw, a.Country); err == nil {
		return string(n)
	}
	if a.Country != "" {
		return ""
	}
	for _, known := range [][]string{a.Numbers, beside} {
		if n, found := numbers.Suggest(raw, known); found {
			return string(n)
		}
	}
	return ""
}
