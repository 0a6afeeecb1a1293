package sip

import "net/netip"

// Session is one INVITE usage, of either side. Its methods may be called from
// any goroutine at any time and never block; what no longer makes sense (an
// answer after the end, say) does nothing.
type Session struct {
	events chan Event
	done   chan struct{}
}

// ID names the session uniquely within the process.
func (s *Session) ID() string { return "" }

// CallID is the Call-ID on the wire.
func (s *Session) CallID() string { return "" }

// From is the user part of the caller.
func (s *Session) From() string { return "" }

// To is the user part of the called.
func (s *Session) To() string { return "" }

// Remote is the address that messages go to or came from last; zero until known.
func (s *Session) Remote() netip.AddrPort { return netip.AddrPort{} }

// Offer is the body of the INVITE of an inbound call.
func (s *Session) Offer() []byte { return nil }

// Events tells what happens, in wire order. It is closed after Ended. A reader
// that is slow delays nobody but itself.
func (s *Session) Events() <-chan Event { return s.events }

// Hangup ends the session, whatever its state: CANCEL, BYE, or a refusal of an
// inbound call that nobody answered. Only the first call counts.
func (s *Session) Hangup(cause Cause) {}

// Done is closed with the Ended event.
func (s *Session) Done() <-chan struct{} { return s.done }

// Outcome is valid once Done is closed.
func (s *Session) Outcome() Outcome { return Outcome{} }

// Respond sends a provisional answer, 101 to 199, to an inbound call.
func (s *Session) Respond(code int, reason string, body []byte, h ...Header) {}

// Answer takes an inbound call: 200 with body, repeated until its ACK comes.
func (s *Session) Answer(body []byte) {}

// Reject refuses an inbound call with a code from 300 to 699.
func (s *Session) Reject(code int, reason string, h ...Header) {}

// AnswerOffer accepts a Reoffer with our answer.
func (s *Session) AnswerOffer(body []byte) {}

// RejectOffer refuses a Reoffer with a code from 300 to 699; the call goes on
// as it was.
func (s *Session) RejectOffer(code int) {}

// Reoffer sends a re-INVITE with our offer. ReofferResult tells what came of it.
func (s *Session) Reoffer(body []byte) {}

// Info sends an INFO request (RFC 6086).
func (s *Session) Info(contentType string, body []byte) {}
