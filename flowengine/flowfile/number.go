package flowfile

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Number is a whole number of a flow file, or a variable that holds one when
// the step runs. StepContext.Number reads it, within the limits of its field.
type Number struct {
	value int
	text  Text // set if a variable stands in it
	field *Field
	wrong bool // it could not be read, which is a Problem already
}

// Fixed returns the number if it is known before the step runs.
func (n Number) Fixed() (value int, known bool) { return n.value, !n.text.IsSet() && !n.wrong }

// Value reads the number that the values of variables give. masks reports whether
// the value of a variable must not stand in an error.
func (n Number) Value(values map[string]string, masks func(variable string) bool) (int, error) {
	if !n.text.IsSet() {
		return n.value, nil
	}
	s, err := n.text.Expand(values, nil, nil)
	if err != nil {
		return 0, err
	}
	v, err := strconv.Atoi(strings.TrimSpace(s))
	if err != nil {
		if slices.ContainsFunc(n.text.Variables(), masks) {
			s = MaskedValue
		}
		return 0, fmt.Errorf("field %s: %s is %q, and a whole number is needed", n.field.Name, n.text.raw, Excerpt(s))
	}
	if what := n.field.beyond(v, "the number"); what != "" {
		return 0, fmt.Errorf("field %s: %s: %s", n.field.Name, n.text.raw, what)
	}
	return v, nil
}

// beyond says how v breaks the limits of the field, "" if it does not. The
// noun is what v counts.
func (f *Field) beyond(v int, noun string) string {
	if f.Min != nil && v < *f.Min || f.Max != nil && v > *f.Max {
		return fmt.Sprintf("%s is %d, and %s is allowed", noun, v, f.Limits())
	}
	return ""
}

// Limits writes the limits of the field, "" if it has none.
func (f *Field) Limits() string {
	switch {
	case f.Min != nil && f.Max != nil:
		return fmt.Sprintf("%d to %d", *f.Min, *f.Max)
	case f.Min != nil:
		return fmt.Sprintf("%d or more", *f.Min)
	case f.Max != nil:
		return fmt.Sprintf("at most %d", *f.Max)
	}
	return ""
}
