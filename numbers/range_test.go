package numbers_test

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/nyaruka/phonenumbers"

	"ringflow/numbers"
)

// The table says of a prefix one thing, in order, and has a line of every country code
// and of every country that the library knows.
func TestTheTableIsWhole(t *testing.T) {
	digits := func(s string) bool { return strings.Trim(s, "0123456789") == "" }
	codes, countries, notes := map[string]bool{}, map[string]string{}, map[string]string{}
	last := 0
	for _, r := range numbers.Ranges() {
		code, err := strconv.Atoi(r.Code)
		if err != nil || code < last || !phonenumbers.GetSupportedCallingCodes()[code] || !digits(r.Prefix) || r.Below > 0 && r.Above > 0 {
			t.Errorf("%+v: code %d after %d, prefix %q, %d, %d", r, code, last, r.Prefix, r.Below, r.Above)
		}
		last, codes[r.Code] = code, true
		what := "kind"
		switch {
		case r.Country != "":
			what, countries[r.Country] = "country", r.Code
			if phonenumbers.GetCountryCodeForRegion(r.Country) != code {
				t.Errorf("%+v is of %s, whose code is another", r, r.Country)
			}
		case r.MinDigits > 0:
			what = "minimum"
		}
		key := what + " " + r.Code + " " + r.Prefix
		if before, twice := notes[key]; twice {
			t.Errorf("%+v is said twice: %s", r, before)
		}
		notes[key] = fmt.Sprintf("%+v", r)
	}
	for code := range phonenumbers.GetSupportedCallingCodes() {
		if !codes[strconv.Itoa(code)] && code != 800 { // freephone throughout
			t.Errorf("+%d has no line", code)
		}
	}
	shared := []string{"BL", "MF", "EH"} // by GP and MA: nothing tells their numbers apart
	for region := range phonenumbers.GetSupportedRegions() {
		if countries[region] == "" && !slices.Contains(shared, region) {
			t.Errorf("%s has no line", region)
		}
	}
}
