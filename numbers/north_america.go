package numbers

import (
	"fmt"
	"strings"
)

// northAmerica is the country code of a closed plan: an area code, an exchange and
// four digits, ten in all, the first two of three digits that begin with 2 to 9. A
// longer or shorter number is not of the plan, but a switch may connect its beginning,
// and 011 behind the country code dials abroad.
const northAmerica = "+1"

// isNorthAmerican says whether a number, or a prefix of numbers, is of that plan.
func isNorthAmerican(s string) bool { return strings.HasPrefix(s, northAmerica) }

// serviceNumbers are what numbers behind the area code begin with that are no
// subscribers', in any area but those of freephone numbers.
var serviceNumbers = []struct{ prefix, what string }{
	{"976", "is a premium-rate number: it has the exchange 976"},
	{"950", "reaches another carrier: it has the exchange 950"}, // it asks for the number to call
	{"5551212", "is directory assistance, at a charge for each call"},
}

// northAmericanFormHint is the hint for a number without that form.
const northAmericanFormHint = "is no number of the North American plan: write +1 and ten digits, an area code and an exchange that begin with 2 to 9, such as +12025550143"

// hasNorthAmericanForm says whether n, which begins with +1, has the form of the plan.
func hasNorthAmericanForm(n E164) bool {
	return len(n) == len("+12025550143") && n[2] >= '2' && n[5] >= '2'
}

// checkNorthAmerican refuses a number that begins with +1 and by its form may not be called.
func checkNorthAmerican(n E164, freephone bool) error {
	if !hasNorthAmericanForm(n) {
		return fmt.Errorf("%w: %s %s", ErrForbidden, n, northAmericanFormHint)
	}
	area, exchange := n[2:5], n[5:8]
	if isServiceCode(area) || isServiceCode(exchange) && (!freephone || exchange[0] == '9') {
		return fmt.Errorf("%w: %s has an area code or an exchange that ends with 11, such as 911: no telephone has, and a switch may take it for an emergency call", ErrForbidden, n)
	}
	for _, s := range serviceNumbers {
		if !freephone && strings.HasPrefix(string(n[5:]), s.prefix) {
			return fmt.Errorf("%w: %s %s", ErrForbidden, n, s.what)
		}
	}
	return nil
}

// isServiceCode reports whether three digits are a service code, 211 to 911, which is no
// area code and, but for freephone numbers such as 1 800 411 0100, no exchange.
func isServiceCode(code E164) bool { return code[1:] == "11" }
