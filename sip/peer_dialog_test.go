package sip_test

import (
	"crypto/rand"
	"fmt"
	"strings"

	sipmsg "github.com/emiago/sipgo/sip"
)

// peerDialog is the peer's side of a call that the agent placed.
type peerDialog struct {
	inv *sipmsg.Request
	tag string
	seq int
}

// request builds a request of the peer; fields are "Name: value", a last one
// without a colon is the body.
func (d *peerDialog) request(method string, fields ...string) *sipmsg.Request {
	d.seq++
	return d.again(method, fields...)
}

// again builds a request with the CSeq number of the last one.
func (d *peerDialog) again(method string, fields ...string) *sipmsg.Request {
	from := d.inv.To().Address
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s SIP/2.0\r\nVia: SIP/2.0/UDP %s;branch=z9hG4bK%s;rport\r\nMax-Forwards: 70\r\n",
		method, d.inv.Contact().Address.String(), peerAddr, rand.Text())
	fmt.Fprintf(&b, "From: <%s>;tag=%s\r\nTo: %s\r\nCall-ID: %s\r\nCSeq: %d %s\r\n", from.String(), d.tag,
		d.inv.From().Value(), d.inv.CallID().Value(), d.seq, method)
	body := ""
	for _, f := range fields {
		if strings.HasPrefix(f, "v=0") {
			body = f
			b.WriteString("Content-Type: application/sdp\r\n")
			continue
		}
		b.WriteString(f + "\r\n")
	}
	if method == "INVITE" || method == "UPDATE" {
		b.WriteString("Contact: <sip:phone@" + peerAddr + ">\r\n")
	}
	fmt.Fprintf(&b, "Content-Length: %d\r\n\r\n%s", len(body), body)
	m, err := sipmsg.ParseMessage([]byte(b.String()))
	if err != nil {
		panic(err)
	}
	return m.(*sipmsg.Request)
}
