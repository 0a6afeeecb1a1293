package sip

import (
	"fmt"
	"net"
	"strconv"
	"strings"

	sipmsg "github.com/emiago/sipgo/sip"
)

// inviteParties are who calls whom in an INVITE. The Request-URI is that of To.
type inviteParties struct {
	from    sipmsg.FromHeader // without a tag
	to      sipmsg.ToHeader
	headers []Header
}

// parties are those of an INVITE for o. host is the Request-URI without a user part.
func (o *Outgoing) parties(host sipmsg.Uri) inviteParties {
	to, from := host, host
	to.User, from.User = escapeUser(o.To), escapeUser(o.From)
	if o.Trunk.FromDomain != "" {
		from.Host, from.Port = splitDomain(o.Trunk.FromDomain)
	}
	domain := joinDomain(from.Host, from.Port)
	if o.FromHost != "" {
		from.Host, from.Port = splitDomain(o.FromHost)
	}
	phone := sipmsg.HeaderParams{{K: "user", V: "phone"}}
	if o.ToPhone {
		to.UriParams = phone
	}
	if o.FromPhone {
		from.UriParams = phone
	}
	p := inviteParties{from: sipmsg.FromHeader{DisplayName: quoter.Replace(o.Display), Address: from}, to: sipmsg.ToHeader{Address: to}}
	p.headers = o.headers(domain)
	return p
}

func (o *Outgoing) headers(domain string) []Header {
	if o.Headers == nil {
		return nil
	}
	return o.Headers(domain)
}

// joinDomain writes a host and its port, 0 if there is none, as splitDomain reads them.
func joinDomain(host string, port int) string {
	if port != 0 {
		return net.JoinHostPort(host, strconv.Itoa(port))
	}
	if strings.Contains(host, ":") {
		return "[" + host + "]"
	}
	return host
}

// Parties writes the lines of the INVITE for o to a target that say who calls whom: the
// Request-URI, From, To and o.Headers. The error is that of Agent.Invite for o.
func (o Outgoing) Parties(target string) ([]string, error) {
	if err := (&outbound{Outgoing: o}).check(); err != nil {
		return nil, fmt.Errorf("place a call: %w", err)
	}
	host, port := o.Trunk.host(target)
	p := o.parties(sipmsg.Uri{Scheme: schemeOf(hop{peer: o.Trunk.Target(target).peer}), Host: host, Port: port})
	lines := []string{"INVITE " + p.to.Address.String() + " SIP/2.0", p.from.String(), p.to.String()}
	for _, h := range p.headers {
		lines = append(lines, h.Name+": "+h.Value)
	}
	return lines, nil
}

// QuotedName writes a display name in front of a URI in angle brackets (RFC 3261 §25.1);
// an empty one is nothing.
func QuotedName(name string) string {
	if name == "" {
		return ""
	}
	return quote(name) + " "
}

// EscapedUser writes a text as the user part of a SIP URI (RFC 3261 §25.1).
func EscapedUser(text string) string { return escapeUser(text) }
