package flowfile

// Function is one that steps may name instead of holding its source.
type Function struct {
	Source string
	// Inputs are what it is given, and Outputs what is taken from what it returns.
	Inputs, Outputs []FunctionValue
}

// FunctionValue is an input or an output of a function.
type FunctionValue struct {
	Name string
	Type string // one of FunctionTypes
}

// FunctionTypes are the types of inputs and outputs.
func FunctionTypes() []string { return []string{"string", "boolean", "integer", "number", "uri"} }

// TypeOf returns the type of a value by its name.
func TypeOf(values []FunctionValue, name string) (string, bool) {
	for _, v := range values {
		if v.Name == name {
			return v.Type, true
		}
	}
	return "", false
}
