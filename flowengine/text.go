package flowengine

// Text is a text of a flow file in which variables may stand, such as
// "Hello %{current_flow.name}". Turn.Text replaces them. It is immutable; the
// zero value is the empty text.
type Text struct {
	raw   string
	parts []textPart
}

// textPart is a literal, or a variable and what is done to its value.
type textPart struct {
	literal  string
	variable string
	filters  []string
}

// IsSet reports whether the field was given at all.
func (t Text) IsSet() bool { return t.raw != "" }

// String returns the text as the file has it.
func (t Text) String() string { return t.raw }
