package main

import (
	"slices"
	"strings"
	"unicode"
)

// initials are words that Go writes in capitals.
var initials = []string{"api", "http", "id", "ip", "ms", "rtp", "sip", "url", "utc"}

// exported turns a name of the document, such as flow_execution_id, into an
// exported one in Go, such as FlowExecutionID.
func exported(name string) string {
	var b strings.Builder
	for word := range strings.FieldsFuncSeq(name, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }) {
		if slices.Contains(initials, strings.ToLower(word)) {
			b.WriteString(strings.ToUpper(word))
			continue
		}
		b.WriteString(strings.ToUpper(word[:1]) + word[1:])
	}
	return b.String()
}

// local turns a name of the document into one of a variable, such as
// flowExecutionID.
func local(name string) string {
	e := exported(name)
	if slices.Contains(initials, strings.ToLower(e)) {
		return strings.ToLower(e)
	}
	return strings.ToLower(e[:1]) + e[1:]
}
