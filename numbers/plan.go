package numbers

import (
	"errors"
	"fmt"
	"strings"
)

// ErrForbidden is wrapped by every error of Plan.Permits.
var ErrForbidden = errors.New("destination not allowed")

// Plan says which destinations an account may call. A value of either list is a
// country by ISO 3166-1 alpha-2 in capitals, such as US, or a prefix in international
// form, such as +4930. The longest prefix that matches decides, a country's being the
// digits that say which country a number belongs to: the country code, or with it the
// area code where countries share one, as in North America. Where the same prefix
// stands in both lists, it is denied. What nothing matches is denied, so an empty Plan
// permits nothing. Freephone numbers of North America are of the United States and of
// Canada, and only a prefix denies them.
//
// Refused whatever the lists say is what begins as an emergency number, a short code or
// a premium-rate number does, however long it is; see Kind for these and for what only
// a prefix of its own opens.
//
// A Plan is read only once it is used, and safe for concurrent use then.
type Plan struct{ Allow, Deny []string }

// Check says whether every value of the plan can match a number.
func (p Plan) Check() error {
	for _, list := range []struct {
		name   string
		values []string
	}{{"allow", p.Allow}, {"deny", p.Deny}} {
		for _, value := range list.values {
			if err := checkDestination(value); err != nil {
				return fmt.Errorf("%s: %w", list.name, err)
			}
		}
	}
	return nil
}

// Permits returns nil if n may be called. Every error wraps ErrForbidden and
// gives the reason.
func (p Plan) Permits(n E164) error {
	if !isE164(string(n)) {
		return fmt.Errorf("%w: no allowed prefix or country matches %q, which is no number", ErrForbidden, n)
	}
	at := grown().look(string(n))
	if at.kind == Ordinary && at.ahead != Ordinary {
		at.kind, at.ranged = at.ahead, len(n)
	}
	if err := at.never(n); err != nil {
		return err
	}
	allow, named := longest(p.Allow, n, at, true)
	deny, _ := longest(p.Deny, n, at, false)
	switch {
	case allow == "" && deny == "":
		return fmt.Errorf("%w: no allowed prefix or country matches %s%s", ErrForbidden, n, at.whose(n))
	case at.length(deny) >= at.length(allow) && deny != "":
		return fmt.Errorf("%w: %s is denied by the %s %s", ErrForbidden, n, form(deny), deny)
	case at.kind.ByName() && named < at.ranged:
		return fmt.Errorf("%w: %s is among %s: only an allowed prefix that begins with %s opens it", ErrForbidden, n, kinds[at.kind].phrase, n[:at.ranged])
	}
	return nil
}

// longest returns the value that matches n by the longest prefix, or "", and how long
// the longest is that is written as a prefix. A country matches freephone numbers, which
// belong to several, where open is true.
func longest(values []string, n E164, at place, open bool) (best string, named int) {
	length := 0
	for _, v := range values {
		switch {
		case v == "":
		case v[0] == '+':
			if len(v) > named && strings.HasPrefix(string(n), v) {
				named = len(v)
				if named > length {
					best, length = v, named
				}
			}
		case v == at.country, open && at.kind == Freephone && (v == "US" || v == "CA"):
			if at.owned > length {
				best, length = v, at.owned
			}
		}
	}
	return best, named
}

// form is what a value of a Plan is.
func form(value string) string {
	if strings.HasPrefix(value, "+") {
		return "prefix"
	}
	return "country"
}

// length is how long the prefix is that a value matches by.
func (at place) length(value string) int {
	if form(value) == "prefix" {
		return len(value)
	}
	return at.owned
}

// whose says in parentheses which country a number belongs to, if it is known.
func (at place) whose(n E164) string {
	switch {
	case at.country != "":
		return " (" + at.country + ")"
	case at.kind == Freephone:
		return " (freephone, of US and CA)"
	case isNorthAmerican(string(n)):
		return ": its area code is none of a country that is known; a prefix opens it"
	}
	return ""
}

// never refuses what nobody may call.
func (at place) never(n E164) error {
	national := len(n) - 1 - at.code
	switch {
	case at.code == 0:
		return fmt.Errorf("%w: %s begins with no country code", ErrForbidden, n)
	case at.kind == Premium:
		return fmt.Errorf("%w: %s is a premium-rate number, as all that begin with %s", ErrForbidden, n, n[:at.ranged])
	case isNorthAmerican(string(n)):
		return whole(n, at.kind == Freephone)
	case at.kind.Never():
		return fmt.Errorf("%w: %s begins with %s, %s", ErrForbidden, n, n[:at.ranged], kinds[at.kind].phrase)
	case at.kind == Ordinary && national < at.least:
		return fmt.Errorf("%w: %s is shorter than any number of its country, which has %d digits after the country code: it may be a short code", ErrForbidden, n, at.least)
	}
	return nil
}
