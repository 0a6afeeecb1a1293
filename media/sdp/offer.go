package sdp

import (
	"fmt"
	"net/netip"
	"strings"
)

// Offer writes an offer of one audio stream, encrypted as l.SRTP says.
func Offer(l Local) []byte {
	var b strings.Builder
	l.writeSession(&b)
	protocol, crypto := "RTP/AVP", l.Crypto
	switch l.SRTP {
	case SRTPRequired:
		protocol = "RTP/SAVP"
	case SRTPOff, "":
		crypto = nil
	}
	l.writeAudio(&b, protocol, l.codecs(), crypto, l.Direction.and(SendRecv))
	return []byte(b.String())
}

// writeSession writes the lines before the first m= line, c= for all streams among them.
func (l Local) writeSession(b *strings.Builder) {
	fmt.Fprintf(b, "v=0\r\no=- %d %d IN %s\r\ns=-\r\nc=IN %s\r\nt=0 0\r\n",
		l.SessionID, l.Version, addressText(l.origin()), addressText(l.Addr.Addr()))
}

func (l Local) writeAudio(b *strings.Builder, protocol string, codecs []Codec, crypto []Crypto, d Direction) {
	fmt.Fprintf(b, "m=audio %d %s", l.Addr.Port(), protocol)
	for _, c := range codecs {
		fmt.Fprintf(b, " %d", c.PayloadType)
	}
	b.WriteString("\r\n")
	for _, c := range codecs {
		if l.Least && c.isStatic() {
			continue
		}
		if l.Least && c.IsEvent() {
			c.Parameters = "" // which say the default
		}
		c.write(b)
	}
	for _, c := range crypto {
		c.write(b)
	}
	if !l.Least {
		b.WriteString("a=ptime:20\r\n")
	}
	if !l.Least || d != SendRecv {
		fmt.Fprintf(b, "a=%s\r\n", d)
	}
}

func addressText(a netip.Addr) string {
	if !a.IsValid() {
		a = netip.IPv4Unspecified()
	}
	if a = a.Unmap(); a.Is6() {
		return "IP6 " + a.WithZone("").String()
	}
	return "IP4 " + a.String()
}
