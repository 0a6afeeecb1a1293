package flowfile

import (
	"fmt"

	"go.yaml.in/yaml/v3"
)

// DecodedStep is the fields of one step: its configuration, decoded once and then shared,
// and what checks need of it.
type DecodedStep struct {
	// Config is a pointer to the decoded configuration.
	Config any

	problems     []Problem // with line, field, what and mend; warnings only if there are no errors
	texts        []textAt
	AudioSources []*AudioSource
	speeches     []speechAt
	Exits        []Exit   // those of the items of a list
	variables    []string // step variables, those of the items of a list
	Sets         []string // flow variables that the step sets by itself
}

// Decode reads the fields of the step. The error is the first of its Problems.
func (s *Step) Decode(c Component) (*DecodedStep, error) {
	d := c.bind(s.with)
	for _, p := range Failing(d.problems) {
		return nil, fmt.Errorf("step %s: %w", s.ID, p)
	}
	return d, nil
}

// TelephoneVariables returns the variables that stand where the step wants a telephone
// number.
func (d *DecodedStep) TelephoneVariables() []string {
	var names []string
	for _, u := range d.texts {
		if u.field.Meaning == MeansNumber || u.field.Meaning == MeansOwnNumber {
			names = append(names, u.text.Variables()...)
		}
	}
	return names
}

// textAt is a text in a step, with its field.
type textAt struct {
	path  string // such as with.say.text
	line  int
	text  Text
	field *Field
}

// speechAt is a text to speak in a step, with its node.
type speechAt struct {
	say  *SpeechSource
	path string // such as prompt.say
	node *yaml.Node
}

// Checker is implemented by a configuration whose fields depend on one another.
// Check is called once after decoding, also if that found problems: a field that
// could not be read has its zero value then, or the text that is wrong, and what is
// reported of it is dropped. It reports what is wrong, and may compute and store what
// every run needs.
type Checker interface {
	Check(report func(field, what, mend string))
}

// Warner is implemented by a configuration that may be valid and yet not do all that its
// author expects. It is called after Checker, if there are no problems.
type Warner interface {
	Warn(report func(field, what, mend string))
}

// AccountChecker is implemented by a configuration whose fields depend on what
// the account has. It is called by Check, after Checker.
type AccountChecker interface {
	CheckAccount(env Environment, report func(field, what, mend string))
}
