package config

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"ringflow/flowengine/flowfile"
	"ringflow/internal/call"
	"ringflow/media"
	"ringflow/numbers"
	"ringflow/sip"
)

// What an account has where its configuration says nothing.
const (
	defaultRate           = 2
	defaultAccountStreams = 100
)

// defaultLineWait is how long an account's calls wait for a free channel unless
// its line_wait says otherwise.
const defaultLineWait = time.Minute

// CallAccounts turns the configuration into what the exchange calls for.
func (c *Config) CallAccounts() ([]*call.Account, error) {
	var out []*call.Account
	var errs []error
	for i, a := range c.Accounts {
		account := &call.Account{
			Name: a.Name, Country: a.Country, Plan: a.Destinations.plan(),
			LineWait: defaultLineWait,
		}
		if a.LineWait != nil {
			account.LineWait = time.Duration(*a.LineWait)
		}
		for _, n := range a.Numbers {
			account.Numbers = append(account.Numbers, numbers.E164(n))
		}
		for j, t := range a.Trunks {
			password, err := c.secret(t.Password, t.PasswordFile)
			if err != nil {
				errs = append(errs, c.ErrorAt(fmt.Sprintf("$.accounts[%d].trunks[%d].password_file", i, j), err))
			}
			trunk := &call.Trunk{Channels: t.Channels, Sources: media.SourcePolicy(t.RTPFrom), Identity: call.Identity(t.Asserted), Exits: map[int]flowfile.Exit{}, Trunk: sip.Trunk{
				Name: t.Name, Targets: t.Targets, Domain: t.Domain,
				Username: t.Username, AuthUser: t.AuthUser, Password: sip.Secret(password), Ping: time.Duration(t.Ping),
			}}
			for code, exit := range t.Exits {
				trunk.Exits[code] = flowfile.Exit(exit)
			}
			account.Trunks = append(account.Trunks, trunk)
		}
		out = append(out, account)
	}
	return out, errors.Join(errs...)
}

// plan is what numbers are judged by.
func (d Destinations) plan() numbers.Plan { return numbers.Plan{Allow: d.Allow, Deny: d.Deny} }

// secret takes a secret from the configuration or from the file it names,
// whose last line break does not count.
func (c *Config) secret(plain, file string) (string, error) {
	if file == "" {
		return plain, nil
	}
	b, err := os.ReadFile(c.Relative(file))
	return strings.TrimRight(string(b), "\r\n"), err
}

// MayStart reports whether a client may start a flow of its account.
func (c *Config) MayStart(client, flowID string) bool {
	for _, a := range c.Accounts {
		for _, cc := range a.Clients {
			if cc.ID == client && cc.Flows != nil {
				return slices.ContainsFunc(cc.Flows, func(id string) bool { return flowfile.CanonicalFlowID(id) == flowID })
			}
		}
	}
	return true
}

// ClientRate is how often a client may start interactions by its own limit.
func (c *Config) ClientRate(client string) float64 {
	for _, a := range c.Accounts {
		for _, cc := range a.Clients {
			if cc.ID == client {
				return cc.RateLimit
			}
		}
	}
	return 0
}

// Rate is how often an account may start interactions.
func (c *Config) Rate(account string) float64 {
	for _, a := range c.Accounts {
		if a.Name == account && a.RateLimit != nil {
			return *a.RateLimit
		}
	}
	return defaultRate
}

// defaultScheduled is how many starts of an account may wait for their time unless
// its scheduled_starts says otherwise.
const defaultScheduled = 100_000

// Scheduled is how many starts of an account may wait for their time; 0 is no
// limit.
func (c *Config) Scheduled(account string) int {
	for _, a := range c.Accounts {
		if a.Name == account && a.Scheduled != nil {
			return *a.Scheduled
		}
	}
	return defaultScheduled
}

// Streams is how many event streams an account may have open.
func (c *Config) Streams(account string) int {
	for _, a := range c.Accounts {
		if a.Name == account && a.Streams != nil {
			return *a.Streams
		}
	}
	return defaultAccountStreams
}

// Account is one account with all it owns.
type Account struct {
	Name          string       `yaml:"name" doc:"letters, digits, - and _"`
	RateLimit     *float64     `yaml:"rate_limit" default:"2" doc:"interactions started a second; 0 is no limit"`
	Streams       *int         `yaml:"event_streams" default:"100" doc:"how many of them the account may have open; more are refused with 429"`
	Scheduled     *int         `yaml:"scheduled_starts" default:"100000" doc:"how many of the account's starts may wait for their time (start_at, calling_hours); more are refused with 429; 0 is no limit"`
	RetentionDays *Days        `yaml:"retention_days" default:"30" doc:"how many days an execution is kept after its end, with its rows of the report; 0 is for ever"`
	Country       string       `yaml:"country" doc:"two capital letters: numbers without + are read as this country's"`
	Clients       []Client     `yaml:"clients" doc:"OAuth clients"`
	Numbers       []string     `yaml:"numbers" doc:"the account's own numbers, in E.164: what contacts see"`
	Destinations  Destinations `yaml:"destinations" doc:"where calls may go; nowhere unless allowed"`
	Trunks        []Trunk      `yaml:"trunks" doc:"carriers and PBXs; a call takes the first that has a channel free"`
	LineWait      *Duration    `yaml:"line_wait" default:"60s" doc:"how long calls wait, in their order, for a channel when all are in use, before they leave by error; legs to agents, for which a contact is on the line, come before calls to contacts and wait no longer than they may ring; 0s is not at all. Starts are refused with 503 while 1,000 calls wait"`
	Connections   []Connection `yaml:"connections" doc:"services that flows may talk to over HTTP, their secrets in place or in files; secrets under a name, and functions, have no key here: they are made over the API"`
	Webhooks      []Webhook    `yaml:"webhooks" doc:"addresses that events of calls are posted to, see [webhooks](webhooks.md)"`
	Private       bool         `yaml:"private_addresses" default:"false" doc:"connections and webhooks that are made over the API may say private: true, and reach loopback, private and link-local addresses"`
	Flows         string       `yaml:"flows" doc:"folder of flow files, published at start and at a reload; a file's name is the flow's id"`
	Prompts       string       `yaml:"prompts" doc:"folder of WAV and MP3 files, named in flows by file name; one that cannot be played is told in a warning, and flows that play it are refused; silence is sound"`
}

// Destinations is the dialling plan.
type Destinations struct {
	Allow []string `yaml:"allow" doc:"where calls may go: countries by two capital letters, such as US, and prefixes, such as +4930; what costs more needs a prefix of its own, and premium-rate, emergency and service numbers are never called: see [destinations](destinations.md)"`
	Deny  []string `yaml:"deny" doc:"countries and longer prefixes where they may not, such as +1907"`
}

func (a Account) validate(m *collector, at string, owner map[string]string) {
	if !isName(a.Name) {
		m.add(at+".name", "%q is not a name: letters, digits, - and _, at most 64", a.Name)
	}
	if other, taken := owner["account "+a.Name]; taken {
		m.add(at+".name", "%s is already the name of %s", a.Name, other)
	}
	owner["account "+a.Name] = at
	if a.Scheduled != nil && *a.Scheduled < 0 {
		m.add(at+".scheduled_starts", "%d is less than 0", *a.Scheduled)
	}
	if a.Streams != nil && *a.Streams < 0 {
		m.add(at+".event_streams", "%d is less than 0", *a.Streams)
	}
	if a.RateLimit != nil && (*a.RateLimit < 0 || *a.RateLimit > 1e6) {
		m.add(at+".rate_limit", "%v is not a rate: 0 to 1000000 a second", *a.RateLimit)
	}
	for i, n := range a.Numbers {
		here := fmt.Sprintf("%s.numbers[%d]", at, i)
		if e, err := numbers.Parse(n, ""); err != nil || string(e) != n {
			m.add(here, "%q is not a number in E.164: write %s", n, cmp.Or(a.International(n, nil), "+ with country code and number, such as +12025550100"))
		} else if err := numbers.Possible(e); err != nil {
			m.add(here, "%w", err)
		}
		if other, taken := owner["number "+n]; taken {
			m.add(here, "%s already belongs to account %s", n, other)
		}
		owner["number "+n] = a.Name
	}
	a.Destinations.validate(m, at+".destinations")
	for i, c := range a.Clients {
		c.validate(m, fmt.Sprintf("%s.clients[%d]", at, i), a.Name, owner)
	}
	if a.Country != "" && !numbers.IsRegion(a.Country) {
		m.add(at+".country", "%q is not a country: two capital letters, such as US", a.Country)
	}
	names := map[string]bool{}
	for i, t := range a.Trunks {
		here := fmt.Sprintf("%s.trunks[%d]", at, i)
		t.validate(m, here)
		if names[t.Name] {
			m.add(here+".name", "%s is already the name of another trunk of the account", t.Name)
		}
		names[t.Name] = true
	}
	for key, dir := range map[string]string{".flows": a.Flows, ".prompts": a.Prompts} {
		if s, err := os.Stat(m.c.Relative(dir)); dir != "" && (err != nil || !s.IsDir()) {
			m.add(at+key, "%q is not a folder", dir)
		}
	}
}

// validate notes each value that can match no number, at its own line.
func (d Destinations) validate(m *collector, at string) {
	for i := range d.Allow {
		if err := (numbers.Plan{Allow: d.Allow[i : i+1]}).Check(); err != nil {
			m.note(nodeAt(&m.c.root, fmt.Sprintf("%s.allow[%d]", at, i)), at, "%w", err)
		}
	}
	for i := range d.Deny {
		if err := (numbers.Plan{Deny: d.Deny[i : i+1]}).Check(); err != nil {
			m.note(nodeAt(&m.c.root, fmt.Sprintf("%s.deny[%d]", at, i)), at, "%w", err)
		}
	}
}
