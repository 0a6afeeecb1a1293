package media

import (
	"net/netip"

	"golang.org/x/sys/unix"
)

// ipVersion is an index: of IPv4, or of IPv6.
type ipVersion uint8

const (
	ipv4 ipVersion = iota
	ipv6
	ipVersions
)

// versionOf is the IP version of an address; an IPv4-mapped one is of IPv4.
func versionOf(a netip.Addr) ipVersion {
	if a.Is6() && !a.Is4In6() {
		return ipv6
	}
	return ipv4
}

// localAddr is where a plane has its ports in one IP version. The zero value is none.
type localAddr struct{ bind, advertise netip.Addr }

// portSockets are the sockets of a port, one for each IP version; -1: none.
type portSockets [ipVersions]int

// close closes the sockets.
func (s *portSockets) close() {
	for _, fd := range s {
		if fd >= 0 {
			_ = unix.Close(fd)
		}
	}
}

// has reports whether there is a socket of an IP version.
func (s *portSockets) has(v ipVersion) bool { return s[v] >= 0 }
