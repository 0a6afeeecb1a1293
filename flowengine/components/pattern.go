package components

import (
	"errors"
	"fmt"
	"regexp"
	"regexp/syntax"
)

// Limits of a regular expression. RE2 needs time in proportion to the length of a
// value times that of the program, and a{1000}b{1000}… is short for a long one.
const (
	maxPattern = 1000 // bytes, once variables are replaced
	maxProgram = 5000 // instructions
)

// compilePattern compiles a regular expression that may be matched with any value.
// The error does not hold the pattern, in which values of variables may stand.
func compilePattern(pattern string) (*regexp.Regexp, error) {
	if len(pattern) > maxPattern {
		return nil, fmt.Errorf("the pattern has %d bytes, and %d are allowed", len(pattern), maxPattern)
	}
	parsed, err := syntax.Parse(pattern, syntax.Perl)
	var broken *syntax.Error
	if errors.As(err, &broken) {
		return nil, fmt.Errorf("the pattern is no regular expression: %s", broken.Code)
	} else if err != nil {
		return nil, errors.New("the pattern is no regular expression")
	}
	program, err := syntax.Compile(parsed.Simplify())
	if err != nil {
		return nil, errors.New("the pattern is no regular expression")
	}
	if len(program.Inst) > maxProgram {
		return nil, errors.New("the pattern repeats too much to be matched in time")
	}
	return regexp.Compile(pattern)
}
