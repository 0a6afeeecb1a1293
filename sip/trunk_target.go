package sip

import (
	"cmp"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"unique"
)

// Target is a target of a trunk: an address, and the transport by which it is reached.
// Targets can be compared.
type Target struct {
	Transport Transport
	Address   string // host or host:port; IPv6 in brackets
	peer      unique.Handle[tlsPeer]
}

// Target is the target that one of t.Targets means. One that cannot be read is an address
// that does not resolve.
func (t *Trunk) Target(text string) Target {
	target, secure, err := parseTarget(text)
	if err != nil {
		return Target{Transport: cmp.Or(t.Transport, UDP), Address: text}
	}
	target.Transport = cmp.Or(target.Transport, t.Transport, UDP)
	if target.Transport == TLS || target.Transport == Auto {
		peer := tlsPeer{t.TLS, secure}
		host, _ := splitDomain(target.Address)
		peer.ServerName = cmp.Or(peer.ServerName, strings.TrimSuffix(host, "."))
		target.peer = unique.Make(peer)
	}
	return target
}

// CheckTarget says what is wrong with the text of a target, which is one of host, host:port,
// sip:host and sips:host, each with or without ;transport=. An IPv6 address is in brackets, since
// the last part of a bare one may be meant for a port.
func CheckTarget(text string) error {
	target, _, err := parseTarget(text)
	if addr, bare := netip.ParseAddr(target.Address); err == nil && bare == nil && addr.Is6() {
		return fmt.Errorf("%q is an IPv6 address without brackets: write [%s]:5060", text, addr)
	}
	return err
}

// TargetAddr is the address and port of the text of a target that is no name.
func TargetAddr(text string) (netip.AddrPort, bool) {
	target, _, err := parseTarget(text)
	if err != nil {
		return netip.AddrPort{}, false
	}
	return literal(target.Address, target.Transport)
}

// TargetHost is the host of the text of a target, without brackets.
func TargetHost(text string) string {
	target, _, err := parseTarget(text)
	if err != nil {
		return text
	}
	host, _ := splitDomain(target.Address)
	return host
}

// parseTarget reads the text of a target; secure says that it is written as sips:.
func parseTarget(text string) (target Target, secure bool, err error) {
	address, params, _ := strings.Cut(text, ";")
	if scheme, rest, found := strings.Cut(address, ":"); found && isTargetScheme(scheme, rest) {
		address, secure = rest, strings.EqualFold(scheme, "sips")
	}
	if secure {
		target.Transport = TLS
	}
	target.Address = address
	host, port, err := net.SplitHostPort(address)
	switch {
	case err != nil:
		host = address
		if _, err := netip.ParseAddr(trimBrackets(address)); err != nil && !isTargetName(address) {
			return target, secure, fmt.Errorf("%q is not host:port with a port from 1 to 65535, nor a host name", text)
		}
	default:
		if n, err := strconv.ParseUint(port, 10, 16); err != nil || n == 0 {
			return target, secure, fmt.Errorf("%q is not host:port with a port from 1 to 65535", text)
		}
		if _, err := netip.ParseAddr(host); err != nil && !isTargetName(host) {
			return target, secure, fmt.Errorf("%q is not host:port with a port from 1 to 65535, nor a host name", text)
		}
	}
	for _, param := range strings.Split(params, ";") {
		name, value, _ := strings.Cut(param, "=")
		transport := Transport(strings.ToLower(value))
		switch {
		case param == "" && params == "":
		case !strings.EqualFold(name, "transport"):
			return target, secure, fmt.Errorf("%q has the parameter %q: only transport is taken, as in %s;transport=tls", text, param, host)
		case !slices.Contains(Transports(), transport):
			return target, secure, fmt.Errorf("%q has the transport %q, which is not one of %v", text, value, Transports())
		case secure && transport == UDP:
			return target, secure, fmt.Errorf("%q is sips: over UDP: sips: is always over TLS, so leave out ;transport=udp", text)
		case secure: // over tcp means TLS over TCP (RFC 3261 §26.2.2)
		default:
			target.Transport = transport
		}
	}
	return target, secure, nil
}

// isTargetScheme tells sip:host from a host called sip with a port.
func isTargetScheme(scheme, rest string) bool {
	return (strings.EqualFold(scheme, "sip") || strings.EqualFold(scheme, "sips")) && rest != "" && strings.Trim(rest, digits) != ""
}

// isTargetName says whether DNS may be asked for a name (RFC 1123 §2.1): labels of
// letters, digits, - and _, the last of which is no number.
func isTargetName(name string) bool {
	labels := strings.Split(strings.TrimSuffix(name, "."), ".")
	for _, label := range labels {
		if label == "" || len(label) > 63 || label[0] == '-' || label[len(label)-1] == '-' {
			return false
		}
		for i := range len(label) {
			if !isAlphanumeric(label[i]) && label[i] != '-' && label[i] != '_' {
				return false
			}
		}
	}
	return len(name) <= 253 && strings.Trim(labels[len(labels)-1], digits) != ""
}
