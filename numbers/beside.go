package numbers

import (
	"strings"

	"github.com/nyaruka/phonenumbers"
)

// Beside reads raw as a national number of the country that the numbers beside it
// belong to, as far as these are in E.164. It is false if they are of several countries
// or of none that is known, or if raw has not as many digits as numbers of the country have.
// It says what somebody has probably meant, never what is dialled.
func Beside(raw string, beside []string) (E164, bool) {
	region := ""
	for _, n := range beside {
		if !isE164(n) {
			continue
		}
		country := grown().look(n).country
		if country == "" || region != "" && region != country {
			return "", false
		}
		region = country
	}
	text, err := strip(raw)
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
