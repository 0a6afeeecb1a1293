package numbers

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/nyaruka/phonenumbers"
)

// IsRegion reports whether a region can be the default region of Parse: an ISO
// 3166-1 alpha-2 code in capitals, such as US, whose numbering plan is known.
func IsRegion(region string) bool {
	return len(region) == 2 && phonenumbers.GetCountryCodeForRegion(region) != 0
}

// checkValue returns an error if a value of a Plan can match no number.
func checkValue(value string) error {
	countries := rangeTree().countries
	capitals := strings.ToUpper(value)
	switch {
	case isPrefix(value), countries[value] != "":
		return nil
	case countries[capitals] != "":
		return fmt.Errorf("%q is a country in small letters: write %s", value, capitals)
	case capitals == "UK":
		return fmt.Errorf("%q is no code of a country: write GB", value)
	case IsRegion(capitals):
		main := phonenumbers.GetRegionCodeForCountryCode(phonenumbers.GetCountryCodeForRegion(capitals))
		return fmt.Errorf("%q has no numbers that can be told from those of %s: write %s, or prefixes", value, main, main)
	}
	return fmt.Errorf("%q is neither a country, two capital letters such as US, nor a prefix of a number, + and 1 to %d digits that do not begin with 0, such as +4930", value, maxDigits)
}

func isPrefix(s string) bool {
	if len(s) < 2 || len(s) > 1+maxDigits || s[0] != '+' || s[1] == '0' {
		return false
	}
	return !strings.ContainsFunc(s[1:], func(r rune) bool { return r < '0' || r > '9' })
}

// Warning is a warning about a value that a Plan allows, "" if there is none: the prefix
// is shared by several countries, or matches no number that may be called.
func Warning(allowed string) string {
	if !isPrefix(allowed) {
		return ""
	}
	t := rangeTree()
	if shared := t.countriesUnder(allowed); len(shared) > 1 {
		codes := slices.Sorted(maps.Keys(shared))
		return fmt.Sprintf("%q opens %d countries, each with prices of its own: %s; write those that are meant", allowed, len(codes), strings.Join(codes, ", "))
	}
	at := t.lookup(allowed)
	switch {
	case at.kind.Forbidden():
		return fmt.Sprintf("%q opens nothing: it stands for %s, and what begins so is never called", allowed, kinds[at.kind].phrase)
	case isNorthAmerican(allowed) && len(allowed) > 2 && (allowed[2] < '2' || len(allowed) > 4 && isServiceCode(E164(allowed[2:5]))):
		return fmt.Sprintf("%q opens nothing: no area code begins so", allowed)
	case at.codeLen == 0 && len(t.countriesUnder(allowed)) == 0:
		return fmt.Sprintf("%q opens nothing: no country code begins so", allowed)
	}
	return ""
}
