package numbers

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// ErrForbidden is wrapped by every error of Plan.Permits.
var ErrForbidden = errors.New("destination not allowed")

// Plan lists the destinations that an account may call. A value of either list is a
// country by ISO 3166-1 alpha-2 in capitals, such as US, or a prefix in international
// form, such as +4930. The longest prefix that matches decides, a country's being the
// digits that belong to the country alone: the country code, or with it the
// area code where countries share one, as in North America. Where the same prefix
// stands in both lists, it is denied. A number that no value matches is denied, so an
// empty Plan permits none. Freephone numbers of North America are of the United States and of
// Canada, and only a prefix denies them.
//
// Numbers that begin as an emergency number, a short code or a premium-rate number does
// are always denied, however long they are; see Kind for these and for the kinds that
// only a prefix of their own allows.
//
// It is safe for concurrent use, and not changed once it is used.
type Plan struct{ Allow, Deny []string }

// Check returns an error if a value of the plan can match no number.
func (p Plan) Check() error {
	for i, value := range slices.Concat(p.Allow, p.Deny) {
		list := "allow"
		if i >= len(p.Allow) {
			list = "deny"
		}
		if err := checkValue(value); err != nil {
			return fmt.Errorf("%s: %w", list, err)
		}
	}
	return nil
}

// Permits returns nil if n may be called, else the reason, which wraps ErrForbidden.
func (p Plan) Permits(n E164) error {
	if !isE164(string(n)) {
		return fmt.Errorf("%w: no allowed prefix or country matches %q, which is no number", ErrForbidden, n)
	}
	at := rangeTree().lookup(string(n))
	if at.kind == Ordinary && at.longerKind != Ordinary {
		at.kind, at.kindLen = at.longerKind, len(n)
	}
	if err := at.checkForbidden(n); err != nil {
		return err
	}
	allow, allowLen, named := longest(p.Allow, n, at, true)
	deny, denyLen, _ := longest(p.Deny, n, at, false)
	switch {
	case allow == "" && deny == "":
		return fmt.Errorf("%w: no allowed prefix or country matches %s%s", ErrForbidden, n, at.countryNote(n))
	case denyLen >= allowLen && deny != "":
		return fmt.Errorf("%w: %s is denied by the %s %s", ErrForbidden, n, valueType(deny), deny)
	case at.kind.NeedsPrefix() && named < at.kindLen:
		return fmt.Errorf("%w: %s is among %s: only an allowed prefix that begins with %s opens it", ErrForbidden, n, kinds[at.kind].phrase, n[:at.kindLen])
	}
	return nil
}

// longest returns the value that matches n by the longest prefix, or "", the length of that,
// and of the longest that is written as a prefix. A country matches freephone numbers, which
// belong to several, where open is true.
func longest(values []string, n E164, at match, open bool) (best string, length, named int) {
	for _, v := range values {
		by := 0
		switch {
		case strings.HasPrefix(v, "+"):
			if strings.HasPrefix(string(n), v) {
				by, named = len(v), max(named, len(v))
			}
		case v != "" && v == at.country || open && at.kind == Freephone && (v == "US" || v == "CA"):
			by = at.countryLen
		}
		if by > length {
			best, length = v, by
		}
	}
	return best, length, named
}

// valueType is the type of a value of a Plan.
func valueType(value string) string {
	if strings.HasPrefix(value, "+") {
		return "prefix"
	}
	return "country"
}

// countryNote is the country of a number in parentheses, if it is known.
func (at match) countryNote(n E164) string {
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

// checkForbidden refuses the numbers that no Plan allows.
func (at match) checkForbidden(n E164) error {
	national := len(n) - 1 - at.codeLen
	switch {
	case at.codeLen == 0:
		return fmt.Errorf("%w: %s begins with no country code", ErrForbidden, n)
	case at.kind == Premium:
		return fmt.Errorf("%w: %s is a premium-rate number, as all that begin with %s", ErrForbidden, n, n[:at.kindLen])
	case isNorthAmerican(string(n)):
		return checkNorthAmerican(n, at.kind == Freephone)
	case at.kind.Forbidden():
		return fmt.Errorf("%w: %s begins with %s, %s", ErrForbidden, n, n[:at.kindLen], kinds[at.kind].phrase)
	case at.kind == Ordinary && national < at.minDigits:
		return fmt.Errorf("%w: %s is shorter than any number of its country, which has %d digits after the country code: it may be a short code", ErrForbidden, n, at.minDigits)
	}
	return nil
}

// Matching returns the value of a list, as a Plan has it, that matches a number by the longest
// prefix; "" if none does.
func Matching(values []string, n E164) string {
	value, _, _ := longest(values, n, rangeTree().lookup(string(n)), true)
	return value
}

// Overlap reports whether a number may match both of two values, as a Plan has them.
func Overlap(a, b string) bool {
	aIsPrefix, bIsPrefix := valueType(a) == "prefix", valueType(b) == "prefix"
	switch {
	case aIsPrefix && bIsPrefix:
		return strings.HasPrefix(a, b) || strings.HasPrefix(b, a)
	case aIsPrefix:
		return rangeTree().countriesUnder(a)[b] || rangeTree().lookup(a).country == b
	case bIsPrefix:
		return Overlap(b, a)
	}
	return a == b
}
