package sip

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

const maxText = 500

// printable makes a far end's text fit for the journal, a log and a terminal: one blank
// stands for each run of blanks, control characters and other characters without a shape
// of their own, U+FFFD for what is no UTF-8, and … for what comes after the first `most`
// characters.
func printable(s string, most int) string {
	if len(s) <= most && plainASCII(s) {
		return s
	}
	shapeless := func(r rune) bool { return r == ' ' || !unicode.IsPrint(r) }
	text := []rune(strings.Join(strings.FieldsFunc(s, shapeless), " ")) // U+FFFD for a byte that is no UTF-8
	if len(text) > most {
		return strings.TrimSuffix(string(text[:most]), " ") + "…"
	}
	return string(text)
}

// plainASCII says whether printable would return s as it is.
func plainASCII(s string) bool {
	for i := 0; i < len(s); i++ {
		if c := s[i]; c < ' ' || c > '~' || c == ' ' && (i == 0 || i == len(s)-1 || s[i-1] == ' ') {
			return false
		}
	}
	return true
}

// truncate bounds the bytes of a header field's value that are looked at.
func truncate(value string, most int) string {
	if len(value) <= most {
		return value
	}
	for most > 0 && !utf8.RuneStart(value[most]) {
		most--
	}
	return value[:most]
}

// maxClipped is how many bytes of a far end's text a log shows.
const maxClipped = 100

// clipped is a text of a far end, cut for a log.
func clipped(s string) string {
	if len(s) > maxClipped {
		return printable(truncate(s, maxClipped), maxClipped) + "…"
	}
	return printable(s, maxClipped)
}
