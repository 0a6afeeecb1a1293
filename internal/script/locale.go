package script

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
)

// localesJSON is how numbers and dates are written, from Unicode CLDR 48: patterns
// and names that several locales share, and by locale what they use.
//
//go:embed locales.json
var localesJSON []byte

// locales is the file read.
type locales struct {
	Patterns []string
	Names    [][]string // of months, of days from Sunday on, or of the halves of a day
	Locales  map[string]*locale
}

type locale struct {
	// Number is the decimal sign, the sign between groups, minus, how many digits at
	// least stand before the first group ("1i" with groups of two as in India), and
	// what stands before and behind a percentage.
	Number [6]string `json:"n"`
	// Currencies are by code what stands before and behind an amount, and before and
	// behind one below zero, its decimal sign, the sign between groups, and the
	// number of its digits.
	Currencies map[string][7]any `json:"c"`
	// Dates, Times and Joints are patterns by the options that ask for them; a joint
	// holds a date and a time.
	Dates  map[string]int `json:"d"`
	Times  map[string]int `json:"t"`
	Joints map[string]int `json:"g"`
}

var localesOnce = sync.OnceValues(func() (*locales, error) {
	out := &locales{}
	return out, json.Unmarshal(localesJSON, out)
})

// defaultLocale is what a function that names none gets.
const defaultLocale = "en-US"

// mainLocales are those of a language alone, where its region is not its own name.
var mainLocales = map[string]string{"en": "en-US", "pt": "pt-BR", "sv": "sv-SE", "da": "da-DK", "nb": "nb-NO", "no": "nb-NO", "cs": "cs-CZ", "ja": "ja-JP"}

// findLocale returns the locale of a tag, in any spelling of case and with _ too.
func findLocale(tag string) (*locales, *locale, error) {
	all, err := localesOnce()
	if err != nil {
		return nil, nil, err
	}
	if tag == "" {
		tag = defaultLocale
	}
	language, region, _ := strings.Cut(strings.ReplaceAll(tag, "_", "-"), "-")
	language = strings.ToLower(language)
	name := language + "-" + strings.ToUpper(region)
	if region == "" {
		if name = mainLocales[language]; name == "" {
			name = language + "-" + strings.ToUpper(language)
		}
	}
	if l := all.Locales[name]; l != nil {
		return all, l, nil
	}
	near := slices.DeleteFunc(slices.Sorted(maps.Keys(all.Locales)), func(s string) bool { return !strings.HasPrefix(s, language+"-") })
	if len(near) == 0 {
		near = slices.Sorted(maps.Keys(all.Locales))
	}
	return nil, nil, fmt.Errorf("locale %q is not known here: there are %s", tag, strings.Join(near, ", "))
}
