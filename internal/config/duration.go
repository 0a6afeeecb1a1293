package config

import (
	"fmt"
	"strconv"
	"time"

	"go.yaml.in/yaml/v3"
)

// defaultRetention is how long executions are kept where nothing is said.
const defaultRetention Days = 30

// Days is a number of days; 0 is for ever.
type Days int

// UnmarshalYAML implements yaml.Unmarshaler.
func (d *Days) UnmarshalYAML(n *yaml.Node) error {
	v, err := strconv.Atoi(n.Value)
	if err != nil || v < 0 || v > 36_500 {
		return &yaml.TypeError{Errors: []string{fmt.Sprintf("%q is not a number of days: write 1 to 36500, or 0 for ever", n.Value)}}
	}
	*d = Days(v)
	return nil
}

// Retentions is how long each account keeps its executions.
func (c *Config) Retentions() map[string]Days {
	keep := make(map[string]Days)
	for _, a := range c.Accounts {
		if keep[a.Name] = defaultRetention; a.RetentionDays != nil {
			keep[a.Name] = *a.RetentionDays
		}
	}
	return keep
}

// Duration reads and prints itself as Go does: 30s, 1m30s.
type Duration time.Duration

// UnmarshalYAML implements yaml.Unmarshaler.
func (d *Duration) UnmarshalYAML(n *yaml.Node) error {
	v, err := time.ParseDuration(n.Value)
	if err != nil || v < 0 {
		return &yaml.TypeError{Errors: []string{fmt.Sprintf("%q is not a duration: write 30s or 1m30s", n.Value)}}
	}
	*d = Duration(v)
	return nil
}

// String is the duration as Go writes it.
func (d Duration) String() string { return time.Duration(d).String() }
