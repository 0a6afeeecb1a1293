package numbers

import "github.com/nyaruka/phonenumbers"

// IsRegion says whether a region can be the default region of Parse: an ISO
// 3166-1 alpha-2 code in capitals, such as US, whose numbering plan is known.
func IsRegion(region string) bool {
	return len(region) == 2 && phonenumbers.GetCountryCodeForRegion(region) != 0
}
