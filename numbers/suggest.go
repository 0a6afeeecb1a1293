package numbers

import (
	"strings"

	"github.com/nyaruka/phonenumbers"
)

// Suggest reads raw as a national number of the country of the other numbers, as far as
// these are in E.164. It is false if they are of several countries or of none that is
// known, or if raw has not as many digits as the country's numbers. The result is a
// proposal for an error text; it is never dialled.
func Suggest(raw string, others []string) (E164, bool) {
	region := ""
	for _, n := range others {
		if !isE164(n) {
			continue
		}
		country := rangeTree().lookup(n).country
		if country == "" || region != "" && region != country {
			return "", false
		}
		region = country
	}
	text, err := stripSeparators(raw)
	if region == "" || err != nil || strings.HasPrefix(text, "+") {
		return "", false
	}
	p, err := phonenumbers.Parse(text, region)
	if err != nil || phonenumbers.IsPossibleNumberWithReason(p) != phonenumbers.IS_POSSIBLE {
		return "", false
	}
	n, err := Parse(raw, region)
	return n, err == nil
}
