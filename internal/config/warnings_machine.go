package config

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
)

// maxShownAddresses is how many addresses of a machine a warning shows.
const maxShownAddresses = 8

// WarningsOn are the warnings of a configuration that can be used, on a machine whose
// interfaces have these addresses with their networks: of addresses to listen on that it does
// not have. Each has file, line and key.
func (c *Config) WarningsOn(machine []netip.Prefix) (all []string) {
	for _, key := range []struct {
		at     string
		values []string
		beside string // what goes with the address that stands for every one
	}{
		{"$.http.listen", []string{c.HTTP.Listen}, ""},
		{"$.sip.listen", c.SIP.Listen, " and in sip.advertise the one that peers reach"},
		{"$.sip.tls.listen", c.SIP.TLS.Listen, " and in sip.tls.advertise the one that peers reach"},
		{"$.rtp.bind", c.RTP.Bind, " and in rtp.advertise the one that peers reach"},
	} {
		for _, value := range key.values {
			own := hostOf(value).WithZone("")
			if own.IsUnspecified() || slices.ContainsFunc(machine, func(p netip.Prefix) bool { return isOn(p, own) }) {
				continue
			}
			every := "0.0.0.0"
			if own.Is6() {
				every = "::"
			}
			all = append(all, c.ErrorAt(key.at, fmt.Errorf("warning: %s is no address of this machine, which has %s: serve does not start here. Write one that it has, or %s%s, unless the file is for another machine",
				own, shownAddresses(machine, own.Is6()), every, key.beside)).Error())
		}
	}
	return all
}

// isOn says whether an interface with an address and its network takes what is sent to a. One of
// loopback takes all of an IPv4 network.
func isOn(p netip.Prefix, a netip.Addr) bool {
	return p.Addr().WithZone("") == a || p.Addr().Is4() && p.Addr().IsLoopback() && p.Masked().Contains(a)
}

// shownAddresses are the addresses of one IP version, but for those of a link.
func shownAddresses(machine []netip.Prefix, ipv6 bool) string {
	var shown []string
	for _, p := range machine {
		if a := p.Addr(); a.Is6() == ipv6 && !a.IsLinkLocalUnicast() {
			shown = append(shown, a.String())
		}
	}
	n := len(shown)
	switch {
	case n == 0 && ipv6:
		return "none of IPv6"
	case n == 0:
		return "none of IPv4"
	case n > maxShownAddresses:
		shown = append(shown[:maxShownAddresses:maxShownAddresses], fmt.Sprintf("%d more", n-maxShownAddresses))
	}
	last := len(shown) - 1
	if last == 0 {
		return shown[0]
	}
	return strings.Join(shown[:last], ", ") + " and " + shown[last]
}
