// Package sipwire reads and writes SIP messages as bytes (RFC 3261 §7), and
// no more: it knows no transaction, no dialog and no transport. It is strict
// about what a peer must write, so that a test tool built on it can say what
// was wrong, and it never repairs a message.
//
// Read message.go, then parse.go, then values.go.
package sipwire

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"
)

// Header is one header line, its name in the long canonical form.
type Header struct{ Name, Value string }

// Message is one SIP request or response. A request has a Method and a URI, a
// response a Code and a Reason. Headers keep the order of the wire; a
// Content-Length is computed when the message is written.
type Message struct {
	Method, URI string
	Code        int
	Reason      string
	Headers     []Header
	Body        []byte
}

// IsRequest tells a request from a response.
func (m *Message) IsRequest() bool { return m.Method != "" }

// Get returns the first value of the header, or "".
func (m *Message) Get(name string) string {
	for _, h := range m.Headers {
		if strings.EqualFold(h.Name, name) {
			return h.Value
		}
	}
	return ""
}

// All returns every value of the header in the order of the wire.
func (m *Message) All(name string) []string {
	var values []string
	for _, h := range m.Headers {
		if strings.EqualFold(h.Name, name) {
			values = append(values, h.Value)
		}
	}
	return values
}

// Add appends a header line.
func (m *Message) Add(name, value string) {
	m.Headers = append(m.Headers, Header{name, value})
}

// Bytes writes the message with its Content-Length.
func (m *Message) Bytes() []byte {
	var b bytes.Buffer
	if m.IsRequest() {
		fmt.Fprintf(&b, "%s %s SIP/2.0\r\n", m.Method, m.URI)
	} else {
		fmt.Fprintf(&b, "SIP/2.0 %d %s\r\n", m.Code, m.Reason)
	}
	for _, h := range m.Headers {
		b.WriteString(h.Name)
		b.WriteString(": ")
		b.WriteString(h.Value)
		b.WriteString("\r\n")
	}
	b.WriteString("Content-Length: ")
	b.WriteString(strconv.Itoa(len(m.Body)))
	b.WriteString("\r\n\r\n")
	b.Write(m.Body)
	return b.Bytes()
}

// Reply begins a response to the request: Via lines, From, To, Call-ID and
// CSeq as RFC 3261 §8.2.6.2 wants them. A non-empty toTag is put on a To that
// has none yet.
func Reply(request *Message, code int, reason, toTag string) *Message {
	r := &Message{Code: code, Reason: reason}
	for _, via := range request.All("Via") {
		r.Add("Via", via)
	}
	for _, route := range request.All("Record-Route") {
		r.Add("Record-Route", route)
	}
	r.Add("From", request.Get("From"))
	to := request.Get("To")
	if toTag != "" && Tag(to) == "" {
		to += ";tag=" + toTag
	}
	r.Add("To", to)
	r.Add("Call-ID", request.Get("Call-ID"))
	r.Add("CSeq", request.Get("CSeq"))
	return r
}
