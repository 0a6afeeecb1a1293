package flowfile

import (
	"html"
	"regexp"
	"strings"
	"unicode"
)

// Speech is plain text. Markup in a text is neither spoken nor passed to the
// engine: tags and comments (SSML, HTML), character references, which stand
// for their characters, and [[…]], between which some engines read phonemes.
var (
	// tag is what follows the < of a tag whose attributes have values, as in XML and
	// HTML: a<b and c>d holds none.
	tag = regexp.MustCompile(`^/?([A-Za-z][\w:.-]*)(?:\s+[A-Za-z_:][\w:.-]*\s*=\s*(?:"[^"]*"|'[^']*'|[^\s"'<>]+))*\s*/?>`)
	// characterReference is one of a number or a name (XML 4.1), closed by ;.
	characterReference = regexp.MustCompile(`&(?:#[0-9]{1,7}|#[xX][0-9A-Fa-f]{1,6}|[A-Za-z][A-Za-z0-9]{1,30});`)
	phonemes           = regexp.MustCompile(`\[\[[^\[\]]*\]\]`)
	blanks             = regexp.MustCompile(` {2,}`)
)

// longestTag bounds where the end of a tag is looked for, in bytes.
const longestTag = 1000

// withinWords are the tags that may stand inside of a word, by name; any other parts
// what stands before it from what follows.
var withinWords = map[string]bool{
	"emphasis": true, "prosody": true, "voice": true, "lang": true, "sub": true, "phoneme": true, "say-as": true, "w": true, "token": true, "mark": true,
	"amazon:effect": true, "amazon:domain": true, "google:style": true, "mstts:express-as": true,
	"a": true, "b": true, "i": true, "u": true, "em": true, "strong": true, "span": true, "font": true, "small": true, "sup": true,
}

// spokenText is what is spoken of a text whose variables are replaced; empty if that is
// nothing but blanks. References to the characters of markup are markup too, as they
// are where it was escaped on its way.
func spokenText(text string) string {
	if strings.IndexFunc(text, needsCleaning) < 0 && strings.TrimSpace(text) != "" {
		return text
	}
	out := plainText(strings.ToValidUTF8(text, " "))
	for range 4 {
		next := plainText(characterReference.ReplaceAllStringFunc(withoutTags(out), html.UnescapeString))
		if next == out {
			break
		}
		out = next
	}
	out = phonemes.ReplaceAllString(out, " ")
	if out != text {
		out = blanks.ReplaceAllString(out, " ")
	}
	if strings.TrimSpace(out) == "" {
		return ""
	}
	return out
}

// needsCleaning reports the characters without which a text is spoken as it stands.
func needsCleaning(r rune) bool {
	return r == '<' || r == '&' || r == '[' || r > '~' || r < ' ' && r != '\n'
}

// plainText puts blanks in the place of control characters, but for the end of a line,
// and of whatever else is white.
func plainText(text string) string {
	return strings.Map(func(r rune) rune {
		if r != '\n' && (unicode.IsControl(r) || unicode.IsSpace(r)) {
			return ' '
		}
		return r
	}, text)
}

// plainValue is plainText for the value of a variable, which is spoken in one breath
// with what stands around it.
func plainValue(value string) string {
	return strings.ReplaceAll(plainText(strings.ToValidUTF8(value, " ")), "\n", " ")
}

// withoutTags takes tags, comments and the like from a text, and keeps what stands
// between them.
func withoutTags(text string) string {
	var b strings.Builder
	unclosed := map[string]bool{} // ends that do not come any more
	for {
		before, after, found := strings.Cut(text, "<")
		b.WriteString(before)
		if !found {
			return b.String()
		}
		n, instead := tagAt(after, unclosed)
		if n == 0 {
			instead = "<"
		}
		b.WriteString(instead)
		text = after[n:]
	}
}

// tagAt returns how many bytes behind a < belong to a tag, 0 if it begins none, and
// what is spoken in its place.
func tagAt(text string, unclosed map[string]bool) (n int, instead string) {
	for _, form := range []struct{ begin, end string }{{"!--", "-->"}, {"![CDATA[", "]]>"}, {"?", "?>"}, {"!", ">"}} {
		inside, is := strings.CutPrefix(text, form.begin)
		if !is || unclosed[form.end] {
			continue
		}
		inside, _, closed := strings.Cut(inside, form.end)
		if !closed {
			unclosed[form.end] = true
			return 0, ""
		}
		n = len(form.begin) + len(inside) + len(form.end)
		if form.end == "]]>" {
			return n, inside
		}
		return n, " "
	}
	m := tag.FindStringSubmatchIndex(text[:min(len(text), longestTag)])
	if m == nil {
		return 0, ""
	}
	if withinWords[strings.ToLower(text[m[2]:m[3]])] {
		return m[1], ""
	}
	return m[1], " "
}

// unspoken is the first piece of a text that is left out when it is spoken; empty if
// nothing is.
func unspoken(text string) string {
	unclosed := map[string]bool{}
	for rest := text; ; {
		_, after, found := strings.Cut(rest, "<")
		if !found {
			return Excerpt(phonemes.FindString(text))
		}
		if n, _ := tagAt(after, unclosed); n > 0 {
			return Excerpt("<" + after[:n])
		}
		rest = after
	}
}
