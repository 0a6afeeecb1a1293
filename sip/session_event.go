package sip

import (
	"time"
)

// Event is something that happened to a Session. The events of a session come
// in the order in which their messages stood on the wire.
type Event interface{ event() }

// Progress is a provisional answer to our INVITE, 101 to 199. Each one is told
// as it came, also when it repeats the one before; only the retransmission of a
// reliable one (RFC 3262) is not.
type Progress struct {
	At              time.Time
	Code            int
	Reason          string
	ToTag           string // which of several forked phones it speaks of
	Body            []byte // SDP of early media, or empty
	UnsupportedBody string // what the answer carries in place of SDP, such as "Content-Type text/plain"; mostly empty
}

// Answered says that the call is up. On a call that we placed, a 2xx came and
// has been acknowledged; Body is its SDP. On a call that we took, the ACK came;
// Body is what it carried, which is empty unless the INVITE made no offer.
type Answered struct {
	At    time.Time
	Code  int
	ToTag string // which of several forked phones answered; empty on a call that we took
	Body  []byte
	// UnsupportedBody is what came in place of SDP, in words: see Progress.
	UnsupportedBody string
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
	Code            int
	Body            []byte
	UnsupportedBody string // what came in place of SDP, in words: see Progress
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

// EndedBy says who or what ended a session.
type EndedBy string

const (
	EndedRemote             EndedBy = "remote"        // a final refusal, a BYE or a CANCEL from the other side
	EndedLocal              EndedBy = "local"         // Hangup, Reject, or something wrong on our own side
	EndedRingLimit          EndedBy = "ring_limit"    // it rang as long as it might
	EndedSetupLimit         EndedBy = "setup_limit"   // the INVITE was answered with a 1xx, and nothing rang in time
	EndedNoReply            EndedBy = "no_reply"      // no answer of any kind to the last INVITE
	EndedTransport          EndedBy = "transport"     // nothing could be sent, or no address was found
	EndedAckTimeout         EndedBy = "ack_timeout"   // our 200 was never acknowledged
	EndedCredentialsRefused EndedBy = "refused_login" // the trunk refused our credentials, or there are none: Err says so
	EndedStaleNonce         EndedBy = "stale_login"   // the trunk called our login stale each time: it was not refused
	EndedExpired            EndedBy = "expired"       // the session timer ran out (RFC 4028 §10)
)

// Outcome is how a session ended. It is immutable.
type Outcome struct {
	Answered bool
	// Code and Reason are the final answer to the INVITE: the one that came, or
	// on an inbound call the one we gave. 0 when there was none.
	Code   int
	Reason string
	// Q850 and Q850Text are the cause of the Reason header field (RFC 3326) of
	// the final refusal, or of the BYE or CANCEL that ended the call. 0: none.
	Q850     int
	Q850Text string
	// Explanation is what that message says besides about why.
	Explanation Explanation
	By          EndedBy
	// Credentials says that the last INVITE carried some: the trunk had asked for a login.
	Credentials bool
	// Redirection is where a 3xx pointed. It was not followed.
	Redirection Redirection
	// Trunk and Target name what was tried last; Tried has every target, in order.
	Trunk    string
	Target   string
	Attempts []Attempt
	// Discarded is what came for the call and could not be taken, in the order in
	// which it first came: eight at most, for a call that we placed.
	Discarded []Discarded
	// Err is what went wrong on our own side, nil otherwise.
	Err error

	InvitedAt  time.Time // INVITE sent or received
	RangAt     time.Time // the first 18x; zero if none
	AnsweredAt time.Time // the 2xx
	EndedAt    time.Time // their BYE, or the end from our side
}

// Attempt is one target of a trunk that was tried.
type Attempt struct {
	Target string
	Code   int // final answer, 0 for none
	Reason string
	Err    error // why there was none
}

// Cause is a Q.850 cause for the Reason header field of a BYE, CANCEL or
// refusal (RFC 3326). The zero Cause sends no such field.
type Cause struct {
	Q850 int // 1 to 127
	Text string
}
