package flowengine

import (
	"context"
	"fmt"
	"slices"
)

// MostUndeclared is how many arguments Undeclared tells of at most: to find the one
// that was meant takes the longer, the more there are.
const MostUndeclared = 20

// Undeclared returns those of the names of arguments that the version of an execution
// does not declare, the first MostUndeclared in their order, each with the one that was
// meant if one is near. The flow takes none of them. It returns ErrNoFlow if the version
// is gone.
func (e *Engine) Undeclared(ctx context.Context, x Execution, names []string) ([]FieldError, error) {
	v, err := e.config.Versions.Published(ctx, x.Account, x.FlowID)
	if err != nil || v.ID != x.VersionID { // the version that a repeated start began may not be published any more
		if v, err = e.config.Versions.Version(ctx, x.VersionID); err != nil {
			return nil, fmt.Errorf("find the version: %w", err)
		}
	}
	p, err := e.programs.of(v)
	if err != nil {
		return nil, err
	}
	d, declares := p.trigger.config.(Declarer)
	if !declares {
		return nil, nil
	}
	var known []string
	for _, a := range d.Declared() {
		known = append(known, a.Name)
	}
	undeclared := NotDeclared(slices.Sorted(slices.Values(names)), known, "the flow declares no such argument, and does not use it")
	return undeclared[:min(len(undeclared), MostUndeclared)], nil
}

// NotDeclared returns those of the names of the arguments that were given, which are
// sorted, that are not declared, each with what is said of it. Of the first MostUndeclared
// it says also which was meant, if a declared one is near that was not given.
func NotDeclared(given, declared []string, what string) []FieldError {
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
		if len(out) < MostUndeclared {
			if near := Nearest(name, open); near != "" {
				f.Description += ": did you mean " + near + "?"
			}
		}
		out = append(out, f)
	}
	return out
}
