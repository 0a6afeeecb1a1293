package config

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"
)

// TestWarningsOn: an address to listen on that the machine does not have is warned of under its
// key, with those that it has.
func TestWarningsOn(t *testing.T) {
	prefixes := func(texts ...string) (all []netip.Prefix) {
		for _, text := range texts {
			all = append(all, netip.MustParsePrefix(text))
		}
		return all
	}
	usual := prefixes("127.0.0.1/8", "10.0.0.5/24", "::1/128", "2001:db8::5/64", "fe80::5/64")
	var many []netip.Prefix
	for i := range 10 {
		many = append(many, netip.MustParsePrefix(fmt.Sprintf("10.0.%d.1/24", i)))
	}
	const here = ": serve does not start here. Write one that it has, or "
	for name, c := range map[string]struct {
		listen, bind string
		machine      []netip.Prefix
		want         []string
	}{
		"its own":         {"10.0.0.5:5060", "10.0.0.5", usual, nil},
		"loopback":        {"127.9.8.7:5060", "127.0.0.1", usual, nil},
		"every":           {"0.0.0.0:5060\n  advertise: 192.0.2.1:5060", "0.0.0.0\n  advertise: 192.0.2.1", usual, nil},
		"every of IPv6":   {"'[::]:5060'\n  advertise: '[2001:db8::1]:5060'", "'::'\n  advertise: 2001:db8::1", usual, nil},
		"its own of IPv6": {"'[2001:db8::5]:5060'", "'2001:db8::5'", usual, nil},
		"mapped":          {"'[::ffff:10.0.0.5]:5060'", "10.0.0.5", usual, nil},
		"of its network": {"10.0.0.6:5060", "10.0.0.5", usual, []string{
			"x.yaml:4: sip.listen: warning: 10.0.0.6 is no address of this machine, which has 127.0.0.1 and 10.0.0.5" + here + "0.0.0.0 and in sip.advertise the one that peers reach, unless the file is for another machine"}},
		"both": {"192.0.2.7:5060", "192.0.2.8", usual, []string{
			"x.yaml:4: sip.listen: warning: 192.0.2.7 is no address", "x.yaml:6: rtp.bind: warning: 192.0.2.8 is no address"}},
		"one of a list": {"['10.0.0.5:5060', '[2001:db8::7]:5060']", "10.0.0.5", usual, []string{
			"x.yaml:4: sip.listen: warning: 2001:db8::7 is no address of this machine, which has ::1 and 2001:db8::5" + here + ":: and in sip.advertise the one that peers reach, "}},
		"no IPv6": {"['127.0.0.1:5060', '[2001:db8::7]:5060']", "[127.0.0.1, '2001:db8::7']", prefixes("127.0.0.1/8"), []string{
			"which has none of IPv6" + here + ":: and in sip.advertise the one that peers reach, ", "rtp.bind"}},
		"many": {"192.0.2.7:5060", "10.0.0.1", slices.Concat(prefixes("127.0.0.1/8"), many), []string{
			"which has 127.0.0.1, 10.0.0.1, 10.0.1.1, 10.0.2.1, 10.0.3.1, 10.0.4.1, 10.0.5.1, 10.0.6.1 and 3 more" + here}},
	} {
		text := strings.NewReplacer("listen: 127.0.0.1:5060", "listen: "+c.listen, "bind: 127.0.0.1", "bind: "+c.bind, "127.0.0.1:5070", "sip.example.com").Replace(goodConfig)
		parsed, err := Parse("x.yaml", []byte(text))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		got := parsed.WarningsOn(c.machine)
		if len(got) != len(c.want) {
			t.Errorf("%s: the warnings are %q, want %q", name, got, c.want)
			continue
		}
		for i, want := range c.want {
			if !strings.Contains(got[i], want) {
				t.Errorf("%s: warned of %s, want %s", name, got[i], want)
			}
		}
	}
}

// TestWarningsOnHTTP: the API and SIP over TLS listen as well.
func TestWarningsOnHTTP(t *testing.T) {
	machine := []netip.Prefix{netip.MustParsePrefix("127.0.0.1/8")}
	for listen, warned := range map[string]bool{"192.0.2.7:8080": true, "127.0.0.1:8080": false, "0.0.0.0:8080": false} {
		c, err := Parse("x.yaml", []byte(strings.Replace(goodConfig, "listen: 127.0.0.1:8080", "listen: "+listen, 1)))
		if err != nil {
			t.Errorf("%s: %v", listen, err)
			continue
		}
		if got := c.WarningsOn(machine); (len(got) == 1 && strings.Contains(got[0], "http.listen: warning: 192.0.2.7 is no address")) != warned || !warned && len(got) > 0 {
			t.Errorf("%s: the warnings are %q", listen, got)
		}
		c.SIP.TLS.Listen = Addresses{"192.0.2.9:5061"}
		if got := strings.Join(c.WarningsOn(machine), "\n"); !strings.Contains(got, "sip.tls.listen: warning: 192.0.2.9 is no address") {
			t.Errorf("the warnings are %q", got)
		}
	}
}
