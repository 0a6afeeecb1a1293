package numbers

import (
	"cmp"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/nyaruka/phonenumbers"
)

// E164 is a number in international form: a plus sign, then 7 to 15 digits of
// which the first is not 0 (ITU-T E.164 §6.2). The zero value is no number.
type E164 string

// ErrInvalid is wrapped by every error of Parse.
var ErrInvalid = errors.New("not a valid telephone number")

// The digits of an E.164 number, without the plus sign.
const (
	minDigits = 7
	maxDigits = 15
)

// maxRaw bounds the text that Parse reads: a number with an international prefix and a
// separator after every digit is shorter.
const maxRaw = 64

// Parse turns raw into an E.164 number. Surrounding space is trimmed; spaces
// and the characters - ( ) . within are dropped; a leading 00 becomes +, unless it
// begins a longer international prefix of defaultRegion, such as 0011 in Australia.
// What then has no + is a national number: it is read by the rules of
// defaultRegion, an ISO 3166-1 alpha-2 code such as US, and refused when
// defaultRegion is empty. A trunk prefix behind the country code, as in
// +44 (0)20 7946 0000, is dropped where the country has it, and refused elsewhere.
//
// A number is valid by its pattern alone. The numbering plans of the phonenumbers
// library read national numbers and validate none: they age between releases, and the
// numbers reserved for examples (+1 202 555 0143) and newly opened ranges are invalid by
// them. The network refuses numbers that are not in service.
//
// Every error wraps ErrInvalid and names what would be right.
func Parse(raw, defaultRegion string) (E164, error) {
	if len(raw) > maxRaw {
		return "", fmt.Errorf("%w: %d characters long, at most %d are read", ErrInvalid, len(raw), maxRaw)
	}
	text, err := stripSeparators(raw)
	if err != nil {
		return "", err
	}
	if err := checkEmergency(raw, text, defaultRegion); err != nil {
		return "", err
	}
	if digits, ok := strings.CutPrefix(text, "00"); ok {
		text = cmp.Or(parseInternationalPrefix(text, defaultRegion), "+"+digits)
	}
	if text == "" {
		return "", fmt.Errorf("%w: empty, a number such as +12025550143 is needed", ErrInvalid)
	}
	if text[0] != '+' {
		return parseNational(raw, text, defaultRegion)
	}
	if text, err = dropTrunkPrefix(raw, text); err != nil {
		return "", err
	}
	if !isE164(text) {
		return "", fmt.Errorf("%w: %q needs a country code that does not begin with 0 and %d to %d digits after the +", ErrInvalid, raw, minDigits, maxDigits)
	}
	return E164(text), nil
}

// longestEmergency is the number of digits of the longest emergency number of any plan.
const longestEmergency = 6

// checkEmergency refuses the emergency numbers of region, such as 110 or 000.
func checkEmergency(raw, digits, region string) error {
	region = strings.ToUpper(region)
	if region == "" || len(digits) > longestEmergency || !phonenumbers.IsEmergencyNumber(digits, region) {
		return nil
	}
	return fmt.Errorf("%w: %q is an emergency number in %s, which is never called", ErrInvalid, raw, region)
}

// parseInternationalPrefix reads digits that begin with the international prefix of region; "" if
// they do not.
func parseInternationalPrefix(digits, region string) string {
	p, err := phonenumbers.ParseAndKeepRawInput(digits, strings.ToUpper(region))
	if err != nil || p.GetCountryCodeSource() != phonenumbers.PhoneNumber_FROM_NUMBER_WITH_IDD {
		return ""
	}
	return phonenumbers.Format(p, phonenumbers.E164)
}

// dropTrunkPrefix drops one 0 behind the country code where that is the country's
// trunk prefix. A carrier would drop it or dial it, and what is behind a second one is
// dialled abroad. North America has no 0 to drop: there it is an error of Plan.Permits.
func dropTrunkPrefix(raw, text string) (string, error) {
	t := rangeTree()
	at := t.lookup(text)
	behind := 1 + at.codeLen
	if behind == 1 || behind >= len(text) || text[behind] != '0' || isNorthAmerican(text) || at.kind != Zero {
		return text, nil
	}
	rest := text[:at.kindLen-1] + text[at.kindLen:]
	code, _ := strconv.Atoi(text[1 : at.kindLen-1])
	country := phonenumbers.GetRegionCodeForCountryCode(code)
	if phonenumbers.GetNddPrefixForRegion(country, true) != "0" || t.lookup(rest).kind == Zero {
		return "", fmt.Errorf("%w: %q has a 0 behind the country code %s, where no number has one: leave it out", ErrInvalid, raw, text[:at.kindLen-1])
	}
	return rest, nil
}

// stripSeparators drops the separators and refuses every character that is neither a
// digit nor a plus sign in front.
func stripSeparators(raw string) (string, error) {
	var b strings.Builder
	b.Grow(len(raw))
	for _, r := range strings.TrimSpace(raw) {
		switch {
		case r >= '0' && r <= '9', r == '+' && b.Len() == 0:
			b.WriteRune(r)
		case r == ' ', r == '-', r == '(', r == ')', r == '.':
		default:
			return "", fmt.Errorf("%w: %q contains %q, only digits, a leading + and the separators space - ( ) . may stand in a number", ErrInvalid, raw, r)
		}
	}
	return b.String(), nil
}

// parseNational reads digits by the numbering plan of region.
func parseNational(raw, digits, region string) (E164, error) {
	if region == "" {
		mend := "write it as +<country code><number>"
		if n := E164("+" + digits); Possible(n) == nil {
			mend = fmt.Sprintf("write %s if it begins with its country code, else +<country code><number>", n)
		}
		return "", fmt.Errorf("%w: %q has no + and no default country is set (accounts[].country), %s", ErrInvalid, raw, mend)
	}
	region = strings.ToUpper(region)
	p, err := phonenumbers.Parse(digits, region)
	if err != nil {
		return "", fmt.Errorf("%w: %q cannot be read as a number of %s (%w), write it as +<country code><number>", ErrInvalid, raw, region, err)
	}
	text := phonenumbers.Format(p, phonenumbers.E164)
	if !isE164(text) {
		return "", fmt.Errorf("%w: %q gives %s in %s, which does not have %d to %d digits", ErrInvalid, raw, text, region, minDigits, maxDigits)
	}
	return E164(text), nil
}

// isE164 matches ^\+[1-9]\d{6,14}$.
func isE164(s string) bool { return len(s) > minDigits && isPrefix(s) }

// Possible returns an error if n can be in no numbering plan: its country code is none,
// its form is not that of the closed plan of North America, or it has a 0 behind the
// country code where the country's numbers have none. Like Parse, it refuses no digits
// that a numbering plan may open later; Plan.Permits decides whether n may be called.
// Every error wraps ErrInvalid. It may be called concurrently.
func Possible(n E164) error {
	if !isE164(string(n)) {
		return fmt.Errorf("%w: %q is not +, a country code and %d to %d digits in all", ErrInvalid, n, minDigits, maxDigits)
	}
	at := rangeTree().lookup(string(n))
	switch {
	case at.codeLen == 0:
		return fmt.Errorf("%w: %s begins with no country code", ErrInvalid, n)
	case isNorthAmerican(string(n)) && !hasNorthAmericanForm(n):
		return fmt.Errorf("%w: %s %s", ErrInvalid, n, northAmericanFormHint)
	case !isNorthAmerican(string(n)) && at.kind == Zero:
		return fmt.Errorf("%w: %s has a 0 behind the country code %s, where no number has one: leave it out", ErrInvalid, n, n[:1+at.codeLen])
	}
	return nil
}
