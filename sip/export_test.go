package sip

import (
	"net/netip"
	"time"
)

// EndsRequest says whether an ICMP error of that kind and code ends a request.
func EndsRequest(v6 bool, kind, code uint8, exact, answered, failover bool, sent int) bool {
	t := clientTransaction{failover: failover, sent: sent}
	return t.endedBy(icmpKindOf(v6, kind, code), exact, answered)
}

// Quoted reads the head of a datagram that an ICMP error brought back.
func Quoted(quote []byte) (branch, method string, found bool) {
	key, found := icmpError{quote: quote}.quoted()
	return key.branch, string(key.method), found
}

// KindOf reads the control messages of an error queue, and says whether they end
// requests at all.
func KindOf(control []byte) bool { return icmpKindIn(control) != icmpOther }

// ICMPWithoutQuote has the Agent take a port unreachable of an address, by an ICMP
// error that quotes nothing.
func (a *Agent) ICMPWithoutQuote(to netip.AddrPort) {
	a.onICMPError(hop{transport: a.transports[UDP], addr: to}, icmpError{to: to, kind: icmpPort})
}

func over(t Transport, address string) Target { return Target{Transport: t, Address: address} }

// Admits says whether a message of an address is read.
func (a *Agent) Admits(raw []byte, from netip.AddrPort) bool { return a.admit(raw, from, time.Now()) }
