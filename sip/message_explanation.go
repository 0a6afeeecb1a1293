package sip

import (
	"regexp"
	"slices"
	"strings"

	sipmsg "github.com/emiago/sipgo/sip"
)

// Explanation is what the header fields of a final response, or of the BYE or CANCEL that
// ended a call, say about the reason. Its texts are bounded and have no control
// characters.
type Explanation struct {
	// Reasons are the values of the Reason header fields (RFC 3326), in their order.
	Reasons []ReasonValue
	// Warnings are the values of the Warning header fields (RFC 3261 §20.43), such
	// as "399 sbc.example.com: Source IP not in allowlist", and Twilio's errors.
	Warnings []string
	// CallInfo is the URI of the Call-Info header field that describes the party that
	// refused: of a 608 a signed jCard with a contact for redress (RFC 8688). Empty if
	// there is none.
	CallInfo string
}

// Text are the texts of the Reason header fields, each once.
func (e Explanation) Text() string {
	var texts []string
	for _, r := range e.Reasons {
		texts = appendNew(texts, r.Text)
	}
	return printable(strings.Join(texts, " | "), 2*maxText)
}

// Warning is what the Warning header fields say.
func (e Explanation) Warning() string { return printable(strings.Join(e.Warnings, " | "), 2*maxText) }

// Location is where the call was released (RFC 8606), by the first value that has one.
func (e Explanation) Location() string {
	for _, r := range e.Reasons {
		if r.Location != "" {
			return r.Location
		}
	}
	return ""
}

func explanationOf(m sipmsg.Message) Explanation {
	return Explanation{Reasons: reasonsOf(m), Warnings: warningsOf(m), CallInfo: callInfoOf(m)}
}

// setExplanation takes the explanation of a message that ended the call.
func (s *Session) setExplanation(m sipmsg.Message) {
	s.out.Explanation = explanationOf(m)
	s.out.Q850 = q850Of(s.out.Explanation.Reasons).Cause
}

const maxWarnings = 4

// twilioError is the header field in which Twilio names one of its errors. It is
// kept among the warnings, under its name.
const twilioError = "X-Twilio-Error"

func warningsOf(m sipmsg.Message) (all []string) {
	for _, h := range m.GetHeaders("warning") {
		for _, one := range splitList(truncate(h.Value(), maxValue), ',') {
			if all = appendNew(all, warning(one)); len(all) == maxWarnings {
				return all
			}
		}
	}
	if v := field(m, strings.ToLower(twilioError)); v != "" {
		all = append(all, twilioError+": "+printable(truncate(v, maxValue), maxText))
	}
	return all
}

var warningValue = regexp.MustCompile(`(?s)^\s*([0-9]{3})\s+(\S+)\s+"(.*)"\s*$`)

// warning is a value of a Warning header field for people. One that is not of the form of
// RFC 3261 §20.43 stays as it is.
func warning(value string) string {
	m := warningValue.FindStringSubmatch(value)
	if m == nil {
		return printable(value, maxText)
	}
	return printable(m[1]+" "+m[2]+": "+unquote(`"`+m[3]+`"`), maxText)
}

func appendNew(texts []string, s string) []string {
	if s == "" || slices.Contains(texts, s) {
		return texts
	}
	return append(texts, s)
}

// callInfoPurposes are the purposes of a Call-Info header field that describe the party
// that refused a call, the most specific first (RFC 8688, RFC 9796, RFC 3261 §20.9);
// empty is one without a purpose.
var callInfoPurposes = []string{"jwscard", "jcard", "card", "info", ""}

const maxCallInfos = 8

// callInfoOf is the URI of the most specific Call-Info of a message.
func callInfoOf(m sipmsg.Message) string {
	uris := map[string]string{} // the first of each purpose
	for _, h := range m.GetHeaders("call-info") {
		list, _ := addresses(truncate(h.Value(), maxValue))
		for _, a := range list {
			purpose := strings.ToLower(unquoteLenient(paramOf(a.params, "purpose")))
			inBrackets := strings.Contains(h.Value(), "<"+a.uri+">") // which the grammar wants
			if inBrackets && uris[purpose] == "" && len(uris) < maxCallInfos {
				uris[purpose] = printable(strings.TrimSpace(a.uri), maxText)
			}
		}
	}
	for _, p := range callInfoPurposes {
		if uris[p] != "" {
			return uris[p]
		}
	}
	return ""
}

// blockedCodes are the final answers that say by themselves that a call was kept
// from the called party: 607 Unwanted (RFC 8197) and 608 Rejected (RFC 8688).
var blockedCodes = [...]int{607, 608}

// Blocked says whether the network kept the call from the called party, which then was
// not busy and did not decline:
//   - a 607 or a 608, also as the cause of a Reason of protocol SIP;
//   - a 603 with the phrase "Network Blocked", or a Reason of SIP 603 or Q.850 21
//     whose text has v=analytics1 (ATIS-1000099 §4.1.1). One of the two is enough:
//     switches on the way replace the phrase, or drop the header field;
//   - a 603 with Twilio's error 32203, which is for such a block.
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

// blocks says whether a Reason is of a block.
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
