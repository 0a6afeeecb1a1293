package sip

import (
	"bytes"
	"net/netip"

	sipmsg "github.com/emiago/sipgo/sip"
)

// icmpKind is what an ICMP error says of the place that a datagram was sent to.
type icmpKind uint8

const (
	icmpOther      icmpKind = iota // nothing that ends a request: see icmpV4
	icmpPort                       // the host is there, nobody listens at the port
	icmpProtocol                   // the host takes no UDP
	icmpHost                       // no way to the host
	icmpNetwork                    // no way to its network
	icmpProhibited                 // somebody on the way, or the host, forbids it
	icmpParameter                  // somebody on the way cannot read the header
)

// icmpV4 is the kind of an ICMP error (RFC 792, RFC 1122 §3.2.2, RFC 1812
// §5.2.7.1). RFC 3261 §18.4 has host, network, port and protocol unreachable and
// parameter problem end a request, and the rest pass: a time exceeded is a loop that
// routing mends, and for "fragmentation needed" the kernel has already taken the
// smaller size, which the next transmission has.
func icmpV4(kind, code uint8) icmpKind {
	const unreachable, parameterProblem = 3, 12
	if kind == parameterProblem {
		return icmpParameter
	}
	if kind != unreachable {
		return icmpOther
	}
	switch code {
	case 0, 6, 11:
		return icmpNetwork
	case 1, 7, 8, 12:
		return icmpHost
	case 2:
		return icmpProtocol
	case 3:
		return icmpPort
	case 9, 10, 13, 14, 15:
		return icmpProhibited
	}
	return icmpOther // 4, fragmentation needed; 5, source route failed: we ask for none
}

// icmpV6 is the kind of an ICMPv6 error (RFC 4443 §3).
func icmpV6(kind, code uint8) icmpKind {
	const unreachable, parameterProblem = 1, 4
	if kind == parameterProblem {
		return icmpParameter
	}
	if kind != unreachable {
		return icmpOther
	}
	switch code {
	case 0, 2:
		return icmpNetwork
	case 1, 5, 6:
		return icmpProhibited
	case 3:
		return icmpHost
	case 4:
		return icmpPort
	}
	return icmpOther
}

// icmpError is an ICMP error that answered a datagram of ours.
type icmpError struct {
	to    netip.AddrPort // where the datagram was sent
	kind  icmpKind
	quote []byte // as much of the datagram as the error brought back; maybe nothing
}

// unreachableError is the error that ends a request whose datagram was answered by an
// ICMP error.
type unreachableError struct {
	to   netip.AddrPort
	kind icmpKind
}

func (u unreachableError) Error() string {
	to := u.to.String()
	switch u.kind {
	case icmpPort:
		return "nobody listens at " + to + " (ICMP port unreachable)"
	case icmpProtocol:
		return "no UDP is taken at " + to + " (ICMP protocol unreachable)"
	case icmpHost:
		return "no way to the host of " + to + " (ICMP host unreachable)"
	case icmpNetwork:
		return "no way to the network of " + to + " (ICMP network unreachable)"
	case icmpProhibited:
		return "a firewall forbids the way to " + to + " (ICMP administratively prohibited)"
	}
	return "the datagram to " + to + " cannot be read on its way (ICMP parameter problem)"
}

// quoted finds the request of ours that an ICMP error brought back. found is false
// if the quote ends before it tells: RFC 792 asks for no more than the ports, and
// some systems send no more. An answer or an ACK of ours is found and is no request
// that waits.
func (e icmpError) quoted() (key clientTransactionKey, found bool) {
	method, rest, _ := bytes.Cut(e.quote, []byte(" "))
	if isResponse(e.quote) {
		return key, true
	}
	_, rest, ok := bytes.Cut(rest, []byte(";branch="))
	end := bytes.IndexAny(rest, ";,\r\n")
	if !ok || end < 0 || !isToken(string(method)) {
		return key, false
	}
	return clientTransactionKey{string(rest[:end]), sipmsg.RequestMethod(method)}, true
}

// icmpContext is what is known of a request when an ICMP error comes for its
// destination.
type icmpContext struct {
	kind     icmpKind
	exact    bool // the error quotes this very request
	answered bool // that address has answered a request of ours before
	failover bool // there is another address or target to call
	sent     int  // how often the request has been sent
}

// acceptedAfter is the transmission whose ICMP error always counts: the third, 3·T1
// (1.5 s) after the first.
const acceptedAfter = 3

// endsRequest says whether an ICMP error ends the request. RFC 3261 §18.4 and §17.1.4
// have it do so at once, and RFC 3263 §4.3 then has the next target called: that is
// done where there is one. Where there is none, two errors are no proof:
//
//   - An address that has answered before is a server that starts again: its port is
//     closed for a moment, and the next transmission finds it. Requests inside a call
//     go to such an address, too.
//   - Host and network unreachable may come of routes that are just changing: "only a
//     hint, not proof" (RFC 1122 §3.2.2.1).
//
// Those count when the third transmission meets them as well. An error that does not
// quote the request can be forged (RFC 5927 §4): it counts for an address that never
// answered and for no other.
func (c icmpContext) endsRequest() bool {
	switch {
	case c.kind == icmpOther, !c.exact && c.answered:
		return false
	case c.failover, c.sent >= acceptedAfter:
		return true
	case c.answered, c.kind == icmpHost, c.kind == icmpNetwork:
		return false
	}
	return true
}

// scanRate is how often a second all requests are looked through for those to one
// destination: ICMP errors can be forged.
const scanRate = 50

// onICMPError takes an ICMP error that answered a datagram of this Agent: for the
// request that it quotes, or for all to an address that has never answered.
func (a *Agent) onICMPError(to hop, e icmpError) {
	if e.kind == icmpOther {
		return
	}
	key, exact := e.quoted()
	if !exact && !a.scanLimit.allowUpTo(scanRate) {
		return // retransmissions bring further ones
	}
	c := &a.clientTransactions
	c.mu.Lock()
	var found []*clientTransaction
	_, answered := c.answered[e.to]
	if t := c.waiting[key]; exact && t != nil && t.to == to {
		found = append(found, t)
	} else if !exact && !answered {
		for _, t := range c.waiting {
			if t.to == to {
				found = append(found, t)
			}
		}
	}
	c.mu.Unlock()
	for _, t := range found {
		t.onICMPError(icmpContext{kind: e.kind, exact: exact, answered: answered})
	}
}

// onICMPError ends the transaction if an ICMP error does. One that has a provisional
// response goes on.
func (t *clientTransaction) onICMPError(c icmpContext) {
	t.mu.Lock()
	defer t.mu.Unlock()
	c.sent, c.failover = t.sent, t.failover
	if tagOf(t.req.To().Params) != "" {
		c.answered = true // inside a call
	}
	if t.timer == nil || t.provisional || !c.endsRequest() {
		return
	}
	t.timer.Stop()
	t.timer = nil
	t.fail(unreachableError{t.to.addr, c.kind})
}
