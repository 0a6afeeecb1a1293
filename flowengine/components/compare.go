package components

import (
	"cmp"
	"math/big"
	"regexp"
	"strings"
)

// operators compare the value of a variable with a value, as conditions do, in
// no more time than both have bytes, a few nanoseconds each. matches is apart,
// because it can fail.
var operators = map[string]func(left, right string) bool{
	"equals":           func(l, r string) bool { return compare(l, r) == 0 },
	"not_equals":       func(l, r string) bool { return compare(l, r) != 0 },
	"contains":         strings.Contains,
	"not_contains":     func(l, r string) bool { return !strings.Contains(l, r) },
	"starts_with":      strings.HasPrefix,
	"ends_with":        strings.HasSuffix,
	"greater":          func(l, r string) bool { return compare(l, r) > 0 },
	"greater_or_equal": func(l, r string) bool { return compare(l, r) >= 0 },
	"less":             func(l, r string) bool { return compare(l, r) < 0 },
	"less_or_equal":    func(l, r string) bool { return compare(l, r) <= 0 },
	"is_empty":         func(l, _ string) bool { return l == "" },
	"is_not_empty":     func(l, _ string) bool { return l != "" },
	"in_list":          inList,
	"not_in_list":      func(l, r string) bool { return !inList(l, r) },
}

// decimal is how a number is written. A leading zero or plus makes a text of it,
// such as a code or a telephone number. The length bounds the arithmetic.
var decimal = regexp.MustCompile(`^-?(0|[1-9][0-9]{0,39})(\.[0-9]{1,40})?$`)

// compare orders two values: as numbers if both are, otherwise as texts. The
// empty text, and so null, is less than every other.
func compare(l, r string) int {
	if decimal.MatchString(l) && decimal.MatchString(r) {
		a, _ := new(big.Rat).SetString(l)
		b, _ := new(big.Rat).SetString(r)
		return a.Cmp(b)
	}
	return cmp.Compare(l, r)
}

// inList reports whether the value is one of those that the list holds, with
// commas between them and blanks around them: whether compare finds no
// difference, in the time that a long list allows.
func inList(value, list string) bool {
	number := decimal.MatchString(value)
	shortest := shorten(value)
	for item := range strings.SplitSeq(list, ",") {
		item = strings.TrimSpace(item)
		if item == value || number && shorten(item) == shortest && decimal.MatchString(item) {
			return true
		}
	}
	return false
}

// shorten gives two numbers the same text exactly if they are equal. Of another
// text it makes anything.
func shorten(number string) string {
	if strings.Contains(number, ".") {
		number = strings.TrimSuffix(strings.TrimRight(number, "0"), ".")
	}
	if number == "-0" {
		return "0"
	}
	return number
}
