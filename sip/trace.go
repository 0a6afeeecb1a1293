package sip

import (
	"bytes"
	"net/netip"
	"strconv"
	"time"
)

// Trace is one message on the wire.
type Trace struct {
	At            time.Time
	Sent          bool
	Local, Remote netip.AddrPort
	CallID        string
	Method        string // of the CSeq header field: the request that a response answers
	Code          int    // 0 for a request
	Reason        string
	Raw           []byte // the whole message; the receiver's to keep
}

// scanTrace reads from a raw message what a trace names. It is far cheaper than
// parsing, never fails, and leaves empty what it does not find.
func scanTrace(raw []byte) (t Trace) {
	line, rest := cutLine(raw)
	if status, ok := bytes.CutPrefix(line, []byte("SIP/2.0 ")); ok {
		code, reason, _ := bytes.Cut(status, []byte(" "))
		t.Code, _ = strconv.Atoi(string(code))
		t.Reason = string(reason)
	} else {
		method, _, _ := bytes.Cut(line, []byte(" "))
		t.Method = string(method)
	}
	for len(rest) > 0 {
		line, rest = cutLine(rest)
		if len(line) == 0 {
			break
		}
		name, value, ok := bytes.Cut(line, []byte(":"))
		if !ok {
			continue
		}
		name, value = bytes.TrimSpace(name), bytes.TrimSpace(value)
		switch {
		case bytes.EqualFold(name, []byte("Call-ID")) || bytes.EqualFold(name, []byte("i")):
			t.CallID = string(value)
		case bytes.EqualFold(name, []byte("CSeq")):
			if i := bytes.LastIndexAny(value, " \t"); i >= 0 {
				t.Method = string(value[i+1:])
			}
		}
	}
	t.Raw = bytes.Clone(raw)
	return t
}

// cutLine cuts the first line off, its CRLF or LF removed.
func cutLine(b []byte) (line, rest []byte) {
	line, rest, _ = bytes.Cut(b, []byte("\n"))
	return bytes.TrimSuffix(line, []byte("\r")), rest
}
