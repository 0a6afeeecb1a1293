package sip

import (
	"bytes"
	"strings"
)

// sipgo drops in silence what it cannot parse, and the sender repeats it in vain.
// A request whose header fields can at least be told apart is answered 400, as
// RFC 3261 §21.4.1 and §18.3 want it.

// badRequest builds the 400 to a request that does not parse. It reports false if
// raw is no request, is an ACK, or lacks what an answer is made of.
func badRequest(raw []byte) (response []byte, ok bool) {
	line, rest := cutLine(raw)
	method, _, found := bytes.Cut(line, []byte(" "))
	if !found || !isToken(string(method)) || string(method) == "ACK" || !bytes.Contains(line, []byte("SIP/2.0")) {
		return nil, false
	}
	var b strings.Builder
	b.WriteString("SIP/2.0 400 Malformed Request\r\n")
	seen := 0
	for len(rest) > 0 {
		if line, rest = cutField(rest); len(line) == 0 {
			break
		}
		name, value, found := strings.Cut(string(line), ":")
		bit, ok := echoed[strings.ToLower(strings.TrimSpace(name))]
		value = strings.TrimSpace(value)
		if !found || !ok || badText(value) || seen&bit != 0 && bit != echoVia {
			continue
		}
		seen |= bit
		if bit == echoTo && !strings.Contains(strings.ToLower(value), "tag") {
			value += ";tag=malformed"
		}
		b.WriteString(strings.TrimSpace(name) + ": " + value + "\r\n")
	}
	b.WriteString("Content-Length: 0\r\n\r\n")
	return []byte(b.String()), seen == echoAll
}

const (
	echoVia = 1 << iota
	echoFrom
	echoTo
	echoCallID
	echoCSeq
	echoAll = 1<<iota - 1
)

// echoed are the header fields that a response takes over (RFC 3261 §8.2.6.2).
var echoed = map[string]int{"via": echoVia, "v": echoVia, "from": echoFrom, "f": echoFrom, "to": echoTo,
	"t": echoTo, "call-id": echoCallID, "i": echoCallID, "cseq": echoCSeq}

// cutField cuts the first header field off, continuation lines joined to it.
func cutField(b []byte) (line, rest []byte) {
	line, rest = cutLine(b)
	for len(line) > 0 && len(rest) > 0 && (rest[0] == ' ' || rest[0] == '\t') {
		var more []byte
		more, rest = cutLine(rest)
		line = append(append(bytes.Clone(line), ' '), bytes.TrimSpace(more)...)
	}
	return line, rest
}

// unparsed answers the last datagram if sipgo made nothing of it. It runs when
// sipgo comes back for the next one, its buffer unchanged.
func (s *socket) unparsed(buffer []byte) {
	n, from := s.lastSize, s.lastFrom
	s.lastSize, s.lastFrom = 0, nil
	if from == nil || s.parsed || n > len(buffer) {
		return
	}
	if res, ok := badRequest(buffer[:n]); ok && s.strays.spend() {
		if _, err := s.WriteTo(res, from.udp()); err != nil {
			s.log.Warn("answer a malformed SIP request", "error", err)
		}
	}
}
