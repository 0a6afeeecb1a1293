package tts

import "strings"

// languageTag brings a language into the form in which tags are compared: lower
// case, and - where locales have _. It is empty for what is no language range
// (RFC 4647 §2.1): subtags of 1 to 8 letters or digits, the first of letters alone.
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

// replacedLanguages are subtags that the IANA registry has replaced, or that speech
// services write, by those that are in use for the same language.
var replacedLanguages = map[string]string{
	"iw": "he", "in": "id", "mo": "ro", "sh": "sr", "arb": "ar", "zlm": "ms", "swh": "sw", "pes": "fa", "ekk": "et", "lvs": "lv", "npi": "ne", "als": "sq",
}

// lookUp finds a language among the tags that an engine has, by RFC 4647 §3.4: the
// whole of it, or else what is left when subtags are taken off its end, one by one,
// and with one the single letter or digit before it. It reports false if the engine
// has none of them.
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

// isLocale reports whether a text is a language with a script, a region or neither,
// and nothing behind.
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
