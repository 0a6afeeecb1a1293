package flowengine

import (
	"context"
	"fmt"
	"maps"
	"ringflow/flowengine/flowfile"
	"ringflow/flowengine/record"
	"slices"
)

// MaxWarnings is how many arguments Warnings tells of at most.
const MaxWarnings = flowfile.MaxUndeclaredHints

// ArgumentWarnings tells of those arguments of a trigger that the version of the execution which
// it began takes otherwise than its sender may expect, the first MaxWarnings: telephone
// numbers that are numbers in JSON, which have no + and no 0 in front, and then what the
// flow does not declare and so does not use, each with the one that was meant if one is
// near. It returns ErrNoFlow if the version is gone.
func (e *Engine) ArgumentWarnings(ctx context.Context, x record.Execution, t Trigger) ([]flowfile.FieldError, error) {
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
	d, declares := p.trigger.config.(flowfile.Declarer)
	if !declares {
		return nil, nil
	}
	var known []string
	var out []flowfile.FieldError
	for _, a := range d.Declared() {
		known = append(known, a.Name)
		if t.Unquoted[a.Name] == "a number" && p.telephone[a.Variable] {
			out = append(out, flowfile.FieldError{Name: a.Name, Description: `is a number in JSON, which has no + and no 0 in front: write a telephone number in quotes, such as "+12025550143"`})
		}
	}
	given := slices.Sorted(maps.Keys(t.recordedArguments()))
	out = append(out, flowfile.UndeclaredArguments(given, known, "the flow declares no such argument, and does not use it")...)
	return out[:min(len(out), MaxWarnings)], nil
}
