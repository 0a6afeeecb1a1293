package sip

import (
	"bytes"
	"errors"
	"maps"
	"strconv"
	"strings"

	sipmsg "github.com/emiago/sipgo/sip"
)

// newParser is sipgo's parser with readings of our own of the header fields that
// route a message: blanks, folds and quotes stand wherever the grammar lets them
// (RFC 3261 §25.1), the first of several counts, and URIs keep their text. Lists
// of which nothing has to be known before they are used stay text.
func newParser() *sipmsg.Parser {
	fields := maps.Clone(sipmsg.HeadersParser(sipmsg.DefaultHeadersParser()))
	for name, read := range map[string]sipmsg.HeaderParser{
		"via": parseViaField, "v": parseViaField, "from": parseFromField, "f": parseFromField,
		"to": parseToField, "t": parseToField, "cseq": parseCSeqField,
		// One name for each, and the value as it came: a fault in it does not spoil the message.
		"contact": asText("Contact"), "m": asText("Contact"), "content-type": asText("Content-Type"), "c": asText("Content-Type"),
		"e": asText("Content-Encoding"), "k": asText("Supported"), "x": asText("Session-Expires"),
	} {
		fields[name] = read
	}
	for _, name := range []string{"record-route", "route", "refer-to", "referred-by"} {
		delete(fields, name)
	}
	return sipmsg.NewParser(sipmsg.WithHeadersParsers(fields))
}

func asText(name string) sipmsg.HeaderParser {
	return func(_ []byte, value string) (sipmsg.Header, error) { return sipmsg.NewHeader(name, value), nil }
}

// maxCSeq is the greatest CSeq number (RFC 3261 §8.1.1.5).
const maxCSeq = 1<<31 - 1

func parseCSeqField(_ []byte, value string) (sipmsg.Header, error) {
	digits, method, found := cutSpace(value)
	n, err := strconv.ParseUint(digits, 10, 32)
	if !found || err != nil || n > maxCSeq {
		return nil, errors.New("CSeq is not a number below 2^31 and a method")
	}
	if method = strings.TrimSpace(method); !isToken(method) {
		return nil, errors.New("the method in CSeq is no token")
	}
	return &sipmsg.CSeqHeader{SeqNo: uint32(n), MethodName: sipmsg.RequestMethod(method)}, nil
}

// malformedRequest discards a request that does not parse. It is answered if its header
// fields can be separated (RFC 3261 §21.4.1, §18.3), within the rate limit of messages
// outside any session.
func (a *Agent) malformedRequest(raw []byte, r *responder, f fault) {
	res := badRequest(raw)
	if res.code == 0 {
		a.discardResponse(raw, r.source, f) // it may have been meant for a response
		return
	}
	if !r.echo.complete() || !a.outOfDialog.allow(outOfDialogRate) {
		res.code = 0
	}
	a.discard(raw, r.source, f, res.code)
	if res.code == 0 {
		return
	}
	if err := r.send(res); err != nil {
		a.log.Warn("answer a malformed SIP request", "error", err)
	}
}

// badRequest is the reply to a request that does not parse, by its first line: the zero
// reply if it is no request, or an ACK, which is never answered.
func badRequest(raw []byte) reply {
	line, _ := cutLine(raw)
	words := strings.Fields(string(line))
	if len(words) < 2 || !isToken(words[0]) || words[0] == "ACK" || line[0] == ' ' {
		return reply{}
	}
	switch version := words[len(words)-1]; {
	case version == sipVersion:
		return reply{code: 400, reason: "Malformed Request"}
	case strings.HasPrefix(version, "SIP/"):
		return reply{code: 505, reason: "Version Not Supported"}
	}
	return reply{}
}

// sipVersion is the only version there is (RFC 3261 §7.1).
const sipVersion = "SIP/2.0"

// upperCaseVersion writes the protocol's name in the first line of a message in capital
// letters: it is case-insensitive (RFC 3261 §7.1), and sipgo's parser wants capitals.
func upperCaseVersion(raw []byte) {
	line, _ := cutLine(raw)
	if len(line) >= 4 && bytes.EqualFold(line[:4], []byte("SIP/")) {
		copy(line, "SIP/")
	} else if i := bytes.LastIndexByte(line, ' ') + 1; len(line)-i >= 4 && bytes.EqualFold(line[i:i+4], []byte("SIP/")) {
		copy(line[i:], "SIP/")
	}
}
