package strict

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// yamlErrorLine finds the line in an error of the YAML reader.
var yamlErrorLine = regexp.MustCompile(`^(?:yaml: (?:line (\d+): )?)?`)

// The lines of a YAML file that explain an error.
var (
	yamlKeyValue  = regexp.MustCompile(`^ *(?:- +)*([^\s:#"'\[{-][^:#"'\[{]*): +[^\s#]`) // key: value
	yamlKeyAlone  = regexp.MustCompile(`^ *(?:- +)*([^\s:#"'\[{-][^:#"'\[{]*): *(?:#.*)?$`)
	yamlKeyJoined = regexp.MustCompile(`^ *(?:- +)*[A-Za-z0-9_-]+:[^\s/:]`) // key:value
	yamlBlock     = regexp.MustCompile(`[:-] +[|>][-+0-9]* *(?:#.*)?$`)     // a text of several lines begins
)

// SyntaxError is why a file is no YAML. It repeats no value of the file, which may be a
// secret.
type SyntaxError struct {
	Line int
	What string // what is wrong
	Fix  string // what would be right, "" if that is not known
}

// Error implements error.
func (e SyntaxError) Error() string {
	if e.Fix == "" {
		return e.What
	}
	return e.What + ": " + e.Fix
}

// syntaxFixes are what would be right, by a part of the YAML reader's error.
var syntaxFixes = []struct{ what, fix string }{
	{"cannot start any token", `put a text that begins with %, @ or ` + "`" + ` in quotes, such as "%{current_flow.name}"`},
	{"could not find expected ':'", "write key: value, with a blank after the colon"},
	{"expected ',' or ']'", "close the [ that is open here, and put texts that hold brackets or commas in quotes"},
	{"expected ',' or '}'", "close the { that is open here, and put texts that hold brackets or commas in quotes"},
	{"unexpected end of stream", "close the quote that is open here"},
	{"unknown escape character", `write \\ for \ between double quotes, or use single quotes`},
}

// ExplainSyntax turns an error of the YAML reader into the line that the author should
// look at, what is wrong with it and what would be right.
func ExplainSyntax(text []byte, err error) SyntaxError {
	m := yamlErrorLine.FindStringSubmatch(err.Error())
	what := err.Error()[len(m[0]):]
	named, _ := strconv.Atoi(m[1]) // 0 where the reader names no line
	line := max(named, 1)
	f := yamlFile(strings.Split(string(text), "\n"))
	if at := f.tabbed(line); at > 0 {
		return SyntaxError{at, "the line begins with a tab", "YAML indents with blanks: put blanks in its place"}
	}
	for _, known := range syntaxFixes {
		if strings.Contains(what, known.what) {
			return SyntaxError{min(line, len(f)), what, known.fix}
		}
	}
	anchor, unknown := strings.CutPrefix(what, "unknown anchor '")
	switch {
	case unknown:
		return SyntaxError{f.firstWith("*"+strings.TrimSuffix(anchor, "' referenced"), line), what, "put a text that begins with * in quotes"}
	case strings.Contains(what, "mapping values are not allowed") && line <= len(f):
		return f.colon(line)
	case strings.Contains(what, "expected '-' indicator"):
		if at := f.undashed(line); at > 0 {
			return SyntaxError{at, "a list has begun above, and the line begins with no dash", "begin it with a dash, or indent it as far as what it belongs to"}
		}
		return SyntaxError{line + 1, what, "begin each item of the list with a dash"}
	case strings.Contains(what, "did not find expected key"):
		if at := f.askew(); at > 0 {
			return SyntaxError{at, fmt.Sprintf("the line is indented by %d, as no line above it is to which it could belong", f.indent(at)),
				"let it begin where the lines do that it belongs with"}
		}
		return SyntaxError{line, what, "look here for a text after a closing quote or bracket, and for dashes among keys"}
	}
	return SyntaxError{Line: line, What: what}
}

// yamlFile is the lines of a file, which count from 1.
type yamlFile []string

// tabbed finds a tab among the blanks that a line begins with, 0 if there is none. The
// reader may name the line before.
func (f yamlFile) tabbed(line int) int {
	for at := line; at <= min(line+1, len(f)); at++ {
		if begin := f[at-1][:len(f[at-1])-len(strings.TrimLeft(f[at-1], " \t"))]; strings.Contains(begin, "\t") {
			return at
		}
	}
	return 0
}

// firstWith finds the first line that holds a text, else returns the line given: the
// reader names no line for an anchor.
func (f yamlFile) firstWith(text string, line int) int {
	if at := slices.IndexFunc(f, func(s string) bool { return strings.Contains(s, text) }); at >= 0 {
		return at + 1
	}
	return line
}

// colon explains a colon where none may be.
func (f yamlFile) colon(line int) SyntaxError {
	misplaced := SyntaxError{line, "a colon stands where none may be", "put a text that holds a colon and a blank in quotes"}
	above := line - 1
	for above > 0 && f.empty(above) {
		above--
	}
	if above == 0 {
		return misplaced
	}
	if yamlKeyJoined.MatchString(f[above-1]) {
		return SyntaxError{above, "a blank is missing after the colon", "write key: value"}
	}
	m := yamlKeyValue.FindStringSubmatch(f[above-1])
	if m == nil || f.indent(line) <= f.indent(above) {
		return misplaced
	}
	why := fmt.Sprintf("the line stands under %s of line %d, which has its value already", m[1], above)
	for list := above - 1; list > 0; list-- {
		if f.empty(list) || f.indent(list) >= f.indent(above) {
			continue
		}
		if key := yamlKeyAlone.FindStringSubmatch(f[list-1]); key != nil {
			return SyntaxError{line, why, fmt.Sprintf(`if %s is a list, begin its items with a dash, as in "- %s: …"; if not, let both lines begin below one another`, key[1], m[1])}
		}
		break
	}
	return SyntaxError{line, why, "let both lines begin below one another"}
}

// empty reports whether a line holds nothing but a comment.
func (f yamlFile) empty(line int) bool {
	text := strings.TrimSpace(f[line-1])
	return text == "" || text[0] == '#'
}

// indent counts the blanks that a line begins with.
func (f yamlFile) indent(line int) int {
	return len(f[line-1]) - len(strings.TrimLeft(f[line-1], " "))
}

// undashed finds the first line that begins where the dashes of the list do that
// begins after a line, and has none.
func (f yamlFile) undashed(after int) int {
	dashes := -1
	for at := after; at <= len(f); at++ {
		if at < 1 || f.empty(at) {
			continue
		}
		switch dashed := strings.HasPrefix(strings.TrimLeft(f[at-1], " "), "- "); {
		case dashes < 0 && dashed:
			dashes = f.indent(at)
		case !dashed && f.indent(at) == dashes:
			return at
		}
	}
	return 0
}

// askew finds the first line that is indented less than those above it, and not
// as far as any that it could go on with; 0 if there is none.
func (f yamlFile) askew() int {
	begins, open, block := []int{}, 0, -1
	for at := 1; at <= len(f); at++ {
		if f.empty(at) {
			continue
		}
		begin := f.indent(at)
		if block >= 0 && begin > block {
			continue // in a text of several lines
		}
		block = -1
		if yamlBlock.MatchString(f[at-1]) {
			block = begin
		}
		inside := open > 0
		open = max(0, open+strings.Count(f[at-1], "[")+strings.Count(f[at-1], "{")-strings.Count(f[at-1], "]")-strings.Count(f[at-1], "}"))
		if inside {
			continue
		}
		deepest := -1
		for len(begins) > 0 && begins[len(begins)-1] > begin {
			deepest = begins[len(begins)-1]
			begins = begins[:len(begins)-1]
		}
		if deepest >= 0 && (len(begins) == 0 || begins[len(begins)-1] != begin) {
			return at
		}
		begins = append(begins, begin)
		for rest := f[at-1][begin:]; strings.HasPrefix(rest, "- "); {
			inner := strings.TrimLeft(rest[1:], " ")
			begin += len(rest) - len(inner)
			begins, rest = append(begins, begin), inner
		}
	}
	return 0
}
