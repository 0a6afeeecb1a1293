package sip

import (
	"bytes"
	"net"
	"net/netip"
	"strconv"
	"strings"

	sipmsg "github.com/emiago/sipgo/sip"
)

// responder sends the responses to one request. It is the connection of its server
// transaction, so that responses which sipgo makes by itself (100, 487) leave the
// same way as all others.
//
// What a response takes over from the request (RFC 3261 §8.2.6.2) is taken from the
// bytes that came: the sender and every proxy before it find the Via, From, To,
// Call-ID and CSeq that they wrote, folds included.
type responder struct {
	socket *socket
	source netip.AddrPort // where the request came from
	to     netip.AddrPort
	echo   echo
}

// echo is what the responses to a request take over: the values of the header
// fields as they came, a line each.
type echo [echoFields][]string

// echoField is a header field that responses take over.
type echoField uint8

const (
	echoVia echoField = iota
	echoFrom
	echoTo
	echoCallID
	echoCSeq
	echoFields
)

var echoNames = [echoFields]string{"Via", "From", "To", "Call-ID", "CSeq"}

// echoedAs is the field of that name, in full or in short.
func echoedAs(name []byte) (echoField, bool) {
	for field, full := range echoNames {
		if len(name) == 1 && echoShort[field] == name[0]|0x20 || len(name) == len(full) && bytes.EqualFold(name, []byte(full)) {
			return echoField(field), true
		}
	}
	return 0, false
}

var echoShort = [echoFields]byte{'v', 'f', 't', 'i', 0}

// newResponder makes the responder of a request that came in these bytes from that
// address. It does not judge them.
func newResponder(s *socket, raw []byte, from netip.AddrPort) *responder {
	r := &responder{socket: s, source: from, to: from, echo: echoOf(raw)}
	r.route()
	return r
}

// echoOf reads the header fields that responses take over from the bytes of a
// message. All but Via stand once.
func echoOf(raw []byte) (e echo) {
	eachEchoed(raw, func(field echoField, value []byte) {
		if field == echoVia || len(e[field]) == 0 {
			e[field] = append(e[field], string(value))
		}
	})
	return e
}

// eachEchoed finds the fields that responses take over in the bytes of a message.
func eachEchoed(raw []byte, found func(echoField, []byte)) {
	_, rest := cutLine(raw)
	for lines := 0; len(rest) > 0 && lines <= maxHeaders; lines++ {
		var line []byte
		if line, rest = cutFolded(rest); len(line) == 0 {
			return
		}
		name, value, colon := bytes.Cut(line, []byte(":"))
		field, ok := echoedAs(bytes.TrimSpace(name))
		if value = bytes.Trim(value, " \t\r\n"); colon && ok && len(value) > 0 && !hasUnfoldedBreak(value) {
			found(field, value)
		}
	}
}

// viasOf counts the Vias of a message.
func viasOf(raw []byte) (n int) {
	eachEchoed(raw, func(field echoField, value []byte) {
		if field != echoVia {
			return
		}
		n++
		if bytes.IndexByte(value, ',') < 0 {
			return
		}
		if stop, err := endOfText(string(value), 0, ',', ','); err == nil && stop < len(value) {
			n++ // or more
		}
	})
	return n
}

// route settles where the responses go: to the address that the request came from,
// and there to its port if the sender asks for that (RFC 3581 §4), else to the port
// that the Via names (RFC 3261 §18.2.2). maddr is not followed: it would have us
// send to whomever a stranger names.
func (r *responder) route() {
	if len(r.echo[echoVia]) == 0 {
		return
	}
	top := r.echo[echoVia][0]
	v, err := parseVia(top)
	if err != nil {
		return
	}
	r.echo[echoVia][0] = v.withReceived(top, r.to)
	if _, symmetric := v.param("rport"); !symmetric {
		r.to = netip.AddrPortFrom(r.to.Addr(), v.sentPort())
	}
}

// complete says whether there is everything that a response takes over.
func (e *echo) complete() bool {
	for _, values := range e {
		if len(values) == 0 {
			return false
		}
	}
	return true
}

// hasUnfoldedBreak says whether a value has a line break that is not folded: what stands behind
// it would be a line of its own. Any other character may stand in a quoted string
// (RFC 3261 §25.1).
func hasUnfoldedBreak(value []byte) bool {
	for i := 0; i < len(value); i++ {
		switch value[i] {
		case '\r':
			if i+2 >= len(value) || value[i+1] != '\n' || value[i+2] != ' ' && value[i+2] != '\t' {
				return true
			}
			i++
		case '\n':
			return true
		}
	}
	return false
}

// cutFolded cuts the first header field off, with the lines that continue it.
func cutFolded(b []byte) (field, rest []byte) {
	line, rest := cutLine(b)
	for len(line) > 0 && len(rest) > 0 && (rest[0] == ' ' || rest[0] == '\t') {
		more, after := cutLine(rest)
		line, rest = b[:len(b)-len(rest)+len(more)], after
	}
	return line, rest
}

// WriteMsg sends a response.
func (r *responder) WriteMsg(m sipmsg.Message) error {
	res, ok := m.(*sipmsg.Response)
	if !ok {
		return nil // a server transaction sends nothing else
	}
	return r.socket.send(r.wire(res), r.to)
}

// wire is a response as it is sent: of this version of SIP, whatever the request
// claimed to be.
func (r *responder) wire(res *sipmsg.Response) []byte {
	b := bytes.NewBuffer(make([]byte, 0, 1024))
	b.WriteString("SIP/2.0 " + strconv.Itoa(res.StatusCode) + " " + res.Reason + "\r\n")
	for field, values := range r.echo {
		for _, value := range values {
			b.WriteString(echoNames[field] + ": " + value)
			if echoField(field) == echoTo {
				b.WriteString(r.newTag(res, value))
			}
			b.WriteString("\r\n")
		}
	}
	for _, h := range res.Headers() {
		if _, taken := echoedAs([]byte(h.Name())); !taken && !strings.ContainsAny(h.Value(), "\r\n") {
			b.WriteString(h.Name() + ": " + h.Value() + "\r\n")
		}
	}
	b.WriteString("\r\n")
	b.Write(res.Body())
	return b.Bytes()
}

// newTag is the tag that the To of the response has and that of the request had not.
func (r *responder) newTag(res *sipmsg.Response, to string) string {
	if res.To() == nil || tagOf(res.To().Params) == "" {
		return ""
	}
	a, _, err := parseAddress(to)
	if err == nil && paramOf(a.params, "tag") != "" || err != nil && strings.Contains(strings.ToLower(to), "tag") {
		return ""
	}
	return ";tag=" + tagOf(res.To().Params)
}

// The rest of sipmsg.Connection: the socket is the Agent's, whatever becomes of
// one transaction.

func (r *responder) LocalAddr() net.Addr    { return net.UDPAddrFromAddrPort(r.socket.local) }
func (r *responder) Ref(int) int            { return 1 }
func (r *responder) TryClose() (int, error) { return 1, nil }
func (r *responder) Close() error           { return nil }
