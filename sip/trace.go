package sip

import (
	"net/netip"
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
