package config

import (
	"strings"
	"testing"
)

// Which addresses a bind and an advertise stand for, in IPv4 and in IPv6.
func TestRTPAddrs(t *testing.T) {
	for name, c := range map[string]struct {
		rtp  RTP
		want string // bind and advertise of IPv4, then of IPv6
	}{
		"IPv4":                   {RTP{Bind: IPs{"127.0.0.1"}}, "127.0.0.1 127.0.0.1, invalid IP invalid IP"},
		"IPv4 behind NAT":        {RTP{Bind: IPs{"0.0.0.0"}, Advertise: IPs{"192.0.2.1"}}, "0.0.0.0 192.0.2.1, invalid IP invalid IP"},
		"IPv6":                   {RTP{Bind: IPs{"2001:db8::1"}}, "invalid IP invalid IP, 2001:db8::1 2001:db8::1"},
		"both":                   {RTP{Bind: IPs{"2001:db8::1", "192.0.2.1"}}, "192.0.2.1 192.0.2.1, 2001:db8::1 2001:db8::1"},
		"both, IPv4 behind NAT":  {RTP{Bind: IPs{"0.0.0.0", "2001:db8::1"}, Advertise: IPs{"192.0.2.1"}}, "0.0.0.0 192.0.2.1, 2001:db8::1 2001:db8::1"},
		"both by ::":             {RTP{Bind: IPs{"::"}, Advertise: IPs{"2001:db8::1", "192.0.2.1"}}, "0.0.0.0 192.0.2.1, :: 2001:db8::1"},
		"IPv6 by ::":             {RTP{Bind: IPs{"::"}, Advertise: IPs{"2001:db8::1"}}, "invalid IP invalid IP, :: 2001:db8::1"},
		"IPv4 by ::":             {RTP{Bind: IPs{"::"}, Advertise: IPs{"192.0.2.1"}}, "0.0.0.0 192.0.2.1, invalid IP invalid IP"},
		"IPv4 in IPv6's writing": {RTP{Bind: IPs{"::ffff:127.0.0.1"}}, "127.0.0.1 127.0.0.1, invalid IP invalid IP"},
	} {
		b4, a4 := c.rtp.Addrs(false)
		b6, a6 := c.rtp.Addrs(true)
		if got := b4.String() + " " + a4.String() + ", " + b6.String() + " " + a6.String(); got != c.want {
			t.Errorf("%s: got %s, want %s", name, got, c.want)
		}
	}
}

// A target of IPv6 is warned of where there is no audio of that.
func TestWarningOfIPv6WithoutAudio(t *testing.T) {
	six := strings.NewReplacer("listen: 127.0.0.1:5060", "listen: '[2001:db8::7]:5060'").Replace(withTrunk("        targets: ['[2001:db8::1]:5060']\n"))
	for text, want := range map[string]string{
		six:                            `x.yaml:19: accounts[0].trunks[0].targets[0]: warning: [2001:db8::1]:5060 is of IPv6, and rtp.bind, 127.0.0.1, is not: a far end of IPv6 alone is silent, or refuses the call. Write rtp.bind: [127.0.0.1, "::"]`,
		six + "        rtp_ip: ipv4\n": "",
		strings.Replace(six, "bind: 127.0.0.1", "bind: [127.0.0.1, '2001:db8::7']", 1): "",
		goodConfig: "",
	} {
		c, err := Parse("x.yaml", []byte(text))
		if err != nil {
			t.Fatal(err)
		}
		var got string
		for _, w := range c.Warnings() {
			if strings.Contains(w, "IPv6") {
				got += w
			}
		}
		if !strings.HasPrefix(got, want) || want == "" && got != "" {
			t.Errorf("got  %s\nwant %s", got, want)
		}
	}
}
