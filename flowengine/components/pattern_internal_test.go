package components

import (
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"
)

// FuzzPattern holds that what is compiled is within its bounds and finds what the
// expression does, and that nothing else than a bound refuses an expression.
func FuzzPattern(f *testing.F) {
	for _, s := range []string{
		"a", "(a?){20}b", "[a-z]+", "a{1000}a{1000}a{1000}a{1000}", strings.Repeat("a{1000}", 6), "(", "[", `\`, `\x{110000}`, `[!-\x{1e900}]`, `(?i)[а-яё]+`,
		`[\x{4e00}-\x{9fff}]`, `(?i)[\x{4e00}-\x{9fff}]`, strings.Repeat(`\pL`, 300), "a-", "-", "[--a]", "(?:){1000}", "x{2,}", "a|b|", "", "\xff",
	} {
		f.Add(s, "a aaab", true)
		f.Add(s, "a aaab", false)
	}
	f.Fuzz(func(t *testing.T, expression, value string, ignoreCase bool) {
		p, err := compilePattern(expression, ignoreCase)
		if ignoreCase {
			expression = "(?i)" + expression
		}
		if err != nil && len(expression) < 200 && strings.Contains(err.Error(), "no regular expression") {
			if _, plain := regexp.Compile(expression); plain == nil {
				t.Errorf("%q is refused: %v", expression, err)
			}
		}
		if err != nil {
			if utf8.ValidString(expression) && len(expression) > 20 && strings.Contains(err.Error(), expression) {
				t.Errorf("the error holds the expression: %v", err)
			}
			return
		}
		if p.states < 1 || p.states > maxProgram || p.work > maxReading+60*maxProgram {
			t.Errorf("%q has %d states after %d units of work", expression, p.states, p.work)
		}
		if len(value) < 100 && p.MatchString(value) != regexp.MustCompile(expression).MatchString(value) {
			t.Errorf("%q finds another thing", expression)
		}
	})
}

// TestPatternsWithinTheirBounds tells on which side of the bounds expressions are.
func TestPatternsWithinTheirBounds(t *testing.T) {
	for expression, want := range map[string]string{
		strings.Repeat("a{1000}", 4):                          "",
		strings.Repeat("a{1000}", 5) + "b":                    "repeats too much",
		strings.Repeat("a{1000}", 142):                        "repeats too much",
		`^[\p{L}\p{N} .'-]{2,50}$`:                            "",
		`(?i)^[а-яё]+[ -][а-яё]+$`:                            "",
		`(?i)[\x{4e00}-\x{9fff}]`:                             "",
		`(?i)[!-\x{1e900}]`:                                   "too large ones",
		strings.Repeat(`\pL`, 300):                            "too many classes",
		strings.Repeat("a", maxPattern+1):                     "1001 bytes, and 1000 are allowed",
		`a(`:                                                  "missing closing )",
		strings.TrimSuffix(strings.Repeat("word|", 200), "|"): "",
	} {
		_, err := compilePattern(expression, false)
		if (want == "") != (err == nil) || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%.40q: %v, want %q", expression, err, want)
		}
	}
}
