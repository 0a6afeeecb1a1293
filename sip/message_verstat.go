package sip

import (
	"regexp"
	"strings"

	sipmsg "github.com/emiago/sipgo/sip"
)

// verificationFields are header fields in which carriers say whether they could verify, or
// would attest to, the calling number (STIR/SHAKEN), in lower case.
var verificationFields = []string{"x-plivo-stir-verification", "x-twilio-verstat"}

// verstatParam is the parameter of 3GPP TS 24.229 §7.2A.20, of the URI or of its user part.
var verstatParam = regexp.MustCompile(`(?i);\s*verstat=([A-Z0-9._-]{1,64})`)

// verstatOf is what a response says about the verification of telephone numbers, each
// behind the name of its header field; "" if it says nothing.
func verstatOf(m sipmsg.Message) string {
	var all []string
	for _, h := range m.GetHeaders("p-asserted-identity") {
		if found := verstatParam.FindStringSubmatch(truncate(h.Value(), maxValue)); found != nil {
			all = appendNew(all, "P-Asserted-Identity: "+found[1])
		}
	}
	for _, name := range verificationFields {
		for _, h := range m.GetHeaders(name) {
			if value := printable(truncate(h.Value(), maxValue), maxText); value != "" {
				all = appendNew(all, h.Name()+": "+value)
			}
		}
	}
	return printable(strings.Join(all, " | "), maxText)
}
