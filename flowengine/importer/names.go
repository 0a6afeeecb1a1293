package importer

import (
	"fmt"
	"regexp"
	"strings"
)

var (
	wordStart  = regexp.MustCompile(`([a-z0-9])([A-Z])`)
	acronymEnd = regexp.MustCompile(`([A-Z]+)([A-Z][a-z])`)
	noWord     = regexp.MustCompile(`[^a-z0-9]+`)
)

const longestName = 64 // of a step or a variable

// snake writes a name in snake case: lower-case letters, digits and single _.
func snake(s string) string {
	s = acronymEnd.ReplaceAllString(wordStart.ReplaceAllString(s, "${1}_${2}"), "${1}_${2}")
	s = strings.Trim(noWord.ReplaceAllString(strings.ToLower(s), "_"), "_")
	if len(s) > longestName {
		s = strings.Trim(s[:longestName], "_")
	}
	return s
}

// names gives each original name one of our own, in snake case and no two alike.
type names struct {
	given    map[string]string // by original
	used     map[string]bool
	fallback string // for what leaves nothing in snake case
}

func newNames(fallback string, reserved ...string) *names {
	n := &names{given: map[string]string{}, used: map[string]bool{}, fallback: fallback}
	for _, r := range reserved {
		n.used[r] = true
	}
	return n
}

// of returns the name for an original, made from the wish the first time.
func (n *names) of(exported, wish string) string {
	if name, known := n.given[exported]; known {
		return name
	}
	base := snake(wish)
	if base == "" {
		base = n.fallback
	}
	name := base
	for i := 2; n.used[name]; i++ {
		suffix := fmt.Sprintf("_%d", i)
		name = base[:min(len(base), longestName-len(suffix))] + suffix
	}
	n.used[name] = true
	n.given[exported] = name
	return name
}
