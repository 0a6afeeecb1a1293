package sip

import (
	"bytes"
	"crypto/rand"
	"slices"
	"strconv"
	"strings"
)

// reply is a response of ours as it is decided. The zero reply is none.
type reply struct {
	code    int
	reason  string
	headers []Header
	body    []byte // SDP
}

var (
	noSuchCall        = reply{code: 481, reason: "Call/Transaction Does Not Exist"}
	overloaded        = reply{code: 503, reason: "Service Unavailable", headers: []Header{{"Retry-After", "10"}}}
	outOfOrder        = reply{code: 500, reason: "CSeq Out Of Order"} // RFC 3261 §12.2.2
	requestPending    = reply{code: 491, reason: "Request Pending"}
	requestTerminated = reply{code: 487, reason: "Request Terminated"}
)

// responder sends the responses to one request. What a response takes over from the
// request (RFC 3261 §8.2.6.2) is taken from the bytes that came: the sender and every
// proxy before it find the Via, From, To, Call-ID and CSeq that they wrote, folds
// included.
type responder struct {
	source hop // of the request
	via    via // of the request; zero if it cannot be parsed
	echo   echo
	tag    string // of To, where the request has none; empty: not chosen yet
	server string // the Server header field; empty: none
}

// echo is what the responses to a request take over: the values of the header
// fields as they came, a line each.
type echo [echoFields][]string

type echoField uint8

const (
	echoVia echoField = iota
	echoFrom
	echoTo
	echoCallID
	echoCSeq
	echoRecordRoute // and the next: in some responses only
	echoTimestamp
	echoFields
)

var echoNames = [echoFields]string{"Via", "From", "To", "Call-ID", "CSeq", "Record-Route", "Timestamp"}

var echoShort = [echoFields]byte{'v', 'f', 't', 'i'}

// echoedAs is the field of that name, in full or in short.
func echoedAs(name []byte) (echoField, bool) {
	for field, full := range echoNames {
		if len(name) == 1 && echoShort[field] == name[0]|0x20 || len(name) == len(full) && bytes.EqualFold(name, []byte(full)) {
			return echoField(field), true
		}
	}
	return 0, false
}

// newResponder makes the responder of a request that came in these bytes. The top Via
// gets the source of the request (§18.2.1).
func newResponder(raw []byte, source hop, server string) *responder {
	r := &responder{source: source, echo: echoOf(raw), server: server}
	if vias := r.echo[echoVia]; len(vias) > 0 {
		if v, err := parseVia(vias[0]); err == nil {
			r.via = v
			vias[0] = v.withReceived(vias[0], source.addr)
		}
	}
	return r
}

// echoOf reads the header fields that responses take over from the bytes of a
// message. Of those that stand once, the first counts.
func echoOf(raw []byte) (e echo) {
	eachEchoed(raw, func(field echoField, value []byte) {
		if field == echoVia || field == echoRecordRoute || len(e[field]) == 0 {
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

func (e *echo) complete() bool {
	for _, values := range e[:echoCSeq+1] {
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
	for i := bytes.IndexAny(value, "\r\n"); i >= 0; i = bytes.IndexAny(value, "\r\n") {
		if value = value[i:]; !bytes.HasPrefix(value, []byte("\r\n ")) && !bytes.HasPrefix(value, []byte("\r\n\t")) {
			return true
		}
		value = value[2:]
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

// to is where the responses go.
func (r *responder) to() hop {
	if r.via.host == "" {
		return r.source
	}
	return r.source.transport.responseHop(r.via, r.source)
}

// send sends a response without a transaction (§8.2.7).
func (r *responder) send(res reply) error { return r.to().send(r.encode(res)) }

// encode is a response as it is sent: of this version of SIP, whatever the request
// claimed to be.
func (r *responder) encode(res reply) []byte {
	b := bytes.NewBuffer(make([]byte, 0, 1024))
	line := func(name, value string) { b.WriteString(name + ": " + value + "\r\n") }
	b.WriteString("SIP/2.0 " + strconv.Itoa(res.code) + " " + res.reason + "\r\n")
	for field, values := range r.echo {
		if !r.echoes(echoField(field), res.code) {
			continue
		}
		for _, value := range values {
			if echoField(field) == echoTo && !hasTag(value) {
				if r.tag == "" {
					r.tag = rand.Text()
				}
				value += ";tag=" + r.tag
			}
			line(echoNames[field], value)
		}
	}
	for _, h := range res.headers {
		if !strings.ContainsAny(h.Value, "\r\n") {
			line(h.Name, h.Value)
		}
	}
	if r.server != "" {
		line("Server", r.server)
	}
	if res.body != nil {
		line("Content-Type", accepted)
	}
	line("Content-Length", strconv.Itoa(len(res.body)))
	b.WriteString("\r\n")
	b.Write(res.body)
	return b.Bytes()
}

// echoes says whether a response with a code takes a field over. Record-Route is for
// responses that open a dialog (§12.1.1) or may (§20, table 3).
func (r *responder) echoes(field echoField, code int) bool {
	switch field {
	case echoRecordRoute:
		cseq := r.echo[echoCSeq]
		invite := len(cseq) > 0 && strings.HasSuffix(cseq[0], "INVITE")
		return code >= 180 && code < 190 || code >= 200 && code < 300 || invite && code > 100 && code < 200
	case echoTimestamp:
		return code == 100
	}
	return true
}

// hasTag says whether the value of a To header field has a tag.
func hasTag(to string) bool {
	a, _, err := parseAddress(to)
	if err != nil {
		return strings.Contains(strings.ToLower(to), "tag")
	}
	return slices.ContainsFunc(a.params, func(p param) bool { return p.name == "tag" && p.value != "" })
}
