package sip

import "time"

// Event is something that happened to a Session. The events of a session come
// in the order in which their messages stood on the wire.
type Event interface{ event() }

// Progress is a provisional answer to our INVITE, 101 to 199. Each one is told
// as it came, also when it repeats the one before; only the retransmission of a
// reliable one (RFC 3262) is not.
type Progress struct {
	At     time.Time
	Code   int
	Reason string
	ToTag  string // which of several forked phones it speaks of
	Body   []byte // SDP of early media, or empty
	Unread string // what the answer carries in place of SDP, such as "Content-Type text/plain"; mostly empty
}

// Answered says that the call is up. On a call that we placed, a 2xx came and
// has been acknowledged; Body is its SDP. On a call that we took, the ACK came;
// Body is what it carried, which is empty unless the INVITE made no offer.
type Answered struct {
	At    time.Time
	Code  int
	ToTag string // which of several forked phones answered; empty on a call that we took
	Body  []byte
	// Unread is what came in place of SDP, in words: see Progress.
	Unread string
}

// Reoffer is a re-INVITE, or an UPDATE with an offer, from the other side. It
// wants AnswerOffer or RejectOffer. An empty Body asks us to make the offer.
type Reoffer struct {
	At    time.Time
	ToTag string // which phone it speaks of, as in Progress: an UPDATE may come before the answer
	Body  []byte
}

// ReofferResult is the final answer to an offer of ours inside the call. Code
// is 0 when none came. It also carries the answer in the ACK of a re-INVITE
// that came without an offer.
type ReofferResult struct {
	Code   int
	Body   []byte
	Unread string // what came in place of SDP, in words: see Progress
}

// InfoReceived is an INFO request (RFC 6086) that has no body, or one of a type of
// Config.InfoTypes; it has been answered 200.
type InfoReceived struct {
	ContentType string // the media type alone, in lower case; empty: there is no body
	Body        []byte
}

// Ended is the last event of every session, and comes exactly once.
type Ended struct{ Outcome }

func (Progress) event()      {}
func (Answered) event()      {}
func (Reoffer) event()       {}
func (ReofferResult) event() {}
func (InfoReceived) event()  {}
func (Ended) event()         {}
