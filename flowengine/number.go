package flowengine

// Number is a whole number of a flow file, or a variable that holds one when
// the step runs. Turn.Number reads it, within the limits of its field.
type Number struct {
	value int
	text  Text // set if it is a variable
	field *Field
}
