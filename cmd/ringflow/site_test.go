//go:build interop

package main_test

import (
	"fmt"
	"net/netip"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// layout is the addresses of a site, and whether its gateway translates.
type layout struct {
	outside, inside string // the first three bytes, with the dot
	translates      bool
}

// Sites whose phones' audio comes from where SDP says, and from elsewhere.
var (
	routed           = layout{"10.8.0.", "192.168.77.", false}
	translated       = layout{"10.8.0.", "192.168.77.", true}
	translatedPublic = layout{"198.51.100.", "203.0.113.", true}
)

// site is a network of phones behind a gateway, and beyond the gateway the
// server, each in a network namespace of its own:
//
//	server 10.8.0.1 --- 10.8.0.6 gateway 192.168.77.1 --- 192.168.77.20, .21, .22 phones
//
// The server has a route to the phones' own addresses, as through a VPN. The
// world of the site is the server's.
type site struct {
	*world
	layout
	server  *namespace
	gateway *namespace
	phones  int // how many have been made
}

// host is where a phone is: a network namespace and the address in it.
type host struct {
	*namespace
	address string
}

// sip is where the phone takes SIP.
func (p host) sip() netip.AddrPort {
	return netip.AddrPortFrom(netip.MustParseAddr(p.address), 5060)
}

// newSite makes a site. If its gateway translates, the phones' audio comes from
// its address, from ports of its own choosing, and what is sent to the address
// that a phone says in its SDP is lost unless it is SIP. Otherwise audio comes
// from where SDP says.
func newSite(t *testing.T, l layout) *site {
	t.Helper()
	s := &site{layout: l, server: newNamespace(t), gateway: newNamespace(t)}
	dir := t.TempDir()
	s.world = &world{t: t, addr: netip.MustParseAddr(l.outside + "1"), dir: dir, data: filepath.Join(dir, "data"),
		program: program, inside: s.server.do, attributes: endsWithTest()}
	s.server.wire("wan", s.gateway, "wan")
	s.server.ip("address add " + l.outside + "1/24 dev wan")
	s.server.ip("route add " + l.inside + "0/24 via " + s.outer().address)
	s.gateway.ip("address add " + s.outer().address + "/24 dev wan")
	s.gateway.ip("link add lan type bridge")
	s.gateway.ip("address add " + s.inner().address + "/24 dev lan")
	s.gateway.ip("link set lan up")
	s.gateway.set("ipv4/ip_forward", "1")
	// Whether audio really comes from where the test wants it is counted at the
	// server's door.
	s.server.run(fmt.Sprintf(`table ip sources {
		counter stated {}
		counter gateway {}
		chain input {
			type filter hook input priority filter
			ip saddr %[1]s0/24 udp dport %[3]d-%[4]d counter name stated
			ip saddr %[2]s udp dport %[3]d-%[4]d counter name gateway
		}
	}`, l.inside, s.outer().address, rtpMin, rtpMax), "nft", "-f", "-")
	if l.translates {
		s.gateway.run(fmt.Sprintf(`table ip translation {
			chain stated {
				type filter hook prerouting priority raw
				iifname wan ip daddr %[1]s0/24 udp dport != 5060 drop
			}
			chain source {
				type nat hook postrouting priority srcnat
				oifname wan ip saddr %[1]s0/24 udp dport %[2]d-%[3]d snat to %[4]s:40000-49999 fully-random
			}
		}`, l.inside, rtpMin, rtpMax, s.outer().address), "nft", "-f", "-")
	}
	return s
}

// outer is the gateway as the server sees it.
func (s *site) outer() host { return host{s.gateway, s.outside + "6"} }

// inner is the gateway as the phones see it.
func (s *site) inner() host { return host{s.gateway, s.layout.inside + "1"} }

// phone makes the place of a phone.
func (s *site) phone() host {
	s.t.Helper()
	p := host{newNamespace(s.t), s.layout.inside + strconv.Itoa(20+s.phones)}
	port := "phone" + strconv.Itoa(s.phones)
	s.phones++
	p.wire("lan", s.gateway, port)
	s.gateway.ip("link set " + port + " master lan")
	p.ip("address add " + p.address + "/24 dev lan")
	p.ip("route add default via " + s.inner().address)
	return p
}

// heardFrom is how many RTP packets came to the server from the phones' own
// addresses, and how many from the gateway's.
func (s *site) heardFrom() (phones, gateway int) {
	s.t.Helper()
	var name string
	for line := range strings.Lines(s.server.run("", "nft", "list", "counters", "table", "ip", "sources")) {
		switch f := strings.Fields(line); {
		case len(f) > 2 && f[0] == "counter":
			name = f[1]
		case len(f) > 1 && f[0] == "packets":
			n, err := strconv.Atoi(f[1])
			if err != nil {
				s.t.Fatalf("nft's counter %s: %v", name, err)
			}
			if name == "stated" {
				phones = n
			} else {
				gateway = n
			}
		}
	}
	return phones, gateway
}

// checkSources expects audio to have come from the phones' own addresses, from
// the gateway's, or from both: otherwise the test was not about what it says.
func (s *site) checkSources(fromPhones, fromGateway bool) {
	s.t.Helper()
	phones, gateway := s.heardFrom()
	s.t.Logf("%d packets came from the phones' own addresses, %d from the gateway's", phones, gateway)
	if phones > 0 != fromPhones || gateway > 0 != fromGateway {
		s.t.Errorf("%d packets came from the phones' own addresses and %d from the gateway's; wanted are any: %t and %t",
			phones, gateway, fromPhones, fromGateway)
	}
}

// speak waits until so many phones have sent audio for so long, a packet of 20 ms
// after the other.
func (s *site) speak(phones int, long time.Duration) {
	s.t.Helper()
	came := func() int { phones, gateway := s.heardFrom(); return phones + gateway }
	want := came() + phones*int(long/(20*time.Millisecond))
	within(s.t, 3*long+startLimit, fmt.Sprintf("%d phones have spoken for %s", phones, long), func() string {
		if n := came(); n < want {
			return fmt.Sprintf("%d packets are missing", want-n)
		}
		return ""
	})
}
