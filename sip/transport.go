package sip

import (
	"net/netip"
	"time"
)

// transport carries messages over one transport protocol (RFC 3261 §18). Its methods
// may be called by any number of goroutines, and none waits for the far end.
type transport interface {
	// protocol is the name in Via and in the transport parameter of a URI.
	protocol() Transport
	// reliable says that transactions retransmit nothing over it.
	reliable() bool
	// send sends a message, and returns the connection that carries it, nil if there is
	// none.
	send(raw []byte, to netip.AddrPort) (connection, error)
	// responseAddr is where the response to a request from an address is sent
	// (§18.2.2); v is the top Via of the request.
	responseAddr(v via, from netip.AddrPort) netip.AddrPort
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
}

// Transport names a transport protocol, as the transport parameter of a URI does.
type Transport string

// The transports.
const (
	UDP Transport = "udp"
	TCP Transport = "tcp"
)

// transports has one line for each.
var transports = []struct {
	name Transport
	open func(*Agent) transport
}{
	{UDP, openUDP},
	{TCP, openTCP},
}

// Transports are the transports that a trunk may use.
func Transports() (names []Transport) {
	for _, t := range transports {
		names = append(names, t.name)
	}
	return names
}

func (h hop) send(raw []byte) error {
	_, err := h.transport.send(raw, h.addr)
	return err
}
