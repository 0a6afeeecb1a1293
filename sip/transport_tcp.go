package sip

// openTCP makes the TCP transport of an Agent, at the addresses of its UDP sockets.
func openTCP(a *Agent) (transport, error) {
	return newStreamTransport(a, TCP, a.addrs), nil
}
