package numbers

import (
	"errors"
	"fmt"
	"strings"

	"github.com/nyaruka/phonenumbers"
)

// ErrForbidden is wrapped by every error of Plan.Permits.
var ErrForbidden = errors.New("destination not allowed")

// Plan says which destinations an account may call, by prefix in international
// form: "+1", "+4930". The longest prefix that matches decides; where the same
// prefix stands in both lists, it is denied. What no prefix matches is denied,
// so an empty Plan permits nothing.
//
// Emergency and premium-rate numbers are refused whatever the lists say: the
// first because nobody must reach an emergency call centre by a machine, the
// second because they are how stolen credentials are turned into money.
//
// A Plan is read only once it is used, and safe for concurrent use then.
type Plan struct{ Allow, Deny []string }

// Check says whether every prefix of the plan can match a number.
func (p Plan) Check() error {
	for _, list := range []struct {
		name     string
		prefixes []string
	}{{"allow", p.Allow}, {"deny", p.Deny}} {
		for _, prefix := range list.prefixes {
			if !isPrefix(prefix) {
				return fmt.Errorf("%s: %q is not a prefix of a number: write + and 1 to %d digits that do not begin with 0, such as +1", list.name, prefix, maxDigits)
			}
		}
	}
	return nil
}

func isPrefix(s string) bool {
	if len(s) < 2 || len(s) > 1+maxDigits || s[0] != '+' || s[1] == '0' {
		return false
	}
	return strings.Trim(s[1:], "0123456789") == ""
}

// Permits returns nil if n may be called. Every error wraps ErrForbidden and
// gives the reason.
func (p Plan) Permits(n E164) error {
	allow, deny := longest(p.Allow, n), longest(p.Deny, n)
	switch {
	case allow == "" && deny == "":
		return fmt.Errorf("%w: no allowed prefix matches %s", ErrForbidden, n)
	case len(deny) >= len(allow):
		return fmt.Errorf("%w: %s is denied by the prefix %s", ErrForbidden, n, deny)
	}
	return safe(n)
}

// longest returns the longest of prefixes that n begins with, or "".
func longest(prefixes []string, n E164) string {
	best := ""
	for _, p := range prefixes {
		if len(p) > len(best) && strings.HasPrefix(string(n), p) {
			best = p
		}
	}
	return best
}

// longestEmergency is the number of digits of the longest emergency number of
// any plan, without the country code; +1 alone has 25 plans to ask otherwise.
const longestEmergency = 6

// safe refuses what must never be called. A number that the library cannot
// read belongs to no known plan and therefore to no known premium range.
func safe(n E164) error {
	if isNorthAmerican(n) {
		if service(n[2:5]) || service(n[5:8]) && n[2] != '8' {
			return fmt.Errorf("%w: %s has an area code or an exchange that ends with 11, such as 911: no telephone has, and a switch may take it for an emergency call", ErrForbidden, n)
		}
		if n[2:5] != premiumArea && n[5:8] != premiumExchange {
			return nil
		}
	}
	parsed, err := phonenumbers.Parse(string(n), "")
	if err != nil {
		return nil //nolint:nilerr // unknown to the metadata, which is no judge of validity
	}
	if phonenumbers.GetNumberType(parsed) == phonenumbers.PREMIUM_RATE {
		return fmt.Errorf("%w: %s is a premium-rate number", ErrForbidden, n)
	}
	national := phonenumbers.GetNationalSignificantNumber(parsed)
	if len(national) > longestEmergency {
		return nil
	}
	for _, region := range phonenumbers.GetRegionCodesForCountryCode(int(parsed.GetCountryCode())) {
		if phonenumbers.IsEmergencyNumber(national, region) {
			return fmt.Errorf("%w: %s is an emergency number in %s", ErrForbidden, n, region)
		}
	}
	return nil
}

// Premium-rate numbers of the North American plan stand in this area or, in some
// of its countries, have this exchange.
const (
	premiumArea     = "900"
	premiumExchange = "976"
)

// service reports whether three digits are a service code of the North American
// plan, 211 to 911, which are no area and, but for freephone numbers such as
// 1 800 411 0100, no exchange. Areas with 8 in front are left to their carriers.
func service(code E164) bool { return code[0] >= '2' && code[1:] == "11" }

// isNorthAmerican says whether n is a whole number of the North American plan: an
// area code that begins with 2 to 9, and seven digits. There are more of them than
// of all others, and to ask the library of one costs as much as to call it.
func isNorthAmerican(n E164) bool {
	return len(n) == len("+12025550143") && n[:2] == "+1" && n[2] >= '2'
}
