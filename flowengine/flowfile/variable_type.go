package flowfile

import (
	"regexp"
	"strconv"
)

// MaskedValue stands where a value may not be shown.
const MaskedValue = "***"

var decimalNumber = regexp.MustCompile(`^-?[0-9]{1,18}(\.[0-9]{1,18})?$`)

func (t VariableType) known() bool {
	return t == TypeString || t == TypeNumber || t == TypeInteger || t == TypeBoolean
}

// Accepts reports whether a text is a value of the type. A type that is not known accepts any.
func (t VariableType) Accepts(s string) bool {
	switch t {
	case TypeNumber:
		return decimalNumber.MatchString(s)
	case TypeInteger:
		_, err := strconv.ParseInt(s, 10, 64)
		return err == nil
	case TypeBoolean:
		return s == "true" || s == "false"
	}
	return true
}
