package sip

import (
	"cmp"
	"errors"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	sipmsg "github.com/emiago/sipgo/sip"
)

// via is the first Via of a header field value (RFC 3261 §20.42).
type via struct {
	protocol, version, transport string
	host                         string // without brackets
	port                         uint16 // 0: none is written, which means 5060
	params                       []param
	end                          int // where its text ends in the value
}

// parseVia reads the first Via of a header field value, with blanks wherever RFC
// 3261 §25.1 has SLASH, COLON, SEMI and EQUAL, and folds.
func parseVia(s string) (v via, err error) {
	var at int
	for i, part := range []*string{&v.protocol, &v.version, &v.transport} {
		at = skipBlanks(s, at)
		stop := at
		for stop < len(s) && s[stop] != '/' && !isBlank(s[stop]) {
			stop++
		}
		if *part = s[at:stop]; !isToken(*part) {
			return via{}, errors.New("the protocol of the Via is not NAME/VERSION/TRANSPORT")
		}
		at = skipBlanks(s, stop)
		if i == 2 {
			break
		}
		if at >= len(s) || s[at] != '/' {
			return via{}, errors.New("the protocol of the Via is not NAME/VERSION/TRANSPORT")
		}
		at++
	}
	if at, err = v.parseSentBy(s, at); err != nil {
		return via{}, err
	}
	v.end = at
	stop := at
	if v.params, stop, err = parseParams(s, at); err != nil {
		return via{}, err
	}
	for _, p := range v.params {
		if p.name != "" {
			v.end = p.end
		}
	}
	if stop < len(s) && s[stop] != ',' {
		return via{}, errors.New("the Via goes on after its host and parameters")
	}
	return v, nil
}

// parseSentBy reads host [ COLON port ] and returns where it ends.
func (v *via) parseSentBy(s string, at int) (end int, err error) {
	stop := at
	if at < len(s) && s[at] == '[' {
		if stop = strings.IndexByte(s[at:], ']'); stop < 0 {
			return 0, errors.New("the IPv6 address of the Via has no closing bracket")
		}
		stop += at + 1
		v.host = s[at+1 : stop-1]
	} else {
		for stop < len(s) && !isBlank(s[stop]) && strings.IndexByte(":;,", s[stop]) < 0 {
			stop++
		}
		v.host = s[at:stop]
	}
	if v.host == "" {
		return 0, errors.New("the Via has no host")
	}
	colon := skipBlanks(s, stop)
	if colon >= len(s) || s[colon] != ':' {
		return stop, nil
	}
	at = skipBlanks(s, colon+1)
	stop = len(s) - len(strings.TrimLeft(s[at:], digits))
	port, err := strconv.ParseUint(s[at:stop], 10, 16)
	if err != nil {
		return 0, errors.New("the port of the Via is not 0 to 65535")
	}
	v.port = uint16(port)
	return stop, nil
}

// sentPort is the port of the sent-by, 5060 if it was left out.
func (v via) sentPort() uint16 { return cmp.Or(v.port, defaultPort) }

func (v via) hasRport() bool {
	return slices.ContainsFunc(v.params, func(p param) bool { return p.name == "rport" })
}

// hostIsAddr says whether host is written for that address.
func hostIsAddr(host string, a netip.Addr) bool {
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.Unmap() == a.Unmap().WithZone("")
}

// withReceived is the text s of the Via with the source address of the request in
// received, unless the host is the same (RFC 3261 §18.2.1), and its port in rport where
// that stands, whatever its value (RFC 3581 §4). Every other byte stays.
func (v via) withReceived(s string, from netip.AddrPort) string {
	address, port := from.Addr().WithZone("").String(), strconv.Itoa(int(from.Port()))
	var b strings.Builder
	at, received := 0, false
	write := func(p param, value string) {
		b.WriteString(s[at:p.valueAt])
		if !p.valued {
			b.WriteByte('=')
		}
		b.WriteString(value)
		at = p.end
	}
	for _, p := range v.params {
		switch p.name {
		case "received":
			write(p, address)
			received = true
		case "rport":
			write(p, port)
		}
	}
	if !received && (v.hasRport() || !hostIsAddr(v.host, from.Addr())) {
		b.WriteString(s[at:v.end] + ";received=" + address)
		at = v.end
	}
	b.WriteString(s[at:])
	return b.String()
}

// parseViaField makes sipgo's header field of the first Via of a value.
func parseViaField(_ []byte, value string) (sipmsg.Header, error) {
	v, err := parseVia(value)
	if err != nil {
		return nil, err
	}
	return &sipmsg.ViaHeader{ProtocolName: v.protocol, ProtocolVersion: v.version, Transport: v.transport,
		Host: v.host, Port: int(v.port), Params: headerParams(v.params)}, nil
}
