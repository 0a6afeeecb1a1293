package flowfile

// Field is a setting of a component, derived from one field of its
// configuration struct. The tags are
//
//	field:"ring_seconds"   the name in a flow file; without it the field is no setting
//	doc:"…"                one sentence of help
//	min:"10" max:"35"      of a number, of the length of a text, of the items of a list
//	default:"15"           what holds when it is left out
//	required:"true"        it may not be left out
//	choices:"a,b"          the only values
//	is:"own_number"        what a value means, see Meaning
//	oneof:"source"         exactly one of the fields that share the word is set
type Field struct {
	Name     string
	Doc      string
	Type     FieldType
	Min, Max *int
	Default  string
	Required bool
	Choices  []string
	Meaning  Meaning
	OneOf    string
	// Variables tells whether a value may hold %{current_flow.…}.
	Variables bool
	// Fields are those of an object, or of each item of a list.
	Fields []Field

	index []int // where the struct holds it, for reflect
}

// FieldType is the shape of a field's value.
type FieldType string

// The shapes of fields.
const (
	FieldText    FieldType = "text"
	FieldNumber  FieldType = "number"
	FieldBoolean FieldType = "boolean"
	FieldObject  FieldType = "object"
	FieldList    FieldType = "list" // of objects, or of text when Fields is empty
	FieldMap     FieldType = "map"  // of texts by name
)

// Meaning is what a text stands for, where a check can judge it.
type Meaning string

// The meanings of texts.
const (
	// MeansOwnNumber is a number of the account.
	MeansOwnNumber Meaning = "own_number"
	// MeansNumber is somebody's telephone number.
	MeansNumber Meaning = "number"
	// MeansPrompt is the name of a stored prompt.
	MeansPrompt Meaning = "prompt"
	// MeansLanguage is a language of the speech engine, in BCP 47; it is judged with
	// the voice beside it.
	MeansLanguage Meaning = "language"
	// MeansConnection is the name of a connection of the account.
	MeansConnection Meaning = "connection"
	// MeansFunction is the body of a function in JavaScript.
	MeansFunction Meaning = "function"
	// MeansFunctionName is the name of a function of the account.
	MeansFunctionName Meaning = "function_name"
	// MeansVariable is the name of a flow variable that the step sets.
	MeansVariable Meaning = "variable"
	// MeansReference is one variable, %{current_flow.…} and nothing else.
	MeansReference Meaning = "reference"
	// MeansExit is the name of an exit that the item of a list adds to the step.
	MeansExit Meaning = "exit"
	// MeansStepVariable is the name of a step variable that the item of a list adds.
	MeansStepVariable Meaning = "step_variable"
	// MeansTimeZone is a zone of the tz database, such as Europe/Lisbon.
	MeansTimeZone Meaning = "time_zone"
	// MeansKey is one key of a telephone.
	MeansKey Meaning = "key"
)
