package script

import (
	"cmp"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/rangetable"
)

// expandProperties writes out the Unicode property escapes of a regular expression
// with the flag u, \p{…} and \P{…} (ECMA-262 §22.2.1, Table 66 to 68), as ranges of
// characters: goja takes them for the letters p and P. The error names a property
// that is not known; a pattern without one comes back as it is.
func expandProperties(pattern string) (string, error) {
	if !strings.Contains(pattern, `\p`) && !strings.Contains(pattern, `\P`) {
		return pattern, nil
	}
	var out strings.Builder
	inClass := false
	for i := 0; i < len(pattern); {
		switch c := pattern[i]; {
		case c == '\\' && i+1 < len(pattern) && (pattern[i+1] == 'p' || pattern[i+1] == 'P'):
			rest := pattern[i+2:]
			end := strings.IndexByte(rest, '}')
			if !strings.HasPrefix(rest, "{") || end < 0 {
				return "", fmt.Errorf("invalid property name in %s", pattern[i:min(len(pattern), i+12)])
			}
			table, err := property(rest[1:end])
			if err != nil {
				return "", err
			}
			writeRanges(&out, table, pattern[i+1] == 'P', inClass)
			i += 2 + end + 1
			continue
		case c == '\\' && i+1 < len(pattern):
			out.WriteByte(c)
			i++
		case c == '[':
			inClass = true
		case c == ']':
			inClass = false
		}
		_, size := utf8.DecodeRuneInString(pattern[i:])
		out.WriteString(pattern[i : i+size])
		i += size
	}
	return out.String(), nil
}

// runes is a set of characters: ranges in order, none touching the next.
type runes [][2]rune

// property finds what stands in the braces of an escape.
func property(expression string) (runes, error) {
	name, value, valued := strings.Cut(expression, "=")
	switch {
	case !valued:
		switch name {
		case "Any":
			return runes{{0, unicode.MaxRune}}, nil
		case "ASCII":
			return runes{{0, unicode.MaxASCII}}, nil
		case "Assigned":
			return complement(union(unicode.Cn)), nil
		}
		if tables := binaryProperties[cmp.Or(binaryAliases[name], name)]; tables != nil {
			return union(tables...), nil
		}
		value = name
		fallthrough
	case name == "General_Category" || name == "gc":
		if table := unicode.Categories[cmp.Or(unicode.CategoryAliases[value], value)]; table != nil {
			return union(table), nil
		}
	case name == "Script" || name == "sc":
		if table := unicode.Scripts[cmp.Or(scripts[value], value)]; table != nil {
			return union(table), nil
		}
	}
	return nil, fmt.Errorf(`invalid property name: \p{%s} is not known here`, expression)
}

// binaryProperties are those that a character has or has not.
var binaryProperties = map[string][]*unicode.RangeTable{
	"Alphabetic":           {unicode.L, unicode.Nl, unicode.Other_Alphabetic},
	"Uppercase":            {unicode.Lu, unicode.Other_Uppercase},
	"Lowercase":            {unicode.Ll, unicode.Other_Lowercase},
	"White_Space":          {unicode.White_Space},
	"ASCII_Hex_Digit":      {unicode.ASCII_Hex_Digit},
	"Hex_Digit":            {unicode.Hex_Digit},
	"Dash":                 {unicode.Dash},
	"Diacritic":            {unicode.Diacritic},
	"Ideographic":          {unicode.Ideographic},
	"Quotation_Mark":       {unicode.Quotation_Mark},
	"Sentence_Terminal":    {unicode.Sentence_Terminal},
	"Terminal_Punctuation": {unicode.Terminal_Punctuation},
}

// binaryAliases are the short names of binary properties.
var binaryAliases = map[string]string{
	"Alpha": "Alphabetic", "Upper": "Uppercase", "Lower": "Lowercase", "space": "White_Space", "AHex": "ASCII_Hex_Digit", "Hex": "Hex_Digit",
	"Dia": "Diacritic", "Ideo": "Ideographic", "QMark": "Quotation_Mark", "STerm": "Sentence_Terminal", "Term": "Terminal_Punctuation",
}

// scripts are the short names of the scripts that people write to each other in.
var scripts = map[string]string{
	"Latn": "Latin", "Cyrl": "Cyrillic", "Grek": "Greek", "Arab": "Arabic", "Hebr": "Hebrew", "Hani": "Han", "Hira": "Hiragana", "Kana": "Katakana", "Hang": "Hangul",
	"Thai": "Thai", "Deva": "Devanagari", "Armn": "Armenian", "Geor": "Georgian", "Beng": "Bengali", "Taml": "Tamil", "Zyyy": "Common", "Zinh": "Inherited",
}

// union gathers tables.
func union(tables ...*unicode.RangeTable) (out runes) {
	rangetable.Visit(rangetable.Merge(tables...), func(r rune) {
		if n := len(out); n > 0 && r == out[n-1][1]+1 {
			out[n-1][1] = r
		} else {
			out = append(out, [2]rune{r, r})
		}
	})
	return out
}

func complement(set runes) (out runes) {
	from := rune(0)
	for _, r := range set {
		if r[0] > from {
			out = append(out, [2]rune{from, r[0] - 1})
		}
		from = r[1] + 1
	}
	if from <= unicode.MaxRune {
		out = append(out, [2]rune{from, unicode.MaxRune})
	}
	return out
}

// writeRanges writes a set as a class, or into the one that is open.
func writeRanges(out *strings.Builder, set runes, not, inClass bool) {
	if not {
		set = complement(set)
	}
	if !inClass {
		out.WriteByte('[')
		defer out.WriteByte(']')
	}
	for _, r := range set {
		if fmt.Fprintf(out, `\u{%x}`, r[0]); r[1] > r[0] {
			fmt.Fprintf(out, `-\u{%x}`, r[1])
		}
	}
}
