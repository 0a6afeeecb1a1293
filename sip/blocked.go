package sip

import (
	"slices"
	"strings"
)

// blockedCodes are the final answers that say by themselves that a call was kept
// from the called party: 607 Unwanted (RFC 8197) and 608 Rejected (RFC 8688).
var blockedCodes = [...]int{607, 608}

// Blocked says whether the call was kept from the called party, so that nobody was
// busy and nobody declined:
//   - a 607 or a 608, also as the cause of a Reason of protocol SIP;
//   - a 603 with the phrase "Network Blocked", or a Reason of SIP 603 or Q.850 21
//     whose text has v=analytics1 (ATIS-1000099 §4.1.1). One of the two is enough:
//     switches on the way replace the phrase, or drop the header field;
//   - a 603 with Twilio's error 32203, by which Twilio tells of such a block.
//
// A 603 without any of them is a person's refusal, whatever its Reason says besides.
func (o Outcome) Blocked() bool {
	if o.Answered || o.By != EndedRemote {
		return false
	}
	return blocked(o.Code, o.Reason, o.Explanation)
}

func blocked(code int, phrase string, e Explanation) bool {
	if slices.Contains(blockedCodes[:], code) || slices.ContainsFunc(e.Reasons, ReasonValue.blocks) {
		return true
	}
	return code == 603 && (networkBlocked(phrase) || slices.ContainsFunc(e.Warnings, twilioBlocks))
}

// blocks says whether a Reason tells of a block.
func (r ReasonValue) blocks() bool {
	switch {
	case r.Protocol == protocolSIP && slices.Contains(blockedCodes[:], r.Cause):
		return true
	case r.Protocol == protocolSIP && r.Cause == 603, r.Protocol == protocolQ850 && r.Cause == 21:
		return analytics(r.Text) || networkBlocked(r.Text)
	}
	return false
}

// analytics says whether a text has the attribute v=analytics and a version.
func analytics(text string) bool {
	for attribute := range strings.SplitSeq(text, ";") {
		name, v, _ := strings.Cut(attribute, "=")
		if strings.EqualFold(strings.TrimSpace(name), "v") && strings.HasPrefix(strings.ToLower(strings.TrimSpace(v)), "analytics") {
			return true
		}
	}
	return false
}

// networkBlocked finds the phrase of a 603 that is a block. Carriers put codes of
// their own around it.
func networkBlocked(phrase string) bool {
	return strings.Contains(strings.ToLower(phrase), "network blocked")
}

// twilioBlocks says whether a warning is Twilio's error for a blocked call.
func twilioBlocks(warning string) bool {
	value, is := strings.CutPrefix(warning, twilioError+": ")
	code, _, _ := strings.Cut(value, " ")
	return is && code == "32203"
}
