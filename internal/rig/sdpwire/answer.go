package sdpwire

import (
	"fmt"
	"net/netip"
	"strings"
)

// mirrored is the answer's direction for each direction of the offer (RFC 3264 §6.1).
var mirrored = map[string]string{
	"sendrecv": "sendrecv", "sendonly": "recvonly", "recvonly": "sendonly", "inactive": "inactive",
}

// Answer writes a phone's answer: one codec (0 PCMU or 8 PCMA) at the address,
// telephone-event under the offer's own payload type, 20 ms packets. Version
// is that of the o= line and grows by one with each answer of a dialog.
func Answer(o *Offer, at netip.AddrPort, codec uint8, session, version uint64) []byte {
	var b strings.Builder
	formats := fmt.Sprint(codec)
	if o.HasEvent {
		formats += fmt.Sprint(" ", o.Event)
	}
	fmt.Fprintf(&b, "v=0\r\no=phone %d %d IN IP4 %s\r\ns=-\r\nc=IN IP4 %s\r\nt=0 0\r\n",
		session, version, at.Addr(), at.Addr())
	fmt.Fprintf(&b, "m=audio %d RTP/AVP %s\r\n", at.Port(), formats)
	fmt.Fprintf(&b, "a=rtpmap:%d %s/8000\r\n", codec, map[uint8]string{0: "PCMU", 8: "PCMA"}[codec])
	if o.HasEvent {
		fmt.Fprintf(&b, "a=rtpmap:%d telephone-event/8000\r\na=fmtp:%d 0-15\r\n", o.Event, o.Event)
	}
	fmt.Fprintf(&b, "a=ptime:20\r\na=%s\r\n", mirrored[o.Direction])
	return []byte(b.String())
}
