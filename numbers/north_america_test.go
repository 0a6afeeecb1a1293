package numbers_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/nyaruka/phonenumbers"

	"ringflow/numbers"
)

// The North American plan is closed: a number of any other form is none, and a switch
// connects what it begins with.
func TestNorthAmericaIsAClosedPlan(t *testing.T) {
	for _, c := range []struct{ number, reason string }{
		{"+12025550143", ""}, {"+19195550100", ""}, {"+15552001234", ""}, {"+12129110143", "ends with 11"},
		{"+1900234567", "premium"}, {"+19002345678", "premium"}, {"+190023456789", "premium"}, {"+190023456789012", "premium"}, {"+1900234", "premium"},
		{"+1911000", "North American plan"}, {"+19112345678", "ends with 11"}, {"+1911000000000", "North American plan"}, {"+14115550100", "ends with 11"},
		{"+18029110100", "ends with 11"}, {"+18112345678", "ends with 11"}, {"+12024111234", "ends with 11"},
		{"+18004110100", ""}, {"+18009110100", "ends with 11"}, {"+18009762345", ""},
		{"+101144207946000", "North American plan"}, {"+101144207946", "North American plan"}, {"+10112345678", "North American plan"},
		{"+1012345678", "North American plan"}, {"+10234567890", "North American plan"}, {"+1102345678", "North American plan"}, {"+11023456789", "North American plan"},
		{"+12021110143", "North American plan"}, {"+12020550143", "North American plan"}, {"+15550001234", "North American plan"},
		{"+1202555014", "North American plan"}, {"+120255501430", "North American plan"}, {"+1202555", "North American plan"}, {"+120255501431900", "North American plan"},
		{"+12129761234", "976"}, {"+12469761234", "976"}, {"+12129501234", "950"}, {"+12125551212", "directory"}, {"+18005551212", ""},
		{"+15002345678", "personal"}, {"+15222345678", "personal"}, {"+17002345678", "services"}, {"+17102345678", "services"}, {"+16222345678", "personal"},
		{"+18802345678", "services"}, {"+14562345678", "services"}, {"+12684061234", "pager"},
	} {
		err := (numbers.Plan{Allow: []string{"+1", "+1911", "+1900", "+11"}}).Permits(numbers.E164(c.number))
		switch {
		case c.reason == "" && err != nil:
			t.Errorf("%s: %v", c.number, err)
		case c.reason != "" && (!errors.Is(err, numbers.ErrForbidden) || !strings.Contains(err.Error(), c.reason)):
			t.Errorf("%s: %v, want %q", c.number, err, c.reason)
		}
	}
}

// Every area code and exchange comes out as the library has it: whose it is, and what
// it costs. What the library knows of no exchange is 976, 950, and that N11 is none.
func TestEveryAreaCodeIsJudgedAsTheLibraryJudges(t *testing.T) {
	everywhere := numbers.Plan{Allow: []string{"+1"}}
	for area := range 1000 {
		for _, exchange := range []int{99, 111, 234, 411, 911, 950, 976} {
			n := numbers.E164(fmt.Sprintf("+1%03d%03d5678", area, exchange))
			parsed, err := phonenumbers.Parse(string(n), "")
			if err != nil {
				t.Fatal(err)
			}
			kind := phonenumbers.GetNumberType(parsed)
			special := slices.Contains([]int{456, 600, 700, 710, 880, 881, 882, 883, 884, 885, 886, 887, 889}, area)
			freephone := kind == phonenumbers.TOLL_FREE && area >= 800
			personal := kind == phonenumbers.PERSONAL_NUMBER || slices.Contains([]int{523, 524, 622, 633, 644, 655, 677, 688}, area) || area == 500 || area == 700
			refused := area < 200 || exchange < 200 || area%100 == 11 || kind == phonenumbers.PREMIUM_RATE || special || personal ||
				exchange%100 == 11 && (!freephone || exchange == 911) || (exchange == 976 || exchange == 950) && !freephone
			if err := everywhere.Permits(n); (err != nil) != refused {
				t.Errorf("%s: %v, refused %v", n, err, refused)
			}
			if refused {
				continue
			}
			region := phonenumbers.GetRegionCodeForNumber(parsed)
			for _, country := range []string{"US", "CA", "JM", "DO", "PR", "BB"} {
				mine := country == region || freephone && (country == "US" || country == "CA")
				if err := (numbers.Plan{Allow: []string{country}}).Permits(n); (err == nil) != mine && (region != "" || err == nil) && exchange == 234 {
					t.Errorf("%s: %s is allowed, the number is of %q: %v", n, country, region, err)
				}
			}
		}
	}
}
