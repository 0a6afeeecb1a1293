package numbers

import (
	_ "embed" // the table
	"fmt"
	"strconv"
	"strings"
)

//go:embed ranges.txt
var rangesText string

// Range is one prefix of a line of the table of ranges.
type Range struct {
	Code   string // the country code, such as 49
	Prefix string // of national numbers, such as 900; empty is every number of the code
	// Below and Above bound the numbers of the range by the digits after the country
	// code: fewer than Below, more than Above. 0 is no bound.
	Below, Above int
	Kind         Kind
	// Country, by ISO 3166-1 alpha-2, is set where the range assigns the numbers to a
	// country; its Kind is Ordinary then.
	Country string
	// MinDigits, if it is not 0, is the length of the shortest subscriber's number behind
	// the country code. The other fields are not set then.
	MinDigits int
}

// Ranges returns the table of ranges in the order of country codes.
func Ranges() (list []Range) {
	for line := range strings.Lines(rangesText) {
		if words := strings.Fields(line); len(words) > 0 && words[0] != "#" {
			list = append(list, parseLine(words[0], words[1], words[2:])...)
		}
	}
	return list
}

// parseLine reads one line of the table. Its tests find a line that has another form.
func parseLine(code, word string, prefixes []string) (list []Range) {
	r := Range{Code: code}
	switch word {
	case "country":
		r.Country, prefixes = prefixes[0], prefixes[1:]
	case "minimum":
		r.MinDigits, _ = strconv.Atoi(prefixes[0])
		prefixes = nil
	default:
		r.Kind = parseKind(word)
	}
	if len(prefixes) == 0 {
		return []Range{r}
	}
	for _, p := range prefixes {
		prefix, below, _ := strings.Cut(p, "<")
		prefix, above, _ := strings.Cut(prefix, ">")
		r.Prefix = strings.TrimPrefix(prefix, "-")
		r.Below, _ = strconv.Atoi(below) // 0 without a bound
		r.Above, _ = strconv.Atoi(above)
		list = append(list, r)
	}
	return list
}

func parseKind(word string) Kind {
	for k, kind := range kinds {
		if kind.name == word {
			return Kind(k)
		}
	}
	panic(fmt.Sprintf("numbers: ranges.txt has the kind %q, which there is not", word))
}
