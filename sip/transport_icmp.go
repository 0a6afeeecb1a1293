package sip

import (
	"bytes"
	"fmt"
	"net/netip"

	sipmsg "github.com/emiago/sipgo/sip"
)

// icmpKind is what an ICMP error says of the address that a datagram was sent to.
type icmpKind uint8

const (
	icmpOther      icmpKind = iota // nothing that ends a request
	icmpPort                       // the host is up, the port is closed
	icmpProtocol                   // the host does not do UDP
	icmpHost                       // no route to the host
	icmpNetwork                    // no route to its network
	icmpProhibited                 // forbidden by a router or the host
	icmpParameter                  // a router cannot read the header
)

// icmpKindOf is the kind of an ICMP error. Those that end a request: RFC 3261 §18.4 has
// host, network, port and protocol unreachable and parameter problem. The rest pass: a
// time exceeded is a loop that routing mends, and for "fragmentation needed" the kernel
// has already taken the smaller size, which the next transmission has.
func icmpKindOf(v6 bool, icmpType, code uint8) icmpKind {
	switch {
	case !v6 && icmpType == 12, v6 && icmpType == 4:
		return icmpParameter
	case !v6 && icmpType == 3 && int(code) < len(icmpUnreachable):
		return icmpUnreachable[code]
	case v6 && icmpType == 1 && int(code) < len(icmpV6Unreachable):
		return icmpV6Unreachable[code]
	}
	return icmpOther
}

var (
	// icmpUnreachable are the kinds of destination unreachable by its code: RFC 792,
	// RFC 1122 §3.2.2, RFC 1812 §5.2.7.1.
	icmpUnreachable = [...]icmpKind{
		0: icmpNetwork, 6: icmpNetwork, 11: icmpNetwork,
		1: icmpHost, 7: icmpHost, 8: icmpHost, 12: icmpHost,
		2: icmpProtocol, 3: icmpPort,
		9: icmpProhibited, 10: icmpProhibited, 13: icmpProhibited, 14: icmpProhibited, 15: icmpProhibited,
	}
	// icmpV6Unreachable are those of RFC 4443 §3.
	icmpV6Unreachable = [...]icmpKind{
		0: icmpNetwork, 2: icmpNetwork, 3: icmpHost, 4: icmpPort,
		1: icmpProhibited, 5: icmpProhibited, 6: icmpProhibited,
	}
)

// icmpError is an ICMP error that answered a datagram of ours.
type icmpError struct {
	to    netip.AddrPort // where the datagram was sent
	kind  icmpKind
	quote []byte // as much of the datagram as the error brought back; maybe nothing
}

// icmpTexts say why a request to an address ends.
var icmpTexts = [...]string{
	icmpPort:       "nobody listens at %s (ICMP port unreachable)",
	icmpProtocol:   "no UDP is taken at %s (ICMP protocol unreachable)",
	icmpHost:       "no way to the host of %s (ICMP host unreachable)",
	icmpNetwork:    "no way to the network of %s (ICMP network unreachable)",
	icmpProhibited: "a firewall forbids the way to %s (ICMP administratively prohibited)",
	icmpParameter:  "the datagram to %s cannot be read on its way (ICMP parameter problem)",
}

// quoted finds the request of ours that an ICMP error brought back. found is false if
// the quote is too short: RFC 792 asks for no more than the ports, and some systems send
// no more. A response or an ACK of ours is found, and is no request that waits.
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

// acceptedAfter is the transmission whose ICMP error always counts: the third, 3·T1
// (1.5 s) after the first.
const acceptedAfter = 3

// endedBy says whether an ICMP error for the destination of the request ends it. exact
// says that the error quotes this very request, answered that the address has answered a
// request of ours before. RFC 3261 §18.4 and §17.1.4 have it do so at once, and RFC 3263
// §4.3 then has the next target called: that is done where there is one. Where there is
// none, two errors are no proof:
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
func (t *clientTransaction) endedBy(kind icmpKind, exact, answered bool) bool {
	switch {
	case kind == icmpOther, !exact && answered:
		return false
	case t.failover, t.sent >= acceptedAfter:
		return true
	case answered, kind == icmpHost, kind == icmpNetwork:
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
	if !exact && !a.scanLimit.allow(scanRate) {
		return // retransmissions bring further ones
	}
	c := &a.clientTransactions
	c.mu.Lock()
	found := []*clientTransaction{c.waiting[key]}
	_, answered := c.answered[e.to]
	c.mu.Unlock()
	if !exact {
		found = c.find(func(t *clientTransaction) bool { return !answered && t.to == to })
	}
	for _, t := range found {
		if t != nil && t.to == to {
			t.onICMPError(e.kind, exact, answered)
		}
	}
}

// onICMPError ends the transaction if an ICMP error does. One that has a provisional
// response goes on.
func (t *clientTransaction) onICMPError(kind icmpKind, exact, answered bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	answered = answered || t.insideCall()
	if t.timer != nil && !t.provisional && t.endedBy(kind, exact, answered) {
		t.end(fmt.Errorf(icmpTexts[kind], t.to.addr))
	}
}
