package sip

import (
	"reflect"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

func TestQ850CauseOfReason(t *testing.T) {
	for _, c := range []struct {
		value string
		cause int
		text  string
	}{
		{`Q.850;cause=16;text="Normal"`, 16, "Normal"},
		{`q.850 ; Cause = 17`, 17, ""},
		{`SIP;cause=580;text="Precondition, failed", Q.850;text="a \"b\"; c";cause=21`, 21, `a "b"; c`},
		{`SIP;cause=200;text="Call completed elsewhere"`, 0, ""},
		{`Q.850;cause=0`, 0, ""},
		{`Q.850;cause=0, Q.850;cause=21`, 21, ""},
		{`Q.850;cause=999`, 0, ""},
		{`Q.850;cause=-1`, 0, ""},
		{`Q.850`, 0, ""},
		{``, 0, ""},
		{`"`, 0, ""},
	} {
		if got := q850Of(parseReasons(c.value)); got.Cause != c.cause || got.Text != c.text {
			t.Errorf("%s: %+v", c.value, got)
		}
	}
}

func TestParseReasons(t *testing.T) {
	const redress = "v=analytics1;url=https://example.com;id=12345"
	for _, c := range []struct {
		value string
		want  []ReasonValue
	}{
		// As carriers' manuals show it, and as FreeSWITCH and Asterisk write it.
		{`SIP;cause=603;text="v=analytics1;url=https://example.com;id=12345";location=LN`, []ReasonValue{{"SIP", 603, redress, "LN"}}},
		{`Q.850; cause=21; text="v=analytics1;url=https://example.com;id=12345";location=RPN`, []ReasonValue{{"Q.850", 21, redress, "RPN"}}},
		{`SIP;cause=603, Q.850;cause=17`, []ReasonValue{{"SIP", 603, "", ""}, {"Q.850", 17, "", ""}}},
		{"sip ;\tCAUSE = 603 ; Text = \"Decline\"", []ReasonValue{{"SIP", 603, "Decline", ""}}},
		// The attributes behind the text, or behind one without its quotes.
		{`SIP;cause=603;text="Network Blocked";v=analytics1;url="https://example.com";email="a@example.com";tel=+12025550143;id=7;token=x`,
			[]ReasonValue{{"SIP", 603, "Network Blocked;v=analytics1;url=https://example.com;email=a@example.com;tel=+12025550143;id=7", ""}}},
		{`SIP;cause=603;text=v=analytics1;url=https://example.com;id=12345`, []ReasonValue{{"SIP", 603, redress, ""}}},
		{`SIP;cause=603;v=analytics1`, []ReasonValue{{"SIP", 603, "v=analytics1", ""}}},
		{`SIP;cause=603;text="v=analytics1;url=https://example.com;id=12345`, []ReasonValue{{"SIP", 603, redress, ""}}}, // never closed
		// Quotes, escapes and separators inside of them.
		{`SIP;cause=480;text="gone, \"for good\"; \\ really", Q.850;cause=20;text=absent`,
			[]ReasonValue{{"SIP", 480, `gone, "for good"; \ really`, ""}, {"Q.850", 20, "absent", ""}}},
		// Causes that the protocol does not have.
		{`SIP;cause=99, SIP;cause=700, Q.850;cause=128, FOO;cause=70000, foo;cause=5, SIP;cause="603"`,
			[]ReasonValue{{"SIP", 0, "", ""}, {"SIP", 0, "", ""}, {"Q.850", 0, "", ""}, {"FOO", 0, "", ""}, {"FOO", 5, "", ""}, {"SIP", 603, "", ""}}},
		{"SIP;cause=603;text=\"a\x1b[31mb\x00c\x07\r\n d\x7f\xc2\x9b31m\xff\u202ee\"", []ReasonValue{{"SIP", 603, "a [31mb c d 31m\ufffd e", ""}}},
		{``, nil}, {` , ;cause=5 `, nil},
	} {
		if got := parseReasons(c.value); !reflect.DeepEqual(got, c.want) {
			t.Errorf("%q\n got %+v\nwant %+v", c.value, got, c.want)
		}
	}
	if got := parseReasons(strings.Repeat("SIP;cause=603,", 1000)); len(got) != maxReasons {
		t.Errorf("%d values", len(got))
	}
	if got := parseReasons(`SIP;cause=603;text="` + strings.Repeat("é", 60000) + `"`); len(got) != 1 || got[0].Text != strings.Repeat("é", maxText)+"…" {
		t.Errorf("%d values, %.100v", len(got), got)
	}
}

func FuzzParseReasons(f *testing.F) {
	f.Add(`SIP;cause=580, Q.850;cause=16;text="Normal"`)
	f.Add(`Q.850;cause=1;text="\"`)
	f.Add(`SIP;cause=603;text="v=analytics1;url=https://example.com";location=RLN`)
	f.Add("SIP;cause=603;text=\"\x1b[2J\xff\u202e\";v=\x9b;url=\"")
	f.Fuzz(func(t *testing.T, value string) {
		all := parseReasons(value)
		if len(all) > maxReasons {
			t.Fatalf("%d values", len(all))
		}
		for _, r := range all {
			for _, s := range []string{r.Protocol, r.Text, r.Location} {
				checkPrintable(t, s, maxText)
			}
			if r.Protocol == "" || r.Cause < 0 || r.Protocol == protocolQ850 && r.Cause > 127 || r.Protocol == protocolSIP && r.Cause > 699 {
				t.Errorf("%+v", r)
			}
			if r.Protocol != protocolQ850 || r.Cause == 0 {
				continue
			}
			again := parseReasons(Cause{r.Cause, r.Text}.String())
			if len(again) != 1 || again[0].Cause != r.Cause || again[0].Text != r.Text {
				t.Errorf("%+v was written and read as %+v", r, again)
			}
		}
	})
}

// checkPrintable holds that a text may be shown anywhere.
func checkPrintable(t *testing.T, s string, most int) {
	t.Helper()
	if n := utf8.RuneCountInString(s); n > most+1 || !utf8.ValidString(s) || strings.ContainsFunc(s, func(r rune) bool { return !unicode.IsPrint(r) }) {
		t.Errorf("%d characters: %.200q", n, s)
	}
}
