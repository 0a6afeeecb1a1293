package script

import (
	"fmt"
	"math/big"
	"strings"
)

// numberOptions are those of Intl.NumberFormat (ECMA-402 §15.1.3) that are known
// here.
type numberOptions struct {
	Style       string `json:"style"`
	Currency    string `json:"currency"`
	UseGrouping *bool  `json:"useGrouping"`
	Integers    int    `json:"minimumIntegerDigits"`
	Least       *int   `json:"minimumFractionDigits"`
	Most        *int   `json:"maximumFractionDigits"`
}

// formatNumber writes a decimal number, as String writes one, in the manner of a
// locale. Half is rounded away from zero.
func formatNumber(number, tag string, o numberOptions) (string, error) {
	_, l, err := findLocale(tag)
	if err != nil {
		return "", err
	}
	minus, decimal, group := l.Number[2], l.Number[0], l.Number[1]
	before, behind, beforeNegative, behindNegative := "", "", minus, ""
	least, most := 0, 3
	exact, is := new(big.Rat).SetString(number)
	switch o.Style {
	case "", "decimal":
	case "percent":
		most = 0
		before, behind = l.Number[4], l.Number[5]
		beforeNegative, behindNegative = minus+before, behind
		if is {
			exact.Mul(exact, big.NewRat(100, 1))
		}
	case "currency":
		c, known := l.Currencies[strings.ToUpper(o.Currency)]
		if !known {
			return "", fmt.Errorf("currency %q is not known here: write toFixed(2) and its sign", o.Currency)
		}
		texts := [6]string{}
		for i := range texts {
			texts[i], _ = c[i].(string)
		}
		before, behind, beforeNegative, behindNegative, decimal, group = texts[0], texts[1], texts[2], texts[3], texts[4], texts[5]
		digits, _ := c[6].(float64)
		least, most = int(digits), int(digits)
	default:
		return "", fmt.Errorf("style %q is not known here: there are decimal, percent and currency", o.Style)
	}
	if o.Least != nil {
		least = *o.Least
		most = max(most, least)
	}
	if o.Most != nil {
		if most = *o.Most; o.Least == nil {
			least = min(least, most)
		}
	}
	if least < 0 || most > 100 || least > most {
		return "", fmt.Errorf("minimumFractionDigits %d and maximumFractionDigits %d do not go together", least, most)
	}
	if strings.HasPrefix(number, "-") {
		before, behind = beforeNegative, behindNegative
	}
	switch {
	case number == "NaN":
		return before + "NaN" + behind, nil
	case strings.TrimPrefix(number, "-") == "Infinity":
		return before + "∞" + behind, nil
	case !is:
		return "", fmt.Errorf("%q is no number", number)
	}
	whole, fraction, _ := strings.Cut(exact.Abs(exact).FloatString(most), ".")
	fraction = fraction[:max(least, len(strings.TrimRight(fraction, "0")))]
	if missing := min(o.Integers, 21) - len(whole); missing > 0 {
		whole = strings.Repeat("0", missing) + whole
	}
	if o.UseGrouping == nil || *o.UseGrouping {
		whole = grouped(whole, group, l.Number[3])
	}
	if fraction != "" {
		whole += decimal + fraction
	}
	return before + whole + behind, nil
}

// grouped puts signs between the groups of a number.
func grouped(digits, sign, manner string) string {
	least, size := int(manner[0]-'0'), 3
	if len(digits) < 3+least {
		return digits
	}
	out := digits[len(digits)-3:]
	if digits = digits[:len(digits)-3]; strings.HasSuffix(manner, "i") {
		size = 2
	}
	for len(digits) > size {
		out = digits[len(digits)-size:] + sign + out
		digits = digits[:len(digits)-size]
	}
	return digits + sign + out
}
