package main

import (
	"fmt"

	"ringflow/numbers"
)

// doubts are the warnings of a configuration that can be used: what it says and
// hardly means, each with file, line and key.
func (c *Config) doubts() (all []string) {
	for i, a := range c.Accounts {
		for j, value := range a.Destinations.Allow {
			if doubt := numbers.Doubt(value); doubt != "" {
				all = append(all, c.mistake(fmt.Sprintf("$.accounts[%d].destinations.allow[%d]", i, j), fmt.Errorf("warning: %s", doubt)).Error())
			}
		}
	}
	return all
}

// doubt logs the warnings of a configuration.
func (s *server) doubt(c *Config) {
	for _, warning := range c.doubts() {
		s.log.Warn("configuration: " + warning)
	}
}
