package script

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
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
	unknown := func() error { return fmt.Errorf(`invalid property name: \p{%s} is not known here`, expression) }
	switch {
	case !valued:
		if tables := binaryProperty(name); tables != nil {
			return union(tables...), nil
		}
		value = name
		fallthrough
	case name == "General_Category" || name == "gc":
		if long, is := categories[value]; is {
			value = long
		}
		switch value {
		case "LC":
			return union(unicode.Lu, unicode.Ll, unicode.Lt), nil
		case "Cn":
			return complement(assigned()), nil
		case "C":
			return union(unicode.C, tableOf(complement(assigned()))), nil
		}
		if table, is := unicode.Categories[value]; is && len(value) <= 2 {
			return union(table), nil
		}
	case name == "Script" || name == "sc":
		if short, is := scripts[value]; is {
			value = short
		}
		if table, is := unicode.Scripts[value]; is {
			return union(table), nil
		}
	}
	return nil, unknown()
}

// binaryProperty is a property that a character has or has not, nil if it is not
// known.
func binaryProperty(name string) []*unicode.RangeTable {
	switch name {
	case "Any":
		return []*unicode.RangeTable{tableOf(runes{{0, unicode.MaxRune}})}
	case "ASCII":
		return []*unicode.RangeTable{tableOf(runes{{0, 0x7F}})}
	case "Assigned":
		return []*unicode.RangeTable{tableOf(assigned())}
	case "Alphabetic", "Alpha":
		return []*unicode.RangeTable{unicode.L, unicode.Nl, unicode.Other_Alphabetic}
	case "Uppercase", "Upper":
		return []*unicode.RangeTable{unicode.Lu, unicode.Other_Uppercase}
	case "Lowercase", "Lower":
		return []*unicode.RangeTable{unicode.Ll, unicode.Other_Lowercase}
	case "White_Space", "space":
		return []*unicode.RangeTable{unicode.White_Space}
	case "ASCII_Hex_Digit", "AHex":
		return []*unicode.RangeTable{unicode.ASCII_Hex_Digit}
	case "Hex_Digit", "Hex":
		return []*unicode.RangeTable{unicode.Hex_Digit}
	case "Dash":
		return []*unicode.RangeTable{unicode.Dash}
	case "Diacritic", "Dia":
		return []*unicode.RangeTable{unicode.Diacritic}
	case "Ideographic", "Ideo":
		return []*unicode.RangeTable{unicode.Ideographic}
	case "Quotation_Mark", "QMark":
		return []*unicode.RangeTable{unicode.Quotation_Mark}
	case "Sentence_Terminal", "STerm":
		return []*unicode.RangeTable{unicode.Sentence_Terminal}
	case "Terminal_Punctuation", "Term":
		return []*unicode.RangeTable{unicode.Terminal_Punctuation}
	}
	return nil
}

// categories are the long names of general categories (PropertyValueAliases.txt).
var categories = map[string]string{
	"Letter": "L", "Cased_Letter": "LC", "Uppercase_Letter": "Lu", "Lowercase_Letter": "Ll", "Titlecase_Letter": "Lt", "Modifier_Letter": "Lm", "Other_Letter": "Lo",
	"Mark": "M", "Combining_Mark": "M", "Nonspacing_Mark": "Mn", "Spacing_Mark": "Mc", "Enclosing_Mark": "Me",
	"Number": "N", "Decimal_Number": "Nd", "digit": "Nd", "Letter_Number": "Nl", "Other_Number": "No",
	"Punctuation": "P", "punct": "P", "Connector_Punctuation": "Pc", "Dash_Punctuation": "Pd", "Open_Punctuation": "Ps", "Close_Punctuation": "Pe",
	"Initial_Punctuation": "Pi", "Final_Punctuation": "Pf", "Other_Punctuation": "Po",
	"Symbol": "S", "Math_Symbol": "Sm", "Currency_Symbol": "Sc", "Modifier_Symbol": "Sk", "Other_Symbol": "So",
	"Separator": "Z", "Space_Separator": "Zs", "Line_Separator": "Zl", "Paragraph_Separator": "Zp",
	"Other": "C", "Control": "Cc", "cntrl": "Cc", "Format": "Cf", "Surrogate": "Cs", "Private_Use": "Co", "Unassigned": "Cn",
}

// scripts are the short names of the scripts that people write to each other in.
var scripts = map[string]string{
	"Latn": "Latin", "Cyrl": "Cyrillic", "Grek": "Greek", "Arab": "Arabic", "Hebr": "Hebrew", "Hani": "Han", "Hira": "Hiragana", "Kana": "Katakana", "Hang": "Hangul",
	"Thai": "Thai", "Deva": "Devanagari", "Armn": "Armenian", "Geor": "Georgian", "Beng": "Bengali", "Taml": "Tamil", "Zyyy": "Common", "Zinh": "Inherited",
}

func assigned() runes {
	return union(unicode.L, unicode.M, unicode.N, unicode.P, unicode.S, unicode.Z, unicode.Cc, unicode.Cf, unicode.Cs, unicode.Co)
}

// union gathers tables.
func union(tables ...*unicode.RangeTable) runes {
	var all runes
	add := func(lo, hi, stride rune) {
		if stride == 1 {
			all = append(all, [2]rune{lo, hi})
			return
		}
		for r := lo; r <= hi; r += stride {
			all = append(all, [2]rune{r, r})
		}
	}
	for _, t := range tables {
		for _, r := range t.R16 {
			add(rune(r.Lo), rune(r.Hi), rune(r.Stride))
		}
		for _, r := range t.R32 {
			add(rune(r.Lo), rune(r.Hi), rune(r.Stride))
		}
	}
	slices.SortFunc(all, func(a, b [2]rune) int { return int(a[0] - b[0]) })
	var out runes
	for _, r := range all {
		if n := len(out); n > 0 && r[0] <= out[n-1][1]+1 {
			out[n-1][1] = max(out[n-1][1], r[1])
		} else {
			out = append(out, r)
		}
	}
	return out
}

func complement(set runes) runes {
	var out runes
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

func tableOf(set runes) *unicode.RangeTable {
	t := &unicode.RangeTable{}
	for _, r := range set {
		t.R32 = append(t.R32, unicode.Range32{Lo: uint32(r[0]), Hi: uint32(r[1]), Stride: 1})
	}
	return t
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
