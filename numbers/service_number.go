package numbers

import (
	"fmt"
	"strings"

	"github.com/nyaruka/phonenumbers"
)

// maxService is the length of the longest service number that is read.
const maxService = 8

// ServiceNumber reads a short number of a carrier's or PBX's own, such as 4443 or *43, which is
// sent as it stands: 2 to 8 digits, * and #, of which six are digits at most. Spaces around it
// are trimmed. What is an emergency number in any country, begins as one of region does, or ends
// as one of region, 112 or 911 does behind the digits that a PBX may take for an outside line,
// is refused, with * and # and without. Every error wraps ErrInvalid. It may be called
// concurrently.
func ServiceNumber(raw, region string) (string, error) {
	text := strings.TrimSpace(raw)
	digits := strings.Map(func(r rune) rune {
		if r == '*' || r == '#' {
			return -1
		}
		return r
	}, text)
	if len(text) < 2 || len(text) > maxService || digits == "" || len(digits) > longestEmergency || strings.Trim(digits, "0123456789") != "" {
		return "", fmt.Errorf("%w: %q is no service number either: those have 2 to %d digits, * and #, such as 4443 or *43", ErrInvalid, raw, maxService)
	}
	for candidate := range phonenumbers.GetSupportedRegions() {
		if phonenumbers.IsEmergencyNumber(digits, candidate) {
			return "", fmt.Errorf("%w: %q is an emergency number in %s, which is never called", ErrInvalid, raw, candidate)
		}
	}
	if region = strings.ToUpper(region); region != "" && phonenumbers.ConnectsToEmergencyNumber(digits, region) {
		return "", fmt.Errorf("%w: %q begins as an emergency number does in %s, and is never called", ErrInvalid, raw, region)
	}
	for at := 1; at < len(digits); at++ {
		if rest := digits[at:]; rest == "112" || rest == "911" || region != "" && phonenumbers.IsEmergencyNumber(rest, region) {
			return "", fmt.Errorf("%w: %q ends as the emergency number %s, which a PBX may dial behind an outside line, and is never called", ErrInvalid, raw, rest)
		}
	}
	return text, nil
}
