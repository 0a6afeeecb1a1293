package sip

import (
	"fmt"
	"net/netip"
	"slices"
	"time"
	"unique"
)

// transport carries messages over one transport protocol (RFC 3261 §18). Its methods
// may be called by any number of goroutines, and none waits for the far end.
type transport interface {
	// protocol is the name in Via and in the transport parameter of a URI.
	protocol() Transport
	// reliable says that transactions retransmit nothing over it.
	reliable() bool
	// local are the addresses at which it is reached.
	local() *localAddrs
	// send sends a message, and returns the connection that carries it, nil if there is
	// none.
	send(raw []byte, to hop) (connection, error)
	// responseHop is where the response to a request is sent (§18.2.2); v is the top Via
	// of the request, and from where that came from.
	responseHop(v via, from hop) hop
	close() error
}

// connection is one of a stream transport.
type connection interface {
	// silent reports that a request sent over it at a time has no response.
	silent(sent time.Time)
}

// maxMessage is the length of the longest message that is read.
const maxMessage = 65535

// hop is an address and the transport by which it is reached.
type hop struct {
	transport transport
	addr      netip.AddrPort
	// peer is whom a certificate must name there; zero where the transport has no
	// certificates, or where the far end opened the connection.
	peer unique.Handle[tlsPeer]
}

// Transport names a transport protocol, as the transport parameter of a URI does.
type Transport string

// The transports.
const (
	UDP Transport = "udp"
	TCP Transport = "tcp"
	TLS Transport = "tls"
	// Auto is the transport that DNS names for a target (NAPTR and SRV, RFC 3263 §4.1), and
	// UDP for one of which it names none, or that has an address or a port.
	Auto Transport = "auto"
)

// transportKind is a transport protocol, and what makes its transport for an Agent.
type transportKind struct {
	name Transport
	open func(*Agent) (transport, error)
}

// transportKinds has one line for each.
func transportKinds() []transportKind {
	return []transportKind{
		{UDP, openUDP},
		{TCP, openTCP},
		{TLS, openTLS},
	}
}

// Transports are the transports that a trunk may use.
func Transports() (names []Transport) {
	for _, t := range transportKinds() {
		names = append(names, t.name)
	}
	return names
}

// port is the one of an address that names none (RFC 3261 §19.1.2).
func (t Transport) port() uint16 {
	if t == TLS {
		return 5061
	}
	return defaultPort
}

// isSecure says that the hop was written as sips:, so that requests to it are for a SIPS
// URI.
func (h hop) isSecure() bool { return h.peer != (hop{}).peer && h.peer.Value().secure }

func (h hop) send(raw []byte) error {
	_, err := h.transport.send(raw, h)
	return err
}

// localAddrs are the addresses at which a transport is reached, one for each IP version
// that it has.
type localAddrs struct {
	bound      []netip.AddrPort // of its sockets; may be every address of the machine
	advertised []netip.AddrPort // what Via and Contact name
	unheard    bool             // far ends cannot open connections to them
}

// newLocalAddrs makes the addresses of sockets. What is advertised for an IP version
// stands in place of the socket's own address.
func newLocalAddrs(bound, advertised []netip.AddrPort) (*localAddrs, error) {
	l := &localAddrs{bound: bound, advertised: advertised}
	for _, b := range bound {
		if _, known := sameVersion(advertised, b.Addr()); known {
			continue
		}
		if !b.Addr().IsUnspecified() {
			l.advertised = append(l.advertised[:len(l.advertised):len(l.advertised)], b)
		} else if len(advertised) == 0 {
			return nil, fmt.Errorf("listen for SIP: Advertise must be set to an address that others reach, for Conn is bound to %s", b)
		}
	}
	for _, a := range l.advertised {
		if a.Addr().IsUnspecified() {
			return nil, fmt.Errorf("listen for SIP: Advertise %s is not an address that others reach", a)
		}
	}
	return l, nil
}

// toward is the address that messages to another name as ours: that of the same IP
// version, if there is one.
func (l *localAddrs) toward(to netip.Addr) netip.AddrPort {
	if a, ok := sameVersion(l.advertised, to); ok {
		return a
	}
	return l.advertised[0]
}

// versions says whether IPv4 and IPv6 can be sent to.
func (l *localAddrs) versions() [2]bool {
	v4 := slices.ContainsFunc(l.bound, func(a netip.AddrPort) bool { return a.Addr().Is4() })
	v6 := slices.ContainsFunc(l.bound, func(a netip.AddrPort) bool { return a.Addr().Is6() })
	both := len(l.bound) == 1 && l.bound[0].Addr() == netip.IPv6Unspecified()
	return [2]bool{v4 || both, v6}
}

// boundIndex is which of the sockets sends there.
func (l *localAddrs) boundIndex(to netip.Addr) int {
	for i, b := range l.bound {
		if isSameVersion(b.Addr(), to) {
			return i
		}
	}
	return 0
}

// sameVersion finds the address of the IP version of another.
func sameVersion(of []netip.AddrPort, as netip.Addr) (netip.AddrPort, bool) {
	for _, a := range of {
		if isSameVersion(a.Addr(), as) {
			return a, true
		}
	}
	return netip.AddrPort{}, false
}

func isSameVersion(a, b netip.Addr) bool { return a.Unmap().Is4() == b.Unmap().Is4() }
