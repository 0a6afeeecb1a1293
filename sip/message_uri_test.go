package sip

import (
	"strings"
	"testing"
)

func TestURIKeepsItsText(t *testing.T) {
	for _, c := range []struct{ text, user, host string }{
		{"sip:alice@192.0.2.1:5060;transport=udp", "alice", "192.0.2.1"},
		{"sip:192.0.2.1", "", "192.0.2.1"},
		{`sip:gw@192.0.2.1;x="a b";lr`, "", ""}, // a blank is no part of a URI, quoted or not
		{`sip:gw@192.0.2.1;x="a;<b>c";y='z';ob`, "gw", "192.0.2.1"},
		{`sip:gw@192.0.2.1;x="a;b";y='z';ob`, "gw", "192.0.2.1"},
		{`sip:gw@192.0.2.1;x="a@b"`, "gw", "192.0.2.1"},
		{`sip:192.0.2.1;x="a@b"`, "", "192.0.2.1"},
		{"sip:+1202%35550123;npdi;rn=+1555@Carrier.EXAMPLE:5060;User=phone;LR;;a=;b", "+1202%35550123;npdi;rn=+1555", "Carrier.EXAMPLE"},
		{"sip:a%40b:p%3Aw@h;method=INVITE?Subject=x%20y&Replaces=1", "a%40b", "h"},
		{"sip:a:@h:0;lr=on", "a", "h"},
		{"sip:a@[2001:DB8::1]:5060;lr", "a", "[2001:DB8::1]"},
		{"sip:@h", "", "h"},
		{"SIPS:a@h", "a", "h"},
		{"sip://a@h;lr", "a", "h"},
		{"sip:a@h:;lr", "a", "h"},
		{"sip:f-1?x@h", "f-1?x", "h"},
		{"tel:+1-202-555-0123;phone-context=\"x\"", "", ""},
		{"urn:service:sos", "", ""},
	} {
		u, err := parseURI(c.text)
		if strings.Contains(c.text, " ") {
			if err == nil {
				t.Errorf("%q was read as %+v", c.text, u)
			}
			continue
		}
		if err != nil || u.String() != c.text || u.User != c.user || u.Host != c.host {
			t.Errorf("%q: %q, user %q, host %q, %v", c.text, u.String(), u.User, u.Host, err)
		}
		if again := u.Clone().String(); again != c.text {
			t.Errorf("%q is cloned as %q", c.text, again)
		}
	}
	for _, text := range []string{"", "sip", "sip:", "sip:@", "sip:a@", "sip:a@:5060", "sip:a@h:99999", "sip:a@[::1", "sip:a@[]", "1sip:h",
		"<sip:h>", "sip:h\x00", "sip:a@h]:5", "sip:a b@h"} {
		if u, err := parseURI(text); err == nil && text != "sip:a@h]:5" {
			t.Errorf("%q was read as %+v", text, u)
		}
	}
}

func TestTargetHasNoHeaderFields(t *testing.T) {
	for text, want := range map[string]string{
		"sip:a@h;x=\"?\"?Subject=a": "sip:a@h;x=\"?\"",
		"sip:a@h?x=y?z":             "sip:a@h",
		"sip:a?b@h;lr":              "sip:a?b@h;lr",
		"sip:a@h?":                  "sip:a@h",
	} {
		u, err := parseURI(text)
		if target := asTarget(u); err != nil || target.String() != want || target.Headers.Length() != 0 {
			t.Errorf("%q is called as %q, want %q (%v)", text, target.String(), want, err)
		}
	}
}

func FuzzURI(f *testing.F) {
	for _, text := range []string{"sip:a:b@h:5060;lr;x=\"q\"?y=z", "sips:[::1]:1", "tel:+1;x", "sip://u;p@h:;;lr", "sip:h?"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		u, err := parseURI(text)
		if err != nil {
			return
		}
		if u.String() != text {
			t.Errorf("%q is written as %q", text, u.String())
		}
		if target := asTarget(u); !strings.HasPrefix(text, target.String()) || target.Headers.Length() != 0 || target.Host != u.Host || target.Port != u.Port {
			t.Errorf("%q is called as %q", text, target.String())
		}
		if strings.ContainsAny(text, " \t\r\n\x00") {
			t.Errorf("%q breaks its request line", text)
		}
		if a, end, err := parseAddress("<" + text + ">, x"); err != nil || a.uri != text || end != len(text)+2 {
			t.Errorf("%q breaks its header field: %+v, %v", text, a, err)
		}
	})
}

func TestAddresses(t *testing.T) {
	for value, want := range map[string]string{
		`<sip:a@h>`: "sip:a@h",
		`"B, \"<C>\"" <sip:a@h;x="1,2">;q=0.5, <sip:b>`:  `sip:a@h;x="1,2"|sip:b`,
		`B C <sip:a@h> ; q = 1 ,sip:b@h;q="a,b" , <c:d>`: "sip:a@h|sip:b@h|c:d",
		`<sip:a@h;i="<urn:x>">;expires=1`:                `sip:a@h;i="<urn:x>"`,
		`<sip:a@h;i="x>,<sip:b>`:                         `sip:a@h;i="x|sip:b`,
		`sip:a@h`:                                        "sip:a@h",
		`<sip:a@h>;x="`:                                  "",
		`"B <sip:a@h>`:                                   "",
		`<sip:a@h`:                                       "",
		`<>`:                                             "",
		`<sip:a@h> x`:                                    "",
		`, <sip:a@h>`:                                    "",
	} {
		list, err := addresses(value)
		var got []string
		for _, a := range list {
			got = append(got, a.uri)
		}
		if strings.Join(got, "|") != want || (err != nil) != (want == "") {
			t.Errorf("%s: %q, %v", value, got, err)
		}
	}
}

func FuzzAddresses(f *testing.F) {
	f.Add(`"B, \"<C>\"" <sip:a@h;x="1,2">;q=0.5, <sip:b>`)
	f.Add(`a,b;c="`)
	f.Fuzz(func(t *testing.T, value string) {
		list, _ := addresses(value)
		for _, a := range list {
			if a.uri == "" || !strings.Contains(value, a.uri) {
				t.Errorf("%q has no address %q", value, a.uri)
			}
		}
	})
}
