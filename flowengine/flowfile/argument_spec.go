package flowfile

import (
	"cmp"
	"regexp"
	"slices"

	"ringflow/internal/strict"
)

// ArgumentSpec is an argument that a flow declares.
type ArgumentSpec struct {
	Name     string
	Variable string // that it fills; empty: none
	Required bool
	Pattern  string         // RE2, which the whole value matches; empty: any does
	Whole    *regexp.Regexp // of Pattern; nil: any value matches
	Type     VariableType   // of the variable
}

// Declarer is implemented by the configuration of an initiator that takes
// arguments. The types of their variables are not its business. A strict one takes no
// others, and numbers and booleans of JSON only where the variable is of their type.
type Declarer interface {
	Declared() (arguments []ArgumentSpec, strict bool)
}

// Declared returns the arguments that a flow declares by its initiator, in the order of
// its file, and whether that is strict.
func Declared(f *Flow, initiator Component) (all []ArgumentSpec, strict bool) {
	if initiator == nil {
		return nil, false
	}
	d, declares := initiator.bind(f.Trigger.with).Config.(Declarer)
	if !declares {
		return nil, false
	}
	types := map[string]VariableType{}
	for _, v := range f.Variables {
		types[v.Name] = v.Type
	}
	all, strict = d.Declared()
	for i := range all {
		all[i].Type = cmp.Or(types[all[i].Variable], TypeString)
	}
	return all, strict
}

// Matches reports whether a value matches the pattern.
func (a ArgumentSpec) Matches(value string) bool {
	return a.Whole == nil || a.Whole.MatchString(value)
}

// Sample is a value that stands for the argument where there is none yet: its name
// in angle brackets or, where the flow does not take that, one of a few that it
// takes. It is the name if the flow takes none of them.
func (a ArgumentSpec) Sample() string {
	name := "<" + a.Name + ">"
	for _, s := range []string{name, "0", "1", "true", "12", "123", "1234", "12345", "+12025550143", "12025550143", "2025550143", a.Name, "a", "A", "abc", "2026-01-31"} {
		if a.Type.Accepts(s) && a.Matches(s) {
			return s
		}
	}
	return name
}

// MaxUndeclaredHints is of how many arguments that a flow does not declare the one that was
// meant is looked for: to find it takes the longer, the more there are.
const MaxUndeclaredHints = 20

// UndeclaredArguments returns those of the names of the arguments that were given, which are
// sorted, that are not declared, each with a description. Of the first MaxUndeclaredHints
// it says also which was meant, if a declared one is near that was not given.
func UndeclaredArguments(given []string, declared []ArgumentSpec, what string) []FieldError {
	known := make(map[string]bool, len(declared))
	var open []string
	for _, a := range declared {
		known[a.Name] = true
		if _, is := slices.BinarySearch(given, a.Name); !is {
			open = append(open, a.Name)
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
