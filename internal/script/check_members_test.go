package script_test

import (
	"os"
	"strings"
	"testing"

	"ringflow/internal/script"
)

// absentIntl are the members of Intl of ECMA-402 that are not there.
var absentIntl = []string{"DisplayNames", "DurationFormat", "ListFormat", "Locale", "PluralRules", "RelativeTimeFormat", "Segmenter", "getCanonicalLocales", "supportedValuesOf"}

// A member that the engine does not have is refused by its name, with what to
// write.
func TestMembersThatAreNotThereAreRefused(t *testing.T) {
	for source, want := range map[string]string{
		"let a = 1\nreturn {a: new Intl.PluralRules('de').select(1)}": "line 2: Intl.PluralRules is not there: write the rules of the language into the function",
		"return {a: Intl['ListFormat']}":                              "line 1: Intl.ListFormat is not there",
		"return {a: Intl.NumberFormat('de').format(1)}":               "line 1: Intl.NumberFormat cannot be called here without new: write new Intl.NumberFormat(…)",
		"return {a: Object.groupBy(args.a, x => x)}":                  "line 1: Object.groupBy is not there: fill an object in a loop",
		"return {[Symbol.asyncIterator]: 1}":                          "line 1: Symbol.asyncIterator is not there",
		"return {a: Array.fromAsync([])}":                             "line 1: Array.fromAsync is not there: use Promise.all",
		"return {a: args.a.isWellFormed()}":                           "line 1: isWellFormed is not there: use encodeURIComponent",
		"return {a: args.a.values().toArray()}":                       "line 1: toArray is not there: write [...iterator]",
		"return {a: args.a.entries().take(2)}":                        "line 1: take is not there: write [...iterator].slice(0, n)",
		"return {a: args.a.matchAll(/x/g).map(x => x[0])}":            "line 1: iterators have no map here: write [...iterator].map(…)",
		"return {a: new Map().values().filter(x => x)}":               "line 1: iterators have no filter here",
		"return {a: args.a.b.keys().some(x => x)}":                    "line 1: iterators have no some here",
		"return {a: new Intl.NumberFormat('de').formatToParts(1)}":    "line 1: formatToParts is not there: put the text together from format",
	} {
		err := script.Validate(source)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: got %v, want %s", source, err, want)
		}
	}
	for _, source := range []string{
		"const Intl = {PluralRules: 1}; return {a: Intl.PluralRules}",
		"class Pile { take() { return 1 } } return {a: new Pile().take()}",
		"const pile = {drop() { return 1 }, toArray: () => []}; return {a: pile.drop(), b: pile.toArray()}",
		"const pile = {}; pile.take = () => 1; return {a: pile.take()}",
		"return {a: args.a.isWellFormed ? args.a.isWellFormed() : true}",
		"return {a: Object.values(args.a).map(x => x), b: [...args.a.matchAll(/x/g)].map(x => x), c: args.a.map(x => x).filter(x => x), d: args.take}",
		"Object.groupBy ??= () => ({}); return {a: Object.groupBy(args.a)}",
		"return {a: Object.groupBy ? Object.groupBy(args.a, x => x) : {}}",
		"return {a: args.a.slice().map(x => x), b: args.a.concat([]).some(x => x)}",
	} {
		if err := script.Validate(source); err != nil {
			t.Errorf("%q: %v", source, err)
		}
	}
}

// What is refused is not there, what is to be written in its place is, and the
// manual names all of it.
func TestMembersThatAreNotThereAreNamedAtRunTime(t *testing.T) {
	manual, err := os.ReadFile("../../docs/javascript.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range absentIntl {
		if got, want := evaluate(t, "new Intl."+name+"('de')"), "throws TypeError: Intl."+name+" is not there"; got != want {
			t.Errorf("Intl.%s is %q, want %q", name, got, want)
		}
		if !strings.Contains(string(manual), "`"+name+"`") {
			t.Errorf("docs/javascript.md does not name Intl.%s", name)
		}
	}
	for _, name := range script.AbsentStatics() {
		if got := evaluate(t, "typeof "+name); got != "undefined" {
			t.Errorf("%s is refused and is a %s", name, got)
		}
		if !strings.Contains(string(manual), "`"+name+"`") {
			t.Errorf("docs/javascript.md does not name %s", name)
		}
	}
	values := "[0, '', /a/g, [], new Map(), new Set(), new Map().values(), [].values(), ''.matchAll(/a/g), (function* () {})(), new Date(0), new Intl.NumberFormat('de'), new Intl.DateTimeFormat('de'), new Uint8Array(1), new ArrayBuffer(1)]"
	for _, name := range script.AbsentMethods() {
		if got := evaluate(t, values+".filter((v) => v["+`"`+name+`"`+"] !== undefined).length"); got != "0" {
			t.Errorf("%s is refused, and %s kinds of values have it", name, got)
		}
		if !strings.Contains(string(manual), "`"+name+"`") {
			t.Errorf("docs/javascript.md does not name %s", name)
		}
	}
	for expression, want := range map[string]string{
		`JSON.parse(JSON.stringify("a\ud800")) === "a\ufffd"`:                         "true",
		`(() => { try { encodeURIComponent("\ud800") } catch { return "threw" } })()`: "threw",
		`"a.b*".replace(/[.*+?^${}()|[\]\\]/g, "\\$&")`:                               `a\.b\*`,
		`"".isWellFormed()`:               "throws TypeError: Object has no member 'isWellFormed'",
		`Object.groupBy([], (x) => x)`:    "throws TypeError: Object has no member 'groupBy'",
		`[].values().map((x) => x)`:       "throws TypeError: Object has no member 'map'",
		`JSON.stringify({...Intl})`:       "{}",
		`new Date(2026, 0).getFullYear()`: "2026",
	} {
		if got := evaluate(t, expression); got != want {
			t.Errorf("%s is %q, want %q", expression, got, want)
		}
	}
}
