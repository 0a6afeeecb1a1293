package call_test

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/nyaruka/phonenumbers"
)

// The oracle of what may be on the wire is written from docs/destinations.md and the
// library's metadata, and asks nothing of the package that checks.

// refused begin numbers that no account of the desk may call, however they go on. They
// are given by hand, country by country: what users of these plans know.
var refused = regexp.MustCompile(`^\+(?:` + strings.Join([]string{
	`1(?:[01]|900|500|700|710|.11|...[01]|...911)`,
	`7(?:80[39]|112|10)`,
	`33(?:8(?:1[0-9]|2[0-9]|36|9[0-9])|0)`,
	`34(?:80[367]|90[1257]|70|112|0)`,
	`351(?:76[012]|60[178]|112)`,
	`353(?:0|700)`,
	`358(?:[67]00|112|99[0146])`,
	`39(?:89[2-59]|1)`,
	`41(?:90[016]|112|117|118|144|0)`,
	`43(?:90[01]|93[019]|810|820|911|0)`,
	`44(?:9|70|84[2-5]|87[0-3]|112|76[^2]|0)`,
	`49(?:900|137|180|700|11|10|0)`,
	`61(?:190|13|112|0)`,
	`65(?:19|999|995)`,
	`81(?:990|110|119|10)`,
	`87[08]|88[1238]|979|808|210|999`,
	`972(?:19|112|10)`,
}, "|") + `)`)

// northAmerican is a number of that plan, as it must be on the wire.
var northAmerican = regexp.MustCompile(`^\+1[2-9][0-9]{2}[2-9][0-9]{6}$`)

// objection says what speaks against a number on the wire, for an account that may call
// where its policy says; "" if nothing does.
func objection(user string, p policy) string {
	if !regexp.MustCompile(`^\+[1-9][0-9]{6,14}$`).MatchString(user) {
		return "it is no number in E.164"
	}
	if begins := refused.FindString(user); begins != "" {
		return "it begins with " + begins
	}
	code, national := split(user)
	regions := phonenumbers.GetRegionCodesForCountryCode(code)
	if len(regions) == 0 {
		return "no country has the code"
	}
	if code == 1 {
		return objectionInNorthAmerica(user, national, p)
	}
	wide := slices.Contains(p.allow, user[:2]) && len(user[:2]) == 2
	head := subscriber(code, national)
	if head == "" {
		return objectionToHeads(code, national, regions, p, wide)
	}
	region := phonenumbers.GetRegionCodeForNumber(parsed(code, head))
	if !wide && !slices.Contains(p.allow, region) {
		return fmt.Sprintf("%s is a number of %s", head, region)
	}
	return ""
}

// objectionToHeads speaks of a number that does not begin with that of a subscriber.
func objectionToHeads(code int, national string, regions []string, p policy, wide bool) string {
	for n := 1; n <= len(national); n++ {
		head := national[:n]
		switch kind := phonenumbers.GetNumberType(parsed(code, head)); kind {
		case phonenumbers.PREMIUM_RATE, phonenumbers.SHARED_COST, phonenumbers.PERSONAL_NUMBER:
			if code != 86 || kind != phonenumbers.SHARED_COST { // 96 behind an area code, of companies
				return fmt.Sprintf("%s is of type %d", head, kind)
			}
		}
		for _, region := range regions {
			if phonenumbers.IsEmergencyNumber(head, region) {
				return fmt.Sprintf("%s is an emergency number of %s", head, region)
			}
		}
	}
	if !wide && !slices.ContainsFunc(regions, func(r string) bool { return slices.Contains(p.allow, r) }) {
		return fmt.Sprintf("it is of %v", regions)
	}
	return ""
}

func objectionInNorthAmerica(user, national string, p policy) string {
	number := parsed(1, national)
	kind, region := phonenumbers.GetNumberType(number), ofArea(national)
	freephone := kind == phonenumbers.TOLL_FREE
	exchange := national[3:min(6, len(national))]
	switch {
	case !northAmerican.MatchString(user):
		return "it is no number of North America"
	case kind == phonenumbers.PREMIUM_RATE, kind == phonenumbers.PERSONAL_NUMBER, kind == phonenumbers.PAGER, kind == phonenumbers.SHARED_COST:
		return fmt.Sprintf("it is of type %d", kind)
	case strings.HasSuffix(exchange, "11") && !freephone, exchange == "976" && !freephone, exchange == "950" && !freephone:
		return "of its exchange"
	case slices.Contains(p.deny, region):
		return "it is denied"
	case !slices.ContainsFunc(p.allow, func(v string) bool { return strings.HasPrefix(user, v) }) && !slices.Contains(p.allow, region):
		return fmt.Sprintf("it is of %q", region)
	}
	return ""
}

// ofArea is the region in which the library knows any exchange of a number's area.
func ofArea(national string) string {
	for exchange := 200; exchange <= 999 && len(national) == 10; exchange++ {
		if region := phonenumbers.GetRegionCodeForNumber(parsed(1, national[:3]+strconv.Itoa(exchange)+national[6:])); region != "" {
			return region
		}
	}
	return ""
}

// subscriber is the shortest whole number of a subscriber that national begins with.
func subscriber(code int, national string) string {
	for n := 1; n <= len(national); n++ {
		switch phonenumbers.GetNumberType(parsed(code, national[:n])) {
		case phonenumbers.FIXED_LINE, phonenumbers.MOBILE, phonenumbers.FIXED_LINE_OR_MOBILE, phonenumbers.TOLL_FREE, phonenumbers.VOIP, phonenumbers.UAN, phonenumbers.VOICEMAIL:
			return national[:n]
		}
	}
	return ""
}

// split parts a number in E.164 by its country code.
func split(user string) (code int, national string) {
	for n := 3; n >= 1; n-- {
		if code, err := strconv.Atoi(user[1 : 1+n]); err == nil && phonenumbers.GetSupportedCallingCodes()[code] {
			return code, user[1+n:]
		}
	}
	return 0, user[1:]
}

// parsed is a national number as the library keeps it, its zeros included.
func parsed(code int, national string) *phonenumbers.PhoneNumber {
	c := int32(code)
	digits, _ := strconv.ParseUint(national, 10, 64)
	n := &phonenumbers.PhoneNumber{CountryCode: &c, NationalNumber: &digits}
	if zeros := int32(len(national) - len(strings.TrimLeft(national, "0"))); zeros > 0 {
		leading := true
		n.ItalianLeadingZero, n.NumberOfLeadingZeros = &leading, &zeros
	}
	return n
}
