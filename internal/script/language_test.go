package script_test

import (
	"context"
	"encoding/json"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"
	_ "time/tzdata" // zones mean the same on every machine

	"ringflow/internal/script"
)

// evaluate runs an expression as the whole of a function.
func evaluate(t *testing.T, expression string) string {
	t.Helper()
	source := "try { return {r: String(" + expression + ")} } catch (e) { return {r: 'throws ' + e} }"
	out, err := script.Local{Limit: time.Minute}.Call(context.Background(), "", source, []byte("{}"))
	if err != nil {
		return "fails: " + err.Error()
	}
	var v struct{ R string }
	if err := json.Unmarshal(out, &v); err != nil {
		t.Fatal(err)
	}
	return v.R
}

const moment = "new Date(Date.UTC(2026, 0, 15, 17, 5, 9))" // a Thursday

// What flows do with letters, numbers and dates gives what ECMA-262 and ECMA-402
// say, with the names and signs of CLDR.
func TestTheLanguageMeansWhatItMeansElsewhere(t *testing.T) {
	for expression, want := range map[string]string{
		// Unicode property escapes (ECMA-262 §22.2.1).
		`/\p{L}/u.test('é')`:                             "true",
		`/\p{L}/u.test('p{L}'.slice(1))`:                 "true",
		`/\p{L}/u.test('1{}')`:                           "false",
		`/^\p{L}+$/u.test('Müller')`:                     "true",
		`/^\p{Letter}+$/u.test('Ольга')`:                 "true",
		`/\P{L}/u.test('1')`:                             "true",
		`/\P{L}/u.test('ö')`:                             "false",
		`/[^\p{L}]/u.test('é')`:                          "false",
		`/[\p{L}\s-]+/u.exec('Anna-Lena Groß, 7')[0]`:    "Anna-Lena Groß",
		`/[\P{L}]/u.test('é')`:                           "false",
		`'Müller, Groß & Söhne'.match(/\p{L}+/gu)`:       "Müller,Groß,Söhne",
		`'a1é٣'.replace(/\P{L}/gu, '')`:                  "aé",
		`/\p{Nd}/u.test('٣')`:                            "true",
		`/\p{gc=Lu}/u.test('É') && !/\p{Lu}/u.test('é')`: "true",
		`/\p{Script=Cyrillic}/u.test('Ж')`:               "true",
		`/\p{sc=Grek}/u.test('α')`:                       "true",
		`/\p{Alphabetic}/u.test('a')`:                    "true",
		`/^\p{Uppercase}\p{Lowercase}$/u.test('Öl')`:     "true",
		`/\p{Sc}/u.exec('5 €')[0]`:                       "€",
		`/\p{P}/u.test('…')`:                             "true",
		`/\p{L}/u.test('𝒜')`:                             "true",
		`/^\p{Lu}/iu.test('é')`:                          "true",
		`/\p{L}/.test('p{L}')`:                           "true", // without u these are letters and braces
		`new RegExp('^\\p{L}+$', 'u').test('Ünïcode')`:   "true",
		`RegExp('\\p{Nope}', 'u')`:                       `throws SyntaxError: Invalid regular expression: /\p{Nope}/: invalid property name: \p{Nope} is not known here`,
		`new RegExp(/a/g).flags + RegExp('b').source`:    "gb",
		`/a/ instanceof RegExp && /a/.constructor === RegExp && new RegExp('a') instanceof RegExp`: "true",
		`'aXb'.split(/x/i).join()`: "a,b",
		`class2 = (() => { class R extends RegExp { twice() { return this.source + this.source } } return new R('a').twice() })()`: "throws ReferenceError: class2 is not defined",
		`(() => { class R extends RegExp { twice() { return this.source + this.source } } return new R('a').twice() })()`:          "aa",
		// The rest of regular expressions.
		`/(?<=€)\d+/.exec('€42')[0]`:                            "42",
		`/(?<!\d)7/.test('17')`:                                 "false",
		`/(?<y>\d{4})-(?<m>\d\d)/.exec('2026-11').groups.m`:     "11",
		`'2026-11'.replace(/(?<y>\d+)-(?<m>\d+)/, '$<m>.$<y>')`: "11.2026",
		`/^.$/u.test('😀') && !/^.$/.test('😀')`:                  "true",
		`/a.b/s.test('a\nb')`:                                   "true",
		`[...'a1b2'.matchAll(/\d/g)].join()`:                    "1,2",
		// Numbers (ECMA-402 §15).
		`(1234567.891).toLocaleString()`:                                                                   "1,234,567.891",
		`(1234567.891).toLocaleString('de-DE')`:                                                            "1.234.567,891",
		`(1234567.891).toLocaleString('de')`:                                                               "1.234.567,891",
		`(1234567.891).toLocaleString('fr-FR')`:                                                            "1\u202f234\u202f567,891",
		`(1234.5).toLocaleString('es-ES')`:                                                                 "1234,5",
		`(12345.5).toLocaleString('es-ES')`:                                                                "12.345,5",
		`(12345678.9).toLocaleString('en-IN')`:                                                             "1,23,45,678.9",
		`(1234.5).toLocaleString('de-CH')`:                                                                 "1'234.5",
		`(-1234.5).toLocaleString('sv-SE')`:                                                                "−1\u00a0234,5",
		`(1234.5).toLocaleString('de-DE', {style: 'currency', currency: 'EUR'})`:                           "1.234,50\u00a0€",
		`(-1234.5).toLocaleString('en-US', {style: 'currency', currency: 'USD'})`:                          "-$1,234.50",
		`(1234.5).toLocaleString('ja-JP', {style: 'currency', currency: 'JPY'})`:                           "￥1,235",
		`(0.125).toLocaleString('de-DE', {style: 'percent'})`:                                              "13\u00a0%",
		`(1234.5).toLocaleString('en-US', {minimumFractionDigits: 2})`:                                     "1,234.50",
		`(5).toLocaleString('en-US', {minimumIntegerDigits: 2})`:                                           "05",
		`(1234.5).toLocaleString('en-US', {useGrouping: false})`:                                           "1234.5",
		`(2.345).toLocaleString('en-US', {maximumFractionDigits: 2})`:                                      "2.35",
		`(-0).toLocaleString('en-US') + NaN.toLocaleString('de-DE') + (-Infinity).toLocaleString('de-DE')`: "-0NaN-∞",
		`12345678901234567890n.toLocaleString('de-DE')`:                                                    "12.345.678.901.234.567.890",
		`[1234.5, null, 'x'].toLocaleString('de-DE')`:                                                      "1.234,5,,x",
		`new Intl.NumberFormat('pl-PL', {style: 'currency', currency: 'PLN'}).format(12345.5)`:             "12\u00a0345,50\u00a0zł",
		`(16).toString(16)`:                                                            "10",
		`(1).toLocaleString('tlh')`:                                                    "throws RangeError",
		`(1).toLocaleString('en-US', {notation: 'compact'})`:                           "throws RangeError: option notation is not known here",
		`(1).toLocaleString('en-US', {style: 'currency', currency: 'XYZ'})`:            "throws RangeError",
		`(1.005).toFixed(2) + (0.5).toFixed(0) + (2.5).toFixed(0) + (1.45).toFixed(1)`: "1.00131.4",
		`Math.round(-0.5) + Math.round(2.5) + Math.round(-2.5)`:                        "1",
		// Dates (ECMA-402 §11), in the zone that is asked for.
		moment + `.toLocaleString('de-DE', {timeZone: 'Europe/Berlin'})`:                                                                      "15.1.2026, 18:05:09",
		moment + `.toLocaleString('en-US', {timeZone: 'America/New_York'})`:                                                                   "1/15/2026, 12:05:09 PM",
		moment + `.toLocaleString('en-GB', {timeZone: 'UTC'})`:                                                                                "15/01/2026, 17:05:09",
		moment + `.toLocaleDateString('en-US', {timeZone: 'Asia/Tokyo'})`:                                                                     "1/16/2026",
		moment + `.toLocaleDateString('sv-SE', {timeZone: 'UTC'})`:                                                                            "2026-01-15",
		moment + `.toLocaleTimeString('de-DE', {timeZone: 'Europe/Berlin'})`:                                                                  "18:05:09",
		moment + `.toLocaleTimeString('en-US', {timeZone: 'UTC', hour: 'numeric', minute: '2-digit'})`:                                        "5:05 PM",
		moment + `.toLocaleTimeString('en-US', {timeZone: 'UTC', hour12: false})`:                                                             "17:05:09",
		moment + `.toLocaleDateString('de-DE', {weekday: 'long', timeZone: 'UTC'})`:                                                           "Donnerstag",
		moment + `.toLocaleDateString('de-DE', {weekday: 'long', day: 'numeric', month: 'long', year: 'numeric', timeZone: 'UTC'})`:           "Donnerstag, 15. Januar 2026",
		moment + `.toLocaleDateString('fr-FR', {day: 'numeric', month: 'long', timeZone: 'UTC'})`:                                             "15 janvier",
		moment + `.toLocaleDateString('pl-PL', {day: 'numeric', month: 'long', timeZone: 'UTC'})`:                                             "15 stycznia",
		moment + `.toLocaleDateString('pl-PL', {month: 'long', timeZone: 'UTC'})`:                                                             "styczeń",
		moment + `.toLocaleDateString('en-US', {month: 'long', timeZone: 'UTC'})`:                                                             "January",
		moment + `.toLocaleDateString('en-GB', {day: '2-digit', month: '2-digit', year: 'numeric', timeZone: 'UTC'})`:                         "15/01/2026",
		moment + `.toLocaleString('en-US', {dateStyle: 'full', timeStyle: 'short', timeZone: 'UTC'})`:                                         "Thursday, January 15, 2026 at 5:05 PM",
		`new Intl.DateTimeFormat('es-ES', {timeZone: 'Europe/Madrid', dateStyle: 'long'}).format(` + moment + `)`:                             "15 de enero de 2026",
		`new Date(Date.UTC(2026, 2, 29, 0, 59)).toLocaleTimeString('de-DE', {timeZone: 'Europe/Berlin', hour: '2-digit', minute: '2-digit'})`: "01:59",
		`new Date(Date.UTC(2026, 2, 29, 1, 0)).toLocaleTimeString('de-DE', {timeZone: 'Europe/Berlin', hour: '2-digit', minute: '2-digit'})`:  "03:00",
		`new Date(NaN).toLocaleDateString('de-DE')`:                                                                                           "Invalid Date",
		`new Date(0).toLocaleString('de-DE', {timeZone: 'Mars/Base'})`:                                                                        "throws RangeError: invalid time zone specified: Mars/Base",
		`new Date(0).toLocaleString('de-DE', {timeZoneName: 'short'})`:                                                                        "throws RangeError: option timeZoneName is not known here",
		`new Date('2026-01-15').toISOString()`:                                                                                                "2026-01-15T00:00:00.000Z", // a date alone is UTC (§21.4.1.32)
		`new Date('2026-01-15T10:00:00+02:00').toISOString()`:                                                                                 "2026-01-15T08:00:00.000Z",
		`new Date('15.01.2026').getTime()`:                                                                                                    "NaN",
		`new Date(2026, 0, 31).getMonth()`:                                                                                                    "0",
		// Letters in their order and case.
		`['z', 'ä', 'a', 'Z'].sort((x, y) => x.localeCompare(y)).join('')`:  "aäzZ",
		`'ä'.localeCompare('z', 'de') + ',' + 'ä'.localeCompare('z', 'sv')`: "-1,1",
		`'10'.localeCompare('9', undefined, {numeric: true})`:               "1",
		`'a'.localeCompare('A', 'en', {sensitivity: 'base'})`:               "0",
		`'résumé'.localeCompare('resume', 'fr', {sensitivity: 'base'})`:     "0",
		`'résumé'.localeCompare('Résumé', 'fr', {sensitivity: 'accent'})`:   "0",
		`['ö', 'z', 'o'].sort(new Intl.Collator('sv').compare).join('')`:    "ozö",
		`'i'.toLocaleUpperCase('tr') + 'I'.toLocaleLowerCase('tr')`:         "İı",
		`'straße'.toUpperCase()`:                                            "STRASSE",
		`'é'.normalize('NFD').replace(/[\u0300-\u036f]/g, '')`:              "e",
		`'ﬁ'.normalize('NFKC')`:                                             "fi",
		`'7'.padStart(3, '0') + 'x'.padEnd(3, 'ab')`:                        "007xab",
		`Array.from({length: 100}, (_, i) => ({k: i % 3, i})).sort((a, b) => a.k - b.k).every((x, i, a) => !i || a[i - 1].k !== x.k || a[i - 1].i < x.i)`: "true",
		`[3, 20, 100].sort().join()`: "100,20,3",
	} {
		got := evaluate(t, expression)
		if got != want && !(strings.HasPrefix(want, "throws RangeError") && !strings.Contains(want, ":") && strings.HasPrefix(got, want)) {
			t.Errorf("%s is %q, want %q", expression, got, want)
		}
	}
}

// What would fail at the customer's call, or mean something else than elsewhere, is
// told before, with its line and with what to write instead.
func TestWhatMeansSomethingElseHereIsRefused(t *testing.T) {
	for source, want := range map[string]string{
		"let a = 1\nsetTimeout(() => 1, 5)":                               "line 2: setTimeout is not there: wait with a step",
		"return {a: await2(fetch('http://x'))}":                           "line 1: fetch is not there",
		"console.log(args)\nreturn {}":                                    "line 1: console is not there",
		"return {a: new URL(args.u).host}":                                "URL is not there",
		"return {a: btoa('x')}":                                           "btoa is not there",
		"return {\na: /\\p{Emoji}/u.test(args.x)}":                        `line 2:4: invalid property name: \p{Emoji} is not known here`,
		"return {a: args.n.toLocaleString('tlh')}":                        `locale "tlh" is not known here`,
		"return {a: args.n.toLocaleString('de-LU')}":                      "de-AT, de-CH, de-DE",
		"return {a: new Intl.NumberFormat('xx').format(1)}":               `locale "xx" is not known here`,
		"return {a: (1).toLocaleString('en-US',\n{notation: 'compact'})}": "line 2: option notation is not known here",
		"return {a: new Date('15.01.2026').getTime()}":                    `"15.01.2026" is no date that every engine reads alike: write it as 2026-01-31`,
		"return {a: Date.parse('01/02/2026')}":                            `"01/02/2026" is no date`,
		"return {a: new Date('2026-01-15 10:00')}":                        "2026-01-31T10:00:00Z",
		"return {a: /(?:(a)|b)*/.exec(args.x)[1]}":                        "line 1: /(?:(a)|b)*/: a group in parentheses",
		"return {a: /((x)|(y))+/.exec(args.x)[1]}":                        "a group in parentheses",
		"return {a: /(?:(a)?b)+/.exec(args.x)[1]}":                        "a group in parentheses",
		"return {a: /a/v}":                                                "Invalid flags",
	} {
		err := script.Validate(source)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: got %v, want %s", source, err, want)
		}
	}
	for _, source := range []string{
		"const URL = 'x'; return {URL}",
		"function fetch() { return 1 } return {a: fetch()}",
		"const {console} = args; return {a: console}",
		"const {x: fetch, ...crypto} = args; const [URL] = args.y; return {a: fetch, crypto, URL}",
		"return {a: ((process) => process)(1)}",
		"try { x() } catch (crypto) { return {a: crypto} }",
		"if (typeof console !== 'undefined') console.log(1); return {}",
		"return {a: args.URL, b: args.fetch, require: 1}",
		"return {a: new Date('2026-01-15'), b: new Date('2026-01-15T10:00:00Z'), c: new Date(args.d), d: new Date(2026, 0, 1), e: new Date('2026-01-15T10:00')}",
		"return {a: /(\\d+,)*/.exec(args.x), b: /(?:(a)b)+/.exec(args.x), c: /(a|b)*/.exec(args.x), d: /(a)|(b)/.exec(args.x), e: /[(|)*]+/.exec(args.x), f: /\\((a|b)\\)*/.exec(args.x)}",
		"return {a: args.n.toLocaleString(args.locale), b: args.n.toLocaleString('en_US'), c: args.d.toLocaleDateString('de', {timeZone: 'Europe/Berlin'})}",
		"return {a: new Intl.NumberFormat('de-DE').format(1), b: Intl}",
	} {
		if err := script.Validate(source); err != nil {
			t.Errorf("%q: %v", source, err)
		}
	}
}

// A comment cannot make the engine read a file: this one never ends.
func TestNoFileIsReadForASourceMap(t *testing.T) {
	for _, source := range []string{
		"return {a: 1}\n//# sourceMappingURL=/dev/zero",
		"return {a: eval('1\\n//# sourceMappingURL=/dev/zero')}",
		"return {a: new Function('return 1\\n//# sourceMappingURL=/dev/zero')()}",
	} {
		if err := script.Validate(source); err != nil {
			t.Errorf("%q: %v", source, err)
		}
		out, err := script.Local{Limit: time.Minute}.Call(context.Background(), "", source, []byte("{}"))
		if err != nil || string(out) != `{"a":1}` {
			t.Errorf("%q: %s, %v", source, out, err)
		}
	}
}

// Local time is that of the server.
func TestAChildLivesInTheZoneOfTheServer(t *testing.T) {
	t.Setenv("TZ", "Asia/Tokyo")
	out, err := child.Call(t.Context(), "", "return {h: new Date(Date.UTC(2026, 0, 15, 17)).getHours(), t: new Date(0).toLocaleTimeString('de-DE')}", []byte("{}"))
	if err != nil || string(out) != `{"h":2,"t":"09:00:00"}` {
		t.Errorf("%s, %v", out, err)
	}
}

// The manual names the engine as it is built in.
func TestTheManualNamesTheEngine(t *testing.T) {
	mod, err := os.ReadFile("../../go.mod")
	if err != nil {
		t.Fatal(err)
	}
	manual, err := os.ReadFile("../../docs/javascript.md")
	if err != nil {
		t.Fatal(err)
	}
	version := regexp.MustCompile(`github\.com/dop251/goja (\S+)`).FindSubmatch(mod)
	if version == nil || !strings.Contains(string(manual), string(version[1])) {
		t.Errorf("docs/javascript.md does not name goja %s", version)
	}
}
