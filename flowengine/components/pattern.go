package components

import (
	"errors"
	"fmt"
	"regexp"
	"regexp/syntax"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Limits of a regular expression. RE2 needs time in proportion to the length of a
// value times that of the program, a{1000}b{1000}… is short for a long one, and
// some short ones take long to read.
const (
	maxPattern = 1000    // bytes, once variables are replaced
	maxProgram = 5000    // instructions
	maxReading = 300_000 // work to read it, see reading
)

// pattern is a compiled regular expression.
type pattern struct {
	*regexp.Regexp
	states int // instructions, each of which may look at each byte of a value
	work   int // that it was to compile it, in the units of StepContext.AddWork
}

// compilePattern compiles a regular expression that may be matched with any value.
// The error does not hold the expression, in which values of variables may stand.
// What it costs is less than a millisecond, but for expressions made for the
// purpose, and then some.
func compilePattern(expression string, ignoreCase bool) (pattern, error) {
	if len(expression) > maxPattern {
		return pattern{}, fmt.Errorf("the pattern has %d bytes, and %d are allowed", len(expression), maxPattern)
	}
	if ignoreCase {
		expression = "(?i)" + expression
	}
	work := reading(expression)
	if work > maxReading {
		return pattern{}, errors.New("the pattern has too many classes of characters, or too large ones that ignore case, to be read in time")
	}
	parsed, err := syntax.Parse(expression, syntax.Perl)
	if broken, is := errors.AsType[*syntax.Error](err); is {
		return pattern{}, fmt.Errorf("%w: %s", errNoPattern, broken.Code)
	} else if err != nil {
		return pattern{}, errNoPattern
	}
	if instructions(parsed) > 2*maxProgram { // those of a program are not many more or less
		return pattern{}, errRepeats
	}
	program, err := syntax.Compile(parsed.Simplify())
	if err != nil {
		return pattern{}, errNoPattern
	}
	if len(program.Inst) > maxProgram {
		return pattern{}, errRepeats
	}
	compiled, err := regexp.Compile(expression)
	return pattern{compiled, len(program.Inst), work + 60*len(program.Inst)}, err
}

var (
	errNoPattern = errors.New("the pattern is no regular expression")
	errRepeats   = errors.New("the pattern repeats too much to be matched in time")
)

// reading estimates the work of parsing an expression twice. A class of Unicode
// such as \pL has hundreds of ranges, and in a range that ignores case each
// character is looked at.
func reading(expression string) int {
	work := 100*len(expression) + 4000*(strings.Count(expression, `\p`)+strings.Count(expression, `\P`))
	if !strings.Contains(expression, "(?") {
		return work
	}
	for at := 0; ; {
		dash := strings.IndexByte(expression[at:], '-')
		if dash < 0 {
			return work
		}
		at += dash
		work += 8 * max(0, first(expression[at+1:])-last(expression[:at]))
		at++
	}
}

// first returns the number of the character that stands first, as it is or as
// \x{10FFFF}.
func first(s string) int {
	if hex, escaped := strings.CutPrefix(s, `\x{`); escaped {
		hex, _, _ = strings.Cut(hex, "}")
		n, err := strconv.ParseUint(hex, 16, 32)
		if err != nil {
			return 0 // no expression
		}
		return int(min(n, utf8.MaxRune))
	}
	r, _ := utf8.DecodeRuneInString(s)
	return int(r)
}

// last returns the number of the character that stands last, or a lesser one.
func last(s string) int {
	if strings.HasSuffix(s, "}") {
		return first(s[max(0, strings.LastIndexByte(s, '\\')):])
	}
	r, _ := utf8.DecodeLastRuneInString(s)
	return int(r)
}

// instructions estimates the length of the program of an expression.
func instructions(e *syntax.Regexp) int {
	n := 1
	switch e.Op {
	case syntax.OpLiteral:
		return len(e.Rune)
	case syntax.OpRepeat:
		return max(e.Min, e.Max, 1) * instructions(e.Sub[0])
	}
	for _, sub := range e.Sub {
		n += instructions(sub)
	}
	return n
}
