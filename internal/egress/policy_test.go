package egress

import (
	"net/netip"
	"strings"
	"testing"
)

// special are the entries of the IANA IPv4 and IPv6 Special-Purpose Address
// Registries, multicast (RFC 5771, RFC 4291) and what they replaced, each with
// whether flows may go there.
var special = map[string]bool{
	"0.0.0.0/8":          false, // "this network"
	"0.0.0.0/32":         false, // this host
	"10.0.0.0/8":         false, // private use
	"100.64.0.0/10":      false, // shared address space; Alibaba's metadata
	"127.0.0.0/8":        false, // loopback
	"169.254.0.0/16":     false, // link-local; metadata of most clouds
	"172.16.0.0/12":      false, // private use
	"192.0.0.0/24":       false, // IETF protocol assignments; Oracle's metadata
	"192.0.0.0/29":       false, // IPv4 service continuity
	"192.0.0.8/32":       false, // IPv4 dummy address
	"192.0.0.9/32":       false, // port control protocol anycast
	"192.0.0.10/32":      false, // traversal using relays around NAT anycast
	"192.0.0.170/31":     false, // NAT64/DNS64 discovery
	"192.0.2.0/24":       false, // documentation
	"192.31.196.0/24":    true,  // AS112-v4
	"192.52.193.0/24":    true,  // AMT
	"192.88.99.0/24":     false, // deprecated: 6to4 relay anycast
	"192.168.0.0/16":     false, // private use
	"192.175.48.0/24":    true,  // direct delegation AS112 service
	"198.18.0.0/15":      false, // benchmarking
	"198.51.100.0/24":    false, // documentation
	"203.0.113.0/24":     false, // documentation
	"224.0.0.0/4":        false, // multicast
	"240.0.0.0/4":        false, // reserved
	"255.255.255.255/32": false, // limited broadcast

	"::1/128":           false, // loopback
	"::/128":            false, // unspecified
	"::/96":             false, // deprecated: IPv4-compatible
	"::ffff:10.0.0.0/8": false, // IPv4-mapped, of a private one
	"64:ff9b::/96":      false, // IPv4-IPv6 translation
	"64:ff9b:1::/48":    false, // IPv4-IPv6 translation
	"100::/64":          false, // discard-only
	"100:0:0:1::/64":    false, // dummy prefix
	"2001::/23":         false, // IETF protocol assignments
	"2001::/32":         false, // Teredo
	"2001:2::/48":       false, // benchmarking
	"2001:10::/28":      false, // deprecated: ORCHID
	"2001:20::/28":      false, // ORCHIDv2
	"2001:30::/28":      false, // drone remote ID
	"2001:db8::/32":     false, // documentation
	"2002::/16":         false, // 6to4
	"2620:4f:8000::/48": true,  // direct delegation AS112 service
	"3ffe::/16":         false, // returned: 6bone
	"3fff::/20":         false, // documentation
	"5f00::/16":         false, // segment routing SIDs
	"fc00::/7":          false, // unique-local; metadata of Amazon and Google
	"fe80::/10":         false, // link-local
	"fec0::/10":         false, // deprecated: site-local
	"ff00::/8":          false, // multicast

	"168.63.129.16/32": false, // Azure's host
	"161.26.0.0/16":    false, // IBM's services
	"166.8.0.0/14":     false, // IBM's services
	"168.63.129.17/32": true,
	"8.8.8.8/32":       true,
	"99.255.255.0/24":  true,
	"100.128.0.0/24":   true,
	"172.32.0.0/24":    true,
	"2001:200::/32":    true, // the first that is given out
	"2606:4700::/32":   true,
	"2a00:1450::/32":   true,
	"3fff:1000::/20":   true,
	"4000::/3":         false, // not given out
	"fe80::1%eth0/128": false,
}

func TestWhereRequestsMayGo(t *testing.T) {
	for text, want := range special {
		a, bits, _ := strings.Cut(text, "/")
		first, err := netip.ParseAddr(a)
		if err != nil {
			t.Fatal(err)
		}
		addresses := []netip.Addr{first}
		if p, err := netip.ParsePrefix(text); err == nil && first.Zone() == "" && !first.Is4In6() {
			addresses = append(addresses, middle(p), last(p))
		} else if err == nil && bits == "" {
			t.Fatal(text)
		}
		for _, at := range addresses {
			if got := public(at); got != want {
				t.Errorf("%s of %s: public is %t", at, text, got)
			}
			if at.Is4() && public(netip.AddrFrom16(at.As16())) != want {
				t.Errorf("%s of %s: another answer when it is written as IPv6", at, text)
			}
		}
	}
}

// last returns the last address of a network, middle one in its middle.
func last(p netip.Prefix) netip.Addr {
	b := p.Addr().AsSlice()
	for i := p.Bits(); i < len(b)*8; i++ {
		b[i/8] |= 0x80 >> (i % 8)
	}
	a, _ := netip.AddrFromSlice(b)
	return a
}

func middle(p netip.Prefix) netip.Addr {
	b := p.Addr().AsSlice()
	if i := p.Bits(); i < len(b)*8 {
		b[i/8] |= 0x80 >> (i % 8)
	}
	a, _ := netip.AddrFromSlice(b)
	return a
}
