package flowfile

import (
	"regexp"
	"strconv"
)

// Variable is what a flow declares about one of its variables.
type Variable struct {
	Name string
	// Type is what a value must look like.
	Type VariableType
	// MaskedValue hides the value in journals, reports and logs.
	Masked bool
	// Default is the value at the start; without one the variable is null.
	Default    string
	HasDefault bool
	Line       int
}

// VariableType is what a value of a variable must look like; all values are
// text.
type VariableType string

// The types of variables.
const (
	TypeString  VariableType = "string"
	TypeNumber  VariableType = "number"
	TypeInteger VariableType = "integer"
	TypeBoolean VariableType = "boolean"
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
