package sip

import (
	"net/netip"
	"slices"
	"strings"
	"testing"
)

func TestParseVia(t *testing.T) {
	for _, c := range []struct {
		text, host string
		port       uint16
		branch     string
	}{
		{"SIP/2.0/UDP 192.0.2.1:5070;branch=z9hG4bKa;rport", "192.0.2.1", 5070, "z9hG4bKa"},
		{"SIP / 2.0 / UDP first.example.com: 4000;ttl=16 ;maddr=224.2.0.1 ;branch=z9hG4bKa7c6a8dlze.1", "first.example.com", 4000, "z9hG4bKa7c6a8dlze.1"},
		{"SIP / 2.0 / UDP host ; branch = z9hG4bKa", "host", 5060, "z9hG4bKa"},
		{"SIP\t/2.0/\tUDP \t host : 5080 ;\tbranch\t=\tz9hG4bKa\t;rport", "host", 5080, "z9hG4bKa"},
		{"SIP/2.0\r\n /UDP\r\n    192.0.2.2\r\n\t;branch\r\n =\r\n z9hG4bKa", "192.0.2.2", 5060, "z9hG4bKa"},
		{"SIP/2.0/UDP [2001:db8::9:1]:6050;branch=z9hG4bKa", "2001:db8::9:1", 6050, "z9hG4bKa"},
		{"SIP/2.0/UDP [2001:db8::9:1] ; branch=z9hG4bKa", "2001:db8::9:1", 5060, "z9hG4bKa"},
		{"SIP/2.0/TLS host;BRANCH=z9hG4bKa", "host", 5060, "z9hG4bKa"},
		{`SIP/2.0/UDP host;x="a;branch=no, \" ";branch=z9hG4bKa , SIP/2.0/UDP other`, "host", 5060, "z9hG4bKa"},
		{"SIP/2.0/UDP host", "host", 5060, ""},
		{"SIP/2.0/UDP host;rport;branch=z9hG4bKa;", "host", 5060, "z9hG4bKa"},
	} {
		v, err := parseVia(c.text)
		branch := paramOf(v.params, "branch")
		if err != nil || v.host != c.host || v.sentPort() != c.port || branch != c.branch ||
			v.protocol != "SIP" || v.version != "2.0" {
			t.Errorf("%q: %+v, %v", c.text, v, err)
		}
	}
	for _, text := range []string{"", "SIP/2.0/UDP", "SIP/2.0/UDP ", "SIP/2.0 host", "SIP/2.0/UDP ;branch=x", "SIP/2.0/UDP host:x",
		"SIP/2.0/UDP host:65536", "SIP/2.0/UDP [::1;branch=x", "SIP/2.0/UDP []", `SIP/2.0/UDP host;x="`, "SIP/2.0/UDP host two;x",
		"/2.0/UDP host", "SIP//UDP host", "S@P/2.0/UDP host"} {
		if v, err := parseVia(text); err == nil {
			t.Errorf("%q was read as %+v", text, v)
		}
	}
}

// The table of RFC 3261 §18.2.1 and RFC 3581 §4: all but received and rport stays.
func TestViaIsStampedWithTheSource(t *testing.T) {
	for _, c := range []struct{ text, from, want string }{
		{"SIP/2.0/UDP 192.0.2.1:5060;branch=z9", "192.0.2.1:5060", "SIP/2.0/UDP 192.0.2.1:5060;branch=z9"},
		{"SIP/2.0/UDP 192.0.2.1;branch=z9", "192.0.2.1:4444", "SIP/2.0/UDP 192.0.2.1;branch=z9"},
		{"SIP/2.0/UDP 10.1.1.1;branch=z9", "192.0.2.1:4444", "SIP/2.0/UDP 10.1.1.1;branch=z9;received=192.0.2.1"},
		{"SIP/2.0/UDP pc.example;branch=z9", "192.0.2.1:5060", "SIP/2.0/UDP pc.example;branch=z9;received=192.0.2.1"},
		{"SIP/2.0/UDP 192.0.2.1;rport;branch=z9", "192.0.2.1:4444", "SIP/2.0/UDP 192.0.2.1;rport=4444;branch=z9;received=192.0.2.1"},
		{"SIP/2.0/UDP 192.0.2.1;branch=z9;RPORT", "192.0.2.1:4444", "SIP/2.0/UDP 192.0.2.1;branch=z9;RPORT=4444;received=192.0.2.1"},
		{"SIP/2.0/UDP 192.0.2.1;rport=9;branch=z9", "192.0.2.1:4444", "SIP/2.0/UDP 192.0.2.1;rport=4444;branch=z9;received=192.0.2.1"},
		{"SIP/2.0/UDP 192.0.2.1;rport = 9 ;branch=z9", "192.0.2.1:4444", "SIP/2.0/UDP 192.0.2.1;rport = 4444 ;branch=z9;received=192.0.2.1"},
		{"SIP/2.0/UDP 192.0.2.1;rport=;branch=z9", "192.0.2.1:4444", "SIP/2.0/UDP 192.0.2.1;rport=4444;branch=z9;received=192.0.2.1"},
		{"SIP/2.0/UDP h;received=6.6.6.6;rport=9;branch=z9", "192.0.2.1:4444", "SIP/2.0/UDP h;received=192.0.2.1;rport=4444;branch=z9"},
		{"SIP/2.0/UDP 192.0.2.1;branch=z9;received=6.6.6.6", "192.0.2.1:5060", "SIP/2.0/UDP 192.0.2.1;branch=z9;received=192.0.2.1"},
		{"SIP / 2.0 / UDP h ; branch = z9  ,SIP/2.0/UDP x;rport=7", "192.0.2.1:5060", "SIP / 2.0 / UDP h ; branch = z9;received=192.0.2.1  ,SIP/2.0/UDP x;rport=7"},
		{"SIP/2.0/UDP h;rport;", "192.0.2.1:1", "SIP/2.0/UDP h;rport=1;received=192.0.2.1;"},
		{"SIP/2.0/UDP [2001:DB8:0::1]:5060;branch=z9", "[2001:db8::1]:5060", "SIP/2.0/UDP [2001:DB8:0::1]:5060;branch=z9"},
		{"SIP/2.0/UDP [2001:db8::2];branch=z9;rport", "[fe80::1%eth0]:7", "SIP/2.0/UDP [2001:db8::2];branch=z9;rport=7;received=fe80::1"},
	} {
		v, err := parseVia(c.text)
		if got := v.withReceived(c.text, netip.MustParseAddrPort(c.from)); err != nil || got != c.want {
			t.Errorf("%q from %s\n got %q\nwant %q (%v)", c.text, c.from, got, c.want, err)
		}
	}
}

func FuzzVia(f *testing.F) {
	f.Add("SIP/2.0/UDP 192.0.2.1:5070;branch=z9hG4bKa;rport")
	f.Add("SIP / 2.0 / UDP [::1] : 5060 ; received = 1.1.1.1 ; rport=9 ; x=\"\\\";\", SIP/2.0/UDP b")
	f.Add("SIP/2.0\r\n /UDP\r\n h;;rport;;")
	from := netip.MustParseAddrPort("192.0.2.99:4321")
	f.Fuzz(func(t *testing.T, text string) {
		v, err := parseVia(text)
		if err != nil {
			return
		}
		stamped := v.withReceived(text, from)
		again, err := parseVia(stamped)
		if err != nil {
			t.Fatalf("%q became %q: %v", text, stamped, err)
		}
		if again.host != v.host || again.port != v.port {
			t.Errorf("%q became another Via: %q", text, stamped)
		}
		if v.hasRport() {
			if now := paramOf(again.params, "rport"); now != "4321" {
				t.Errorf("rport %q became %q", paramOf(v.params, "rport"), now)
			}
		}
		if slices.ContainsFunc(again.params, func(p param) bool { return p.name == "received" && p.value != "192.0.2.99" }) {
			t.Errorf("received is %q in %q", paramOf(again.params, "received"), stamped)
		}
		if twice := again.withReceived(stamped, from); twice != stamped {
			t.Errorf("stamped once %q, twice %q", stamped, twice)
		}
		if tail := text[v.end:]; !strings.HasSuffix(stamped, tail) {
			t.Errorf("what stands behind the top Via changed: %q to %q", text, stamped)
		}
	})
}
