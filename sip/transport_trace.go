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
	Transport     Transport
	Local, Remote netip.AddrPort // Local is the address of the socket, or of the listener of a connection
	CallID        string
	Method        string // of the CSeq header field: the request that a response answers
	Code          int    // 0 for a request
	Reason        string
	Raw           []byte // the whole message, its secrets overwritten; the receiver's to keep
}

// trace reports a message to Config.Trace.
func (a *Agent) trace(sent bool, remote hop, raw []byte, at time.Time) {
	if a.cfg.Trace == nil || len(raw) < 12 {
		return // a keepalive is no message
	}
	defer func() {
		if p := recover(); p != nil {
			a.log.Error("panic in the trace of a SIP message", "panic", p)
		}
	}()
	m := scanHead(raw)
	if m.Raw = bytes.Clone(raw); !a.cfg.TraceSecrets {
		redact(m.Raw)
	}
	m.At, m.Sent, m.Transport, m.Remote = at, sent, remote.transport.protocol(), remote.addr
	local := remote.transport.local()
	m.Local = local.bound[local.boundIndex(remote.addr.Addr())]
	a.cfg.Trace(m)
}

// ScanTrace is the head of a message whose secrets are overwritten already, as Config.Trace
// gave it: CallID, Method, Code, Reason. Raw is not copied.
func ScanTrace(raw []byte) Trace {
	t := scanHead(raw)
	t.Raw = raw
	return t
}

// scanHead reads the fields of a trace from a raw message. It is far cheaper than parsing
// and never fails: a field that is missing stays empty.
func scanHead(raw []byte) (t Trace) {
	raw = bytes.TrimLeft(raw, "\r\n")
	line, _ := cutLine(raw)
	if version, status, ok := bytes.Cut(line, []byte(" ")); ok && bytes.EqualFold(version, []byte(sipVersion)) {
		code, reason, _ := bytes.Cut(status, []byte(" "))
		t.Code, _ = strconv.Atoi(string(code))
		t.Reason = printable(string(reason), maxText)
	} else {
		method, _, _ := bytes.Cut(line, []byte(" "))
		t.Method = string(method)
	}
	eachEchoed(raw, func(field echoField, value []byte) {
		switch {
		case field == echoCallID && t.CallID == "":
			t.CallID = string(value)
		case field == echoCSeq:
			if i := bytes.LastIndexAny(value, " \t"); i >= 0 {
				t.Method = string(value[i+1:])
			}
		}
	})
	return t
}

// cutLine cuts the first line off, its CRLF or LF removed.
func cutLine(b []byte) (line, rest []byte) {
	line, rest, _ = bytes.Cut(b, []byte("\n"))
	return bytes.TrimSuffix(line, []byte("\r")), rest
}
