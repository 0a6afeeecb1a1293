package flowfile

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// Text is a text of a flow file in which variables may stand, such as
// "Hello %{current_flow.name}". StepContext.Text replaces them. It is immutable; the
// zero value is the empty text.
//
// A variable may pass through filters: upper, lower, digits (keeps 0–9),
// spell (puts spaces between the characters, for speech) and default:"…" (for a
// variable that is null or empty). %%{ stands for %{ itself.
type Text struct {
	raw   string
	parts []textPart
}

// textPart is a literal, or a variable and what is done to its value.
type textPart struct {
	literal  string
	variable string
	filters  []func(string) string
}

// MaxText is the longest text that the replacing of variables may give, in
// bytes, and so the most that a step puts out.
const MaxText = 64 << 10

// IsSet reports whether the field was given at all.
func (t Text) IsSet() bool { return t.raw != "" }

// String returns the text as the file has it.
func (t Text) String() string { return t.raw }

// Reference returns the name of the variable if the text is one variable,
// without filters, and nothing else.
func (t Text) Reference() (variable string, is bool) {
	if len(t.parts) == 1 && t.parts[0].variable != "" && len(t.parts[0].filters) == 0 {
		return t.parts[0].variable, true
	}
	return "", false
}

// Literal returns the text if no variable stands in it.
func (t Text) Literal() (string, bool) {
	switch {
	case len(t.parts) == 0:
		return "", true
	case len(t.parts) == 1 && t.parts[0].variable == "":
		return t.parts[0].literal, true
	}
	return "", false
}

// Variables returns the names of the variables in the text, in their order.
func (t Text) Variables() []string {
	var names []string
	for _, p := range t.parts {
		if p.variable != "" {
			names = append(names, p.variable)
		}
	}
	return names
}

// resolve replaces the variables in one pass: what a value brings along is never
// replaced again. A variable that is null gives the empty text.
func (t Text) resolve(values map[string]string) (string, error) {
	return t.resolveEscaped(values, nil)
}

// resolveEscaped is resolve with each value escaped before it is put in, unless escape
// is nil.
func (t Text) resolveEscaped(values map[string]string, escape func(string) string) (string, error) {
	done := 0
	return t.Expand(values, escape, func(units int) error {
		if done += units; done > MaxStepWork {
			return ErrStepWork
		}
		return nil
	})
}

// Expand is resolve with each value escaped before it is put in, unless escape is
// nil. work is called with the units that are about to be done, and may refuse.
func (t Text) Expand(values map[string]string, escape func(string) string, work func(units int) error) (string, error) {
	if s, ok := t.Literal(); ok {
		return s, nil
	}
	if name, alone := t.Reference(); alone && escape == nil && len(values[name]) <= MaxText {
		return values[name], nil
	}
	var b strings.Builder
	for _, p := range t.parts {
		if p.variable == "" {
			b.WriteString(p.literal)
		} else {
			v := values[p.variable]
			for _, f := range p.filters {
				if err := work(filterWork * len(v)); err != nil {
					return "", t.tooMuch(p.variable, len(v), err)
				}
				if v = f(v); len(v) > MaxText { // some make a text longer each time
					return "", t.tooLong()
				}
			}
			if escape != nil {
				if err := work(filterWork * len(v)); err != nil {
					return "", t.tooMuch(p.variable, len(v), err)
				}
				v = escape(v)
			}
			b.WriteString(v)
		}
		if b.Len() > MaxText {
			return "", t.tooLong()
		}
	}
	return b.String(), nil
}

func (t Text) tooLong() error {
	return fmt.Errorf("replace the variables of %q: the text grows beyond %d bytes", Excerpt(t.raw), MaxText)
}

func (t Text) tooMuch(variable string, bytes int, err error) error {
	return fmt.Errorf("replace the variables of %q: %s holds %d bytes: %w", Excerpt(t.raw), variable, bytes, err)
}

func Excerpt(s string) string {
	if r := []rune(s); len(r) > 40 {
		return string(r[:40]) + "…"
	}
	return s
}

// reference is the inside of %{…}: a variable and its filters.
var (
	reference   = regexp.MustCompile(`^\s*current_flow\.([a-z0-9_]{1,64})\s*((?:\|[^|"]+(?:"(?:[^"\\]|\\.)*")?\s*)*)$`)
	filterWord  = regexp.MustCompile(`\|\s*([a-z]+)\s*(?::\s*("(?:[^"\\]|\\.)*"))?\s*`)
	textFilters = map[string]func(string) string{
		"upper":  strings.ToUpper,
		"lower":  strings.ToLower,
		"digits": digitsOf,
		"spell":  func(s string) string { return strings.Join(strings.Split(strings.TrimSpace(s), ""), " ") },
	}
)

func digitsOf(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' {
			return r
		}
		return -1
	}, s)
}

// parseText reads a text with its variables.
func parseText(s string) (Text, error) {
	t := Text{raw: s}
	var literal strings.Builder
	flush := func() {
		if literal.Len() > 0 {
			t.parts = append(t.parts, textPart{literal: literal.String()})
			literal.Reset()
		}
	}
	for rest := s; ; {
		before, after, found := strings.Cut(rest, "%{")
		if !found {
			literal.WriteString(rest)
			flush()
			return t, nil
		}
		if strings.HasSuffix(before, "%") {
			literal.WriteString(before + "{")
			rest = after
			continue
		}
		literal.WriteString(before)
		inside, rem, closed := cutReference(after)
		if !closed {
			return Text{}, errors.New("%{ is never closed; write %{current_flow.name}, or %%{ for the characters themselves")
		}
		part, err := parseReference(inside)
		if err != nil {
			return Text{}, err
		}
		flush()
		t.parts, rest = append(t.parts, part), rem
	}
}

// cutReference cuts at the } that closes a reference, over quoted texts.
func cutReference(s string) (inside, rest string, closed bool) {
	quoted := false
	for i := 0; i < len(s); i++ {
		switch {
		case quoted && s[i] == '\\':
			i++
		case s[i] == '"':
			quoted = !quoted
		case !quoted && s[i] == '}':
			return s[:i], s[i+1:], true
		}
	}
	return "", "", false
}

func parseReference(inside string) (textPart, error) {
	m := reference.FindStringSubmatch(inside)
	if m == nil {
		return textPart{}, fmt.Errorf("%%{%s} is no variable; write %%{current_flow.name}, the name in lower-case letters, digits and _", inside)
	}
	part := textPart{variable: m[1]}
	rest := m[2]
	for rest != "" {
		at := filterWord.FindStringSubmatchIndex(rest)
		if at == nil || at[0] != 0 {
			return textPart{}, fmt.Errorf("%q is no filter; write | upper, | lower, | digits, | spell or | default:\"…\"", strings.TrimSpace(rest))
		}
		word, argument := rest[at[2]:at[3]], ""
		if at[4] >= 0 {
			argument = rest[at[4]:at[5]]
		}
		rest = rest[at[1]:]
		f, err := filter(word, argument)
		if err != nil {
			return textPart{}, err
		}
		part.filters = append(part.filters, f)
	}
	return part, nil
}

func filter(word, argument string) (func(string) string, error) {
	if f, ok := textFilters[word]; ok && argument == "" {
		return f, nil
	}
	if word != "default" || argument == "" {
		return nil, fmt.Errorf("filter %s%s is not known; there are upper, lower, digits, spell and default:\"…\"", word, argument)
	}
	fallback, err := strconv.Unquote(argument)
	if err != nil {
		return nil, fmt.Errorf("default:%s cannot be read; write default:\"a text\"", argument)
	}
	return func(s string) string {
		if s == "" {
			return fallback
		}
		return s
	}, nil
}

// MaxStepWork is what a step may cost the processor: some tens of milliseconds. A
// unit is what a state of a regular expression costs for a byte, 5 to 10 ns on a
// machine of 2023.
const MaxStepWork = 5_000_000

// ErrStepWork: a step would cost more than MaxStepWork.
var ErrStepWork = errors.New("the step would take too much work for its processor")

// filterWork is what a filter or an escape costs for a byte of the value.
const filterWork = 4
