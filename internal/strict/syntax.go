package strict

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// yamlErrorLine finds the line in an error of the YAML reader.
var yamlErrorLine = regexp.MustCompile(`^yaml: (?:line (\d+): )?`)

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

// ExplainSyntax turns an error of the YAML reader into the line that the author should
// look at, what is wrong with it and what would be right.
func ExplainSyntax(text []byte, err error) SyntaxError {
	what := err.Error()
	m := yamlErrorLine.FindStringSubmatch(what)
	what = strings.TrimPrefix(what, strings.Join(m[:min(1, len(m))], ""))
	line := 1
	if len(m) > 1 && m[1] != "" {
		line, _ = strconv.Atoi(m[1])
	}
	f := yamlFile(strings.Split(string(text), "\n"))
	e := SyntaxError{max(line, 1), what, ""}
	for _, explain := range []func(string, int) (int, string, string){f.tab, f.token, f.anchor, f.value, f.key, f.closed} {
		at, reason, fix := explain(what, line)
		if fix == "" {
			continue
		}
		e.Line, e.Fix = at, fix
		if reason != "" {
			e.What = reason
		}
		break
	}
	return e
}

// yamlFile is the lines of a file. Its methods explain an error of the YAML
// reader each: they return the line that the author should look at, what is wrong
// with it, if that can be said better, and what would be right, "" if the error
// is none of theirs. Lines count from 1.
type yamlFile []string

// tab finds a tab among the blanks that a line begins with. The reader may name
// the line before.
func (f yamlFile) tab(_ string, line int) (int, string, string) {
	for at := line; at <= min(line+1, len(f)); at++ {
		if begin := f[at-1][:len(f[at-1])-len(strings.TrimLeft(f[at-1], " \t"))]; strings.Contains(begin, "\t") {
			return at, "the line begins with a tab", "YAML indents with blanks: put blanks in its place"
		}
	}
	return 0, "", ""
}

func (f yamlFile) token(what string, line int) (int, string, string) {
	if !strings.Contains(what, "cannot start any token") {
		return 0, "", ""
	}
	return line, "", `put a text that begins with %, @ or ` + "`" + ` in quotes, such as "%{current_flow.name}"`
}

// anchor explains a name behind a *, of which the reader tells no line.
func (f yamlFile) anchor(what string, line int) (int, string, string) {
	name, found := strings.CutPrefix(what, "unknown anchor '")
	if !found {
		return 0, "", ""
	}
	name = strings.TrimSuffix(name, "' referenced")
	for at := len(f); at > 0; at-- {
		if strings.Contains(f[at-1], "*"+name) {
			line = at
		}
	}
	return line, "", "put a text that begins with * in quotes"
}

// value explains a colon where none may be.
func (f yamlFile) value(what string, line int) (int, string, string) {
	if !strings.Contains(what, "mapping values are not allowed") || line > len(f) {
		return 0, "", ""
	}
	above := line - 1
	for above > 0 && f.empty(above) {
		above--
	}
	if above > 0 && yamlKeyJoined.MatchString(f[above-1]) {
		return above, "a blank is missing after the colon", "write key: value"
	}
	m := yamlKeyValue.FindStringSubmatch(f.at(above))
	if m == nil || f.indent(line) <= f.indent(above) {
		return line, "a colon stands where none may be", "put a text that holds a colon and a blank in quotes"
	}
	why := fmt.Sprintf("the line stands under %s of line %d, which has its value already", m[1], above)
	for list := above - 1; list > 0; list-- {
		if f.empty(list) || f.indent(list) >= f.indent(above) {
			continue
		}
		if key := yamlKeyAlone.FindStringSubmatch(f[list-1]); key != nil {
			return line, why, fmt.Sprintf(`if %s is a list, begin its items with a dash, as in "- %s: …"; if not, let both lines begin below one another`, key[1], m[1])
		}
		break
	}
	return line, why, "let both lines begin below one another"
}

// key explains a line that is no part of what it stands in.
func (f yamlFile) key(what string, line int) (int, string, string) {
	switch {
	case strings.Contains(what, "could not find expected ':'"):
		return line, "", "write key: value, with a blank after the colon"
	case strings.Contains(what, "expected '-' indicator"):
		if at := f.undashed(line); at > 0 {
			return at, "a list has begun above, and the line begins with no dash", "begin it with a dash, or indent it as far as what it belongs to"
		}
		return line + 1, "", "begin each item of the list with a dash"
	case strings.Contains(what, "did not find expected key"):
		if at := f.askew(); at > 0 {
			return at, fmt.Sprintf("the line is indented by %d, as no line above it is to which it could belong", f.indent(at)),
				"let it begin where the lines do that it belongs with"
		}
		return line, "", "look here for a text after a closing quote or bracket, and for dashes among keys"
	}
	return 0, "", ""
}

// closed explains what has no end.
func (f yamlFile) closed(what string, line int) (int, string, string) {
	switch {
	case strings.Contains(what, "expected ',' or ']'"):
		return line, "", "close the [ that is open here, and put texts that hold brackets or commas in quotes"
	case strings.Contains(what, "expected ',' or '}'"):
		return line, "", "close the { that is open here, and put texts that hold brackets or commas in quotes"
	case strings.Contains(what, "unexpected end of stream"):
		return min(line, len(f)), "", "close the quote that is open here"
	case strings.Contains(what, "unknown escape character"):
		return line, "", `write \\ for \ between double quotes, or use single quotes`
	}
	return 0, "", ""
}

// at returns a line, "" if there is none.
func (f yamlFile) at(line int) string {
	if line < 1 || line > len(f) {
		return ""
	}
	return f[line-1]
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
