package flowfile

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
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

// Literals returns what stands around the variables of the text: one more text than
// there are variables.
func (t Text) Literals() []string {
	out := []string{""}
	for _, p := range t.parts {
		if p.variable != "" {
			out = append(out, "")
		} else {
			out[len(out)-1] = p.literal
		}
	}
	return out
}

// Expand replaces the variables in one pass: what a value brings along is never replaced
// again. A variable that is null gives the empty text. Each value is escaped before it is
// put in, unless escape is nil. work is called with the units that are about to be done,
// and may refuse; nil allows a text MaxStepWork.
func (t Text) Expand(values map[string]string, escape func(string) string, work func(units int) error) (string, error) {
	if s, ok := t.Literal(); ok {
		return s, nil
	}
	if name, alone := t.Reference(); alone && escape == nil && len(values[name]) <= MaxText {
		return values[name], nil
	}
	if work == nil {
		done := 0
		work = func(units int) error {
			if done += units; done > MaxStepWork {
				return ErrStepWork
			}
			return nil
		}
	}
	var b strings.Builder
	for _, p := range t.parts {
		v, filters := p.literal, p.filters
		if p.variable != "" {
			v = values[p.variable]
			if escape != nil {
				filters = append(slices.Clip(filters), escape)
			}
		}
		for _, f := range filters {
			if err := work(filterWork * len(v)); err != nil {
				return "", fmt.Errorf("replace the variables of %q: %s holds %d bytes: %w", Excerpt(t.raw), p.variable, len(v), err)
			}
			if v = f(v); len(v) > MaxText { // some make a text longer each time
				break
			}
		}
		if b.WriteString(v); b.Len() > MaxText {
			return "", fmt.Errorf("replace the variables of %q: the text grows beyond %d bytes", Excerpt(t.raw), MaxText)
		}
	}
	return b.String(), nil
}

// Excerpt is the beginning of a text, for a message.
func Excerpt(s string) string {
	if r := []rune(s); len(r) > 40 {
		return string(r[:40]) + "…"
	}
	return s
}

var (
	// closed is what follows %{ up to the } that closes it, over quoted texts.
	closed = regexp.MustCompile(`(?s)^((?:[^"}]|"(?:[^"\\]|\\.)*")*)\}`)
	// reference is the inside of %{…}: a variable and its filters.
	reference   = regexp.MustCompile(`^\s*current_flow\.([a-z0-9_]{1,64})\s*((?:\|[^|"]+(?:"(?:[^"\\]|\\.)*")?\s*)*)$`)
	filterWord  = regexp.MustCompile(`^\|\s*([a-z]+)\s*(?::\s*("(?:[^"\\]|\\.)*"))?\s*`)
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
		m := closed.FindStringSubmatch(after)
		if m == nil {
			return Text{}, errors.New("%{ is never closed; write %{current_flow.name}, or %%{ for the characters themselves")
		}
		part, err := parseReference(m[1])
		if err != nil {
			return Text{}, err
		}
		flush()
		t.parts, rest = append(t.parts, part), after[len(m[0]):]
	}
}

func parseReference(inside string) (textPart, error) {
	m := reference.FindStringSubmatch(inside)
	if m == nil {
		return textPart{}, fmt.Errorf("%%{%s} is no variable; write %%{current_flow.name}, the name in lower-case letters, digits and _", inside)
	}
	part := textPart{variable: m[1]}
	for rest := m[2]; rest != ""; {
		word := filterWord.FindStringSubmatch(rest)
		if word == nil {
			return textPart{}, fmt.Errorf("%q is no filter; write | upper, | lower, | digits, | spell or | default:\"…\"", strings.TrimSpace(rest))
		}
		f, err := filter(word[1], word[2])
		if err != nil {
			return textPart{}, err
		}
		part.filters, rest = append(part.filters, f), rest[len(word[0]):]
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
