package flowfile

import (
	"slices"

	"ringflow/internal/strict"
)

// MaxUndeclaredHints is of how many arguments that a flow does not declare the one that was
// meant is looked for: to find it takes the longer, the more there are.
const MaxUndeclaredHints = 20

// UndeclaredArguments returns those of the names of the arguments that were given, which are
// sorted, that are not declared, each with what is said of it. Of the first MaxUndeclaredHints
// it says also which was meant, if a declared one is near that was not given.
func UndeclaredArguments(given, declared []string, what string) []FieldError {
	known := make(map[string]bool, len(declared))
	var open []string
	for _, name := range declared {
		known[name] = true
		if _, is := slices.BinarySearch(given, name); !is {
			open = append(open, name)
		}
	}
	var out []FieldError
	for _, name := range given {
		if known[name] {
			continue
		}
		f := FieldError{Name: name, Description: what}
		if len(out) < MaxUndeclaredHints {
			if near := strict.Nearest(name, open); near != "" {
				f.Description += ": did you mean " + near + "?"
			}
		}
		out = append(out, f)
	}
	return out
}
