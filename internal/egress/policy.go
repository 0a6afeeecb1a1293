package egress

import (
	"errors"
	"net"
	"net/netip"
	"slices"
	"syscall"
	"time"
)

// reserved are the networks that are no part of the public Internet: the entries
// of the IANA IPv4 and IPv6 Special-Purpose Address Registries that are not
// globally reachable, those that netip has a method for left out, and what leads on
// from IPv6 to an IPv4 address that was not checked (64:ff9b::/96, 2002::/16).
var reserved = prefixes(
	"0.0.0.0/8", "100.64.0.0/10", "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "198.18.0.0/15", "198.51.100.0/24",
	"203.0.113.0/24", "240.0.0.0/4", "2001::/23", "2001:db8::/32", "2002::/16", "3ffe::/16", "3fff::/20",
)

// cloudServices are public addresses under which clouds answer their own machines
// alone, with metadata and credentials: Azure's host, IBM's services.
var cloudServices = prefixes("168.63.129.16/32", "161.26.0.0/16", "166.8.0.0/14")

// global is the allocated part of IPv6 (RFC 4291 §2.4). Addresses outside of it are
// reserved, local, or IPv4 addresses in IPv6 form.
var global = netip.MustParsePrefix("2000::/3")

// errNotPublic holds no address: it is an error of journals.
var errNotPublic = errors.New("where it leads is no public address")

func prefixes(ss ...string) []netip.Prefix {
	var out []netip.Prefix
	for _, s := range ss {
		out = append(out, netip.MustParsePrefix(s))
	}
	return out
}

// public reports whether an address belongs to the public Internet.
func public(a netip.Addr) bool {
	a = a.Unmap().WithZone("")
	if !a.IsValid() || a.IsLoopback() || a.IsPrivate() || a.IsLinkLocalUnicast() || a.IsMulticast() || a.IsUnspecified() || a.IsInterfaceLocalMulticast() {
		return false
	}
	contains := func(p netip.Prefix) bool { return p.Contains(a) }
	return (a.Is4() || global.Contains(a)) && !slices.ContainsFunc(reserved, contains) && !slices.ContainsFunc(cloudServices, contains)
}

// dialer returns a dialer that connects to public addresses only. It checks the
// address after the name was resolved, so that neither a redirect nor a second
// answer of the DNS leads past it.
func dialer(private bool) *net.Dialer {
	d := &net.Dialer{Timeout: 5 * time.Second, KeepAlive: 30 * time.Second}
	if private {
		return d
	}
	d.Control = func(_, address string, _ syscall.RawConn) error {
		a, err := netip.ParseAddrPort(address)
		if err != nil || !public(a.Addr()) {
			return errNotPublic
		}
		return nil
	}
	return d
}
