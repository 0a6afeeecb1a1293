package sip

import (
	"slices"
	"strings"

	sipmsg "github.com/emiago/sipgo/sip"
)

// extensions are the option tags of the extensions that we support: RFC 3262 and
// RFC 4028. This one list is what Supported says, and what Require may name.
var extensions = []string{"100rel", "timer"}

// supported is the Supported header field of our requests and answers.
var supported = strings.Join(extensions, ", ")

// checkExtensions refuses a request that requires an extension which we do not
// support; Unsupported names each as the request did (RFC 3261 §8.2.2.3).
func checkExtensions(req *sipmsg.Request) verdict {
	var unknown []string
	for _, tag := range tokens(req, "require", "") {
		if !slices.Contains(extensions, strings.ToLower(tag)) {
			unknown = append(unknown, tag)
		}
	}
	if len(unknown) == 0 {
		return verdict{}
	}
	return verdict{420, "Bad Extension", []Header{{"Unsupported", strings.Join(unknown, ", ")}}}
}

// requires says whether a message requires an extension.
func requires(m sipmsg.Message, tag string) bool {
	return slices.Contains(options(m, "require", ""), tag)
}
