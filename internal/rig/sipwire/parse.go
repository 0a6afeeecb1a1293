package sipwire

import (
	"bytes"
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// compact maps the one-letter header names of RFC 3261 §7.3.3 (and RFC 4028,
// RFC 3515, RFC 3891's neighbours) to their long forms.
var compact = map[string]string{
	"i": "Call-ID", "m": "Contact", "e": "Content-Encoding", "l": "Content-Length",
	"c": "Content-Type", "f": "From", "s": "Subject", "k": "Supported", "t": "To",
	"v": "Via", "x": "Session-Expires", "r": "Refer-To", "b": "Referred-By", "o": "Event",
	"u": "Allow-Events", "a": "Accept-Contact", "y": "Identity",
}

// Parse reads one datagram as one message. A body longer than its
// Content-Length is cut, as RFC 3261 §18.3 says for datagrams; a shorter one
// is an error.
func Parse(datagram []byte) (*Message, error) {
	head, body, found := bytes.Cut(datagram, []byte("\r\n\r\n"))
	if !found {
		return nil, errors.New("parse message: no empty line after the headers")
	}
	lines := strings.Split(string(head), "\r\n")
	m, err := parseStart(lines[0])
	if err != nil {
		return nil, err
	}
	for _, line := range lines[1:] {
		if err := m.parseHeader(line); err != nil {
			return nil, err
		}
	}
	return m, m.takeBody(body)
}

// parseStart reads a request line or a status line.
func parseStart(line string) (*Message, error) {
	if rest, ok := strings.CutPrefix(line, "SIP/2.0 "); ok {
		code, reason, _ := strings.Cut(rest, " ")
		n, err := strconv.Atoi(code)
		if err != nil || n < 100 || n > 699 {
			return nil, fmt.Errorf("parse status line %q: no code from 100 to 699", line)
		}
		return &Message{Code: n, Reason: reason}, nil
	}
	parts := strings.Split(line, " ")
	if len(parts) != 3 || parts[2] != "SIP/2.0" || parts[0] == "" || parts[1] == "" {
		return nil, fmt.Errorf("parse request line %q: want METHOD URI SIP/2.0", line)
	}
	return &Message{Method: parts[0], URI: parts[1]}, nil
}

// parseHeader adds one line; a line that begins with white space continues
// the one before (RFC 3261 §7.3.1).
func (m *Message) parseHeader(line string) error {
	if line != "" && (line[0] == ' ' || line[0] == '\t') {
		if len(m.Headers) == 0 {
			return fmt.Errorf("parse header: continuation %q before any header", line)
		}
		last := &m.Headers[len(m.Headers)-1]
		last.Value += " " + strings.TrimSpace(line)
		return nil
	}
	name, value, found := strings.Cut(line, ":")
	name = strings.TrimRight(name, " \t")
	if !found || name == "" || strings.ContainsAny(name, " \t\r\n") {
		return fmt.Errorf("parse header %q: want Name: value", line)
	}
	if long, ok := compact[strings.ToLower(name)]; ok {
		name = long
	}
	m.Headers = append(m.Headers, Header{name, strings.TrimSpace(value)})
	return nil
}

// takeBody cuts the body to its Content-Length and drops that header, which
// Bytes computes anew.
func (m *Message) takeBody(body []byte) error {
	m.Body = body
	headers := m.Headers[:0]
	for _, h := range m.Headers {
		if !strings.EqualFold(h.Name, "Content-Length") {
			headers = append(headers, h)
			continue
		}
		n, err := strconv.Atoi(h.Value)
		if err != nil || n < 0 || n > len(body) {
			return fmt.Errorf("parse message: Content-Length %q with a body of %d bytes", h.Value, len(body))
		}
		m.Body = body[:n]
	}
	m.Headers = headers
	return nil
}
