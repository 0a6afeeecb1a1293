package flowfile

import (
	"fmt"
	"regexp"
	"slices"
	"time"
	"unicode/utf8"

	"ringflow/internal/strict"
)

// nameForms are the forms of names, by what they mean.
var nameForms = map[Meaning]struct {
	form       *regexp.Regexp
	noun, mend string
}{
	MeansVariable:     {variableName, "name of a variable", "write 1 to 64 lower-case letters, digits or _"},
	MeansExit:         {exitName, "name", "write 1 to 64 lower-case letters, digits or _, a letter first"},
	MeansStepVariable: {exitName, "name", "write 1 to 64 lower-case letters, digits or _, a letter first"},
	MeansKey:          {regexp.MustCompile(`^[0-9*#]$`), "key", "write one of 0 to 9, * or #"},
}

var exitName = regexp.MustCompile(`^[a-z][a-z0-9_]{0,63}$`)

// literal checks a text without variables against what its field means.
func (d *decoder) literal(line int, path string, f *Field, s string) {
	if what := f.beyond(utf8.RuneCountInString(s), "the number of characters"); what != "" {
		d.fail(line, path, what, "")
	}
	if f.Choices != nil && !slices.Contains(f.Choices, s) {
		d.fail(line, path, fmt.Sprintf("%q is not one of the choices", s), strict.DidYouMean(s, f.Choices))
	}
	if name, is := nameForms[f.Meaning]; is && !name.form.MatchString(s) {
		d.fail(line, path, fmt.Sprintf("%q is no %s", s, name.noun), name.mend)
	}
	if f.Meaning == MeansTimeZone {
		if _, err := time.LoadLocation(s); err != nil || s == "Local" {
			d.fail(line, path, fmt.Sprintf("%q is no time zone", s), "write a name of the tz database, such as Europe/Lisbon, or UTC")
		}
	}
}

// collect adds a name to what the step sets, exits by or puts out.
func (d *decoder) collect(line int, path string, f *Field, s string) {
	switch f.Meaning {
	case MeansVariable:
		d.out.Sets = append(d.out.Sets, s)
	case MeansExit:
		d.out.Exits = append(d.out.Exits, Exit(s))
	case MeansStepVariable:
		d.out.variables = append(d.out.variables, s)
	}
	d.out.texts = append(d.out.texts, textAt{path: path, line: line, text: Text{raw: s, parts: []textPart{{literal: s}}}, field: f})
}
