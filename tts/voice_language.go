package tts

import "strings"

// languageTag normalises a language: lower case, and - for the _ of locales. It is empty for
// what is no language range (RFC 4647 §2.1).
func languageTag(language string) string {
	tag := strings.ToLower(strings.ReplaceAll(language, "_", "-"))
	for i, subtag := range strings.Split(tag, "-") {
		if len(subtag) < 1 || len(subtag) > 8 || strings.ContainsFunc(subtag, func(r rune) bool {
			return (r < 'a' || r > 'z') && (i == 0 || r < '0' || r > '9')
		}) {
			return ""
		}
	}
	return tag
}

// replacedLanguages are subtags replaced in the IANA registry, or used by speech services,
// with the current ones.
var replacedLanguages = map[string]string{
	"iw": "he", "in": "id", "mo": "ro", "sh": "sr", "arb": "ar", "zlm": "ms", "swh": "sw", "pes": "fa", "ekk": "et", "lvs": "lv", "npi": "ne", "als": "sq",
}

// lookUp finds a language among an engine's tags by the lookup of RFC 4647 §3.4. It reports
// false if there is none.
func lookUp(language string, has func(tag string) bool) (tag string, found bool) {
	tag = languageTag(language)
	first, rest, _ := strings.Cut(tag, "-")
	if now := replacedLanguages[first]; now != "" && !has(first) {
		tag = strings.TrimSuffix(now+"-"+rest, "-")
	}
	for tag != "" {
		if has(tag) {
			return tag, true
		}
		tag = tag[:max(strings.LastIndexByte(tag, '-'), 0)]
		if n := len(tag); n > 2 && tag[n-2] == '-' {
			tag = tag[:n-2]
		}
	}
	return "", false
}

// region is the region of a language in lower case, empty if it has none.
func region(language string) string {
	for i, subtag := range strings.Split(languageTag(language), "-") {
		switch {
		case i > 0 && len(subtag) == 1:
			return "" // an extension begins
		case i > 0 && (len(subtag) == 2 || len(subtag) == 3 && strings.Trim(subtag, "0123456789") == ""):
			return subtag
		}
	}
	return ""
}

// isLocale reports whether a text is a language, perhaps with script and region.
func isLocale(text string) bool {
	subtags := strings.Split(languageTag(text), "-")
	if n := len(subtags[0]); n != 2 && n != 3 {
		return false
	}
	rest := subtags[1:]
	if len(rest) > 0 && len(rest[0]) == 4 {
		rest = rest[1:]
	}
	if len(rest) > 0 && rest[0] == region(text) {
		rest = rest[1:]
	}
	return len(rest) == 0
}
