package flowfile

// Environment is what Check needs of the account. What a nil function would answer is
// not checked.
type Environment struct {
	// OwnsNumber reports whether the account owns the number.
	OwnsNumber func(number string) bool
	// MayCall reports why the account may not call the number, nil if it may.
	MayCall func(number string) error
	// NumberFault reports why the number cannot exist, nil if it can: it is called where
	// the account is not known, that is where OwnsNumber or MayCall is nil.
	NumberFault func(number string) error
	// HasPrompt reports whether a prompt is stored under the name.
	HasPrompt func(name string) bool
	// PromptFault reports why the prompt that is stored under the name cannot be played,
	// nil if it can.
	PromptFault func(name string) error
	// HasConnection reports whether the account has a connection of the name.
	HasConnection func(name string) bool
	// Connections lists those it has, for a suggestion where one is not known.
	Connections func() []string
	// Function returns the account's function of the name, false if it has none.
	Function func(name string) (Function, bool)
	// Functions lists those it has, for a suggestion where one is not known.
	Functions func() []string
	// FunctionFaults reports what is wrong with the sources of functions, of
	// each in its place; nil if it is nothing.
	FunctionFaults func(sources []string) []error
	// Replacement says what to put in the place of a component of another product, by
	// whatever name that product gives it, or of a placeholder that an import has left for
	// one; "" if none has it.
	Replacement func(component string) (by string, placeholder bool)
	// Voice reports why the language cannot be spoken with the voice, nil if it can;
	// an empty voice is the language's own. near is a sentence that names another voice
	// which would speak in its place.
	Voice func(language, voice string) (near string, err error)
	// Render reports why texts cannot be rendered, of each by its index; nil where they
	// can, or where that takes too long.
	Render func(texts []Speech) []error
	// International returns a number in E.164, as far as the account and the numbers
	// beside it determine its country; "" if they do not.
	International func(number string, e164 []string) string
}
