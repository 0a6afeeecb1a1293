package flowfile

// FieldError is one argument, or one field of a setting, and what is wrong with
// it.
type FieldError struct {
	Name        string
	Description string
}

// Error implements error.
func (e FieldError) Error() string { return e.Name + ": " + e.Description }
