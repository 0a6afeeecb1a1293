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
	var undeclared []FieldError
	for _, name := range slices.Sorted(slices.Values(names)) {
		if slices.Contains(known, name) {
			continue
		}
		if len(undeclared) == MostUndeclared {
			break
		}
		what := "the flow declares no such argument, and does not use it"
		if near := Nearest(name, known); near != "" {
			what += ": did you mean " + near + "?"
		}
		undeclared = append(undeclared, FieldError{Name: name, Description: what})
	}
	return undeclared, nil
}
