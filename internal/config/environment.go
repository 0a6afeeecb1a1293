package config

import (
	"slices"

	"ringflow/flowengine/flowfile"
	"ringflow/internal/prompt"
	"ringflow/numbers"
)

// Environment is the checks' view of what the configuration says of an account, with the
// faults of the prompts in its folder.
func (c *Config) Environment(a Account) (has flowfile.Environment, faults []error, err error) {
	prompts := prompt.Folder{}
	if a.Prompts != "" {
		if prompts, err = prompt.ReadFolder(c.Relative(a.Prompts)); err != nil {
			return flowfile.Environment{}, nil, err
		}
	}
	var connections []string
	for _, known := range a.Connections {
		connections = append(connections, known.Name)
	}
	return flowfile.Environment{
		OwnsNumber:    a.Owns,
		MayCall:       a.MayCall,
		HasPrompt:     func(name string) bool { _, ok := prompts.Find(name); return ok },
		PromptFault:   func(name string) error { p, _ := prompts.Find(name); return p.Fault },
		HasConnection: func(name string) bool { return slices.Contains(connections, name) },
		Connections:   func() []string { return connections },
		International: a.International,
	}, prompts.Faults(), nil
}

// TrustedEnvironment is the checks' view of an account of which only the country is known:
// it has every number, prompt and connection.
func (a Account) TrustedEnvironment() flowfile.Environment {
	return flowfile.Environment{International: a.International, NumberFault: func(raw string) error {
		n, err := numbers.Parse(raw, a.Country)
		if err != nil {
			return nil // it may be a national number
		}
		return numbers.Possible(n)
	}}
}
