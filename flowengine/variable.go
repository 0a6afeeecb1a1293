package flowengine

import (
	"fmt"
	"regexp"
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
}

// set gives a variable a value, which must be of its type. Values of masked
// variables are left out of the error.
func (v *variables) set(name, value string) error {
	d := v.declared[name]
	if ok := variableTypes[d.Type]; ok != nil && !ok(value) {
		if d.Masked {
			value = masked
		}
		return fmt.Errorf("set variable %s: %q is no %s", name, value, d.Type)
	}
	v.values[name] = value
	return nil
}

// shown returns the value as journals and reports may show it.
func (v *variables) shown(name string) string {
	if v.declared[name].Masked {
		return masked
	}
	return v.values[name]
}

// all returns every variable that has a value, as reports may show it.
func (v *variables) all() map[string]string {
	out := make(map[string]string, len(v.values))
	for name := range v.values {
		out[name] = v.shown(name)
	}
	return out
}
