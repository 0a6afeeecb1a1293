package flowengine

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
)

// variableTypes tells for each type whether a text is a value of it.
var variableTypes = map[VariableType]func(string) bool{
	TypeString:  func(string) bool { return true },
	TypeNumber:  regexp.MustCompile(`^-?[0-9]{1,18}(\.[0-9]{1,18})?$`).MatchString,
	TypeInteger: func(s string) bool { _, err := strconv.ParseInt(s, 10, 64); return err == nil },
	TypeBoolean: func(s string) bool { return s == "true" || s == "false" },
}

// masked stands where a value may not be shown.
const masked = "***"

// variables are the values of one execution's flow variables. A variable that
// is absent is null. They belong to the goroutine of the execution.
type variables struct {
	values   map[string]string
	declared map[string]Variable
	hidden   map[string]bool // masked from now on, though not declared so
}

// set gives a variable a value, which must be of its type. Values of masked
// variables are left out of the error.
func (v *variables) set(name, value string) error {
	d := v.declared[name]
	if ok := variableTypes[d.Type]; ok != nil && !ok(value) {
		if v.masks(name) {
			value = masked
		}
		return fmt.Errorf("set variable %s: %q is no %s", name, abbreviate(value), d.Type)
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

// maskAny reports whether a masked variable stands in the text.
func (v *variables) maskAny(t Text) bool {
	return slices.ContainsFunc(t.parts, func(p textPart) bool { return v.masks(p.variable) })
}

// shown returns the value as journals and reports may show it.
func (v *variables) shown(name string) string {
	if v.masks(name) {
		return masked
	}
	return v.values[name]
}
