package sip

import "regexp"

// Redirection is where a 3xx points (RFC 3261 §21.3) that ended a call.
type Redirection struct {
	Contacts []Redirect // in the order of the answer
	// Alternative is the type of the body, in which a 300 or 380 describes what it
	// offers. The body is not read.
	Alternative string
}

// Redirect is one Contact of a 3xx, as a text to read.
type Redirect struct {
	URI string // cut where it is long
	Q   string // its preference from 0 to 1, as it was written; empty: none
	// Refused is why a trunk that follows redirections did not follow this one.
	Refused string
}

const maxRedirects = 8 // of one answer that are listed

// redirectionOf is the zero value if the response is no 3xx.
func redirectionOf(res *response) (to Redirection) {
	if res.code < 300 || res.code > 399 {
		return Redirection{}
	}
	if len(res.Body()) > 0 {
		to.Alternative = clipped(field(res, "content-type"))
	}
	for _, c := range addressesOf(res, "contact") {
		if len(to.Contacts) == maxRedirects {
			break
		}
		to.Contacts = append(to.Contacts, Redirect{URI: clipped(withoutPassword(c.uri)), Q: qvalue.FindString(unquote(paramOf(c.params, "q")))})
	}
	return to
}

// qvalue is a preference (RFC 3261 §25.1).
var qvalue = regexp.MustCompile(`^(0(\.[0-9]{0,3})?|1(\.0{0,3})?)$`)
