package numbers

import (
	"strings"

	"github.com/nyaruka/phonenumbers"
)

// Format is how a number is written for a carrier.
type Format string

// The formats, by the example of +49 30 901820. The first is the default.
const (
	FormatPlus     Format = "plus"     // +4930901820
	FormatDigits   Format = "digits"   // 4930901820
	Format00       Format = "00"       // 004930901820
	FormatNational Format = "national" // 030901820 in Germany, 0114930901820 in the United States
)

// Formats lists all of them, the default first.
func Formats() []Format { return []Format{FormatPlus, FormatDigits, Format00, FormatNational} }

// Write returns n in the format. A national number is one of region, an ISO 3166-1
// alpha-2 code, as it is dialled there from another area; a number of another country has
// the international prefix of region in front. Where region is unknown, where the digits
// would be read as another number, or where they begin with an emergency number, n is
// written as FormatPlus has it. It may be called concurrently.
func (f Format) Write(n E164, region string) string {
	digits := strings.TrimPrefix(string(n), "+")
	switch f {
	case FormatDigits:
		return digits
	case Format00:
		return "00" + digits
	case FormatNational:
		if text := dialledIn(n, region); text != "" {
			return text
		}
	}
	return string(n)
}

// dialledIn are the digits by which n is dialled in region; "" if they are not known.
func dialledIn(n E164, region string) string {
	p, err := phonenumbers.Parse(string(n), "")
	if err != nil || !IsRegion(region) {
		return ""
	}
	text := ""
	if own := phonenumbers.GetCountryCodeForRegion(region); int(p.GetCountryCode()) == own {
		text = phonenumbers.Format(p, phonenumbers.NATIONAL)
	} else {
		text = phonenumbers.FormatOutOfCountryCallingNumber(p, region)
	}
	if strings.HasPrefix(text, "+") {
		return ""
	}
	text = strings.Map(func(r rune) rune {
		if r < '0' || r > '9' {
			return -1
		}
		return r
	}, text)
	if back, err := Parse(text, region); err != nil || back != n || phonenumbers.ConnectsToEmergencyNumber(text, region) {
		return ""
	}
	return text
}

// Example returns a number of region for examples, +12025550143 if region is unknown.
func Example(region string) E164 {
	if p := phonenumbers.GetExampleNumber(region); IsRegion(region) && p != nil {
		return E164(phonenumbers.Format(p, phonenumbers.E164))
	}
	return "+12025550143"
}
