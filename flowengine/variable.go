package flowengine

import (
	"fmt"

	"ringflow/flowengine/flowfile"
)

// variables are the values of one execution's flow variables. A variable that
// is absent is null. They belong to the goroutine of the execution.
type variables struct {
	values   map[string]string
	declared map[string]flowfile.Variable
	hidden   map[string]bool // masked from now on, though not declared so
}

// set gives a variable a value, which must be of its type. Values of masked
// variables are left out of the error.
func (v *variables) set(name, value string) error {
	d := v.declared[name]
	if !d.Type.Accepts(value) {
		if v.masks(name) {
			value = flowfile.MaskedValue
		}
		return fmt.Errorf("set variable %s: %q is no %s", name, flowfile.Excerpt(value), d.Type)
	}
	v.values[name] = value
	return nil
}

// hide masks a variable from now on.
func (v *variables) hide(name string) {
	if v.hidden == nil {
		v.hidden = map[string]bool{}
	}
	v.hidden[name] = true
}

func (v *variables) masks(name string) bool { return v.declared[name].Masked || v.hidden[name] }

// shown returns the value as journals and reports may show it.
func (v *variables) shown(name string) string {
	if v.masks(name) {
		return flowfile.MaskedValue
	}
	return v.values[name]
}
