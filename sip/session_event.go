package sip

import (
	"net/netip"
	"time"
)

// Event is something that happened to a Session. The events of a session come
// in the order in which their messages stood on the wire.
type Event interface{ event() }

// Progress is a provisional response to our INVITE, 101 to 199. Each one is reported,
// also when it repeats the one before, but for the retransmission of a reliable one
// (RFC 3262).
type Progress struct {
	At              time.Time
	Code            int
	Reason          string
	ToTag           string // of the early dialog
	Body            []byte // SDP of early media, or empty
	UnsupportedBody string // the body in place of SDP, such as "Content-Type text/plain"; mostly empty
}

// Answered says that the call is up. Of an outbound call a 2xx has come and been
// acknowledged; Body is its SDP. Of an inbound call the ACK has come; Body is its SDP,
// which is empty unless the INVITE made no offer.
type Answered struct {
	At              time.Time
	Code            int
	ToTag           string // of the dialog; empty on an inbound call
	Body            []byte
	UnsupportedBody string    // as in Progress
	Verstat         string    // as in Outcome
	Attempts        []Attempt // of an outbound call: until the answer, in order
}

// Reoffer is a re-INVITE, or an UPDATE with an offer, from the other side. It
// wants Answer or Reject, or AnswerOffer or RejectOffer of the Session. An empty Body asks us
// to make the offer.
type Reoffer struct {
	At    time.Time
	ToTag string // of the dialog: an UPDATE may come before the answer
	Body  []byte

	session *Session
	req     *request
}

// ReofferResult is the final answer to an offer of ours inside the call. Code
// is 0 when none came. It also carries the answer in the ACK of a re-INVITE
// that came without an offer, and a new answer to an offer that only refreshed the
// session.
type ReofferResult struct {
	Code            int
	Body            []byte
	UnsupportedBody string // as in Progress
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

// EndedBy is what ended a session.
type EndedBy string

const (
	EndedRemote             EndedBy = "remote"              // a final refusal, a BYE or a CANCEL from the other side
	EndedLocal              EndedBy = "local"               // Hangup, Reject, or a fault of our own
	EndedRingLimit          EndedBy = "ring_limit"          // the ring limit
	EndedSetupLimit         EndedBy = "setup_limit"         // the INVITE was answered with a 1xx, and nothing rang in time
	EndedNoReply            EndedBy = "no_reply"            // no answer of any kind to the last INVITE
	EndedTransport          EndedBy = "transport"           // nothing could be sent, no address was found, or the connection was lost before a response (Err is an ErrConnectionLost)
	EndedOutOfService       EndedBy = "out_of_service"      // no INVITE was sent: each target asked by Retry-After for no call yet (Err says until when)
	EndedAckTimeout         EndedBy = "ack_timeout"         // our 200 was never acknowledged
	EndedCredentialsRefused EndedBy = "credentials_refused" // the trunk refused our credentials, or there are none: Err says so
	EndedStaleNonce         EndedBy = "stale_nonce"         // the trunk refused the nonce each time, and not the credentials
	EndedExpired            EndedBy = "expired"             // the session timer ran out (RFC 4028 §10)
)

// Outcome is how a session ended. It is immutable.
type Outcome struct {
	Answered bool
	// Code and Reason are the final response to the INVITE: of an outbound call the one
	// received, of an inbound call the one sent. 0: none.
	Code   int
	Reason string
	// Q850 is the cause of the Reason header field (RFC 3326) of the final refusal, or of
	// the BYE or CANCEL that ended the call. 0: none.
	Q850 int
	// Explanation is the rest of what that message says about the reason.
	Explanation Explanation
	// Verstat is what the responses to the INVITE said about the verification of telephone
	// numbers (STIR/SHAKEN), such as "P-Asserted-Identity: TN-Validation-Passed"; the newest
	// that said anything counts.
	Verstat string
	By      EndedBy
	// Credentials says that the last INVITE carried credentials, after a challenge.
	Credentials bool
	// Redirection is where the last 3xx pointed, which was not followed.
	Redirection Redirection
	// Trunk and Target are those of the last attempt; Attempts has every one, in order.
	Trunk    string
	Target   string
	Attempts []Attempt
	// Address and Transport are where the last INVITE was sent to, and by what; not valid if
	// none was.
	Address   netip.AddrPort
	Transport Transport
	// Discarded are the messages for an outbound call that were discarded, in the order in
	// which each first came: eight at most.
	Discarded []Discarded
	// Retryable says that another trunk may be tried: none of the targets could take the
	// call, and none has come so far that a phone may have rung (Trunk.Failover).
	Retryable bool
	// RetryAfter is for how long the final refusal, a 503, asked for no further call.
	RetryAfter time.Duration
	// Err is the fault of our own that ended the session, nil otherwise.
	Err error

	InviteSentAt time.Time // INVITE sent or received
	RangAt       time.Time // the first 18x; zero if none
	AnsweredAt   time.Time // the 2xx
	EndedAt      time.Time // their BYE, or the end from our side
}

// Attempt is one target of a trunk that was tried.
type Attempt struct {
	Target string
	Code   int // final answer, 0 for none
	Reason string
	Err    error // why there was none
	// Shortened says that the same target was sent a shorter INVITE after this one.
	Shortened bool
}

// Cause is a Q.850 cause for the Reason header field of a BYE, CANCEL or
// refusal (RFC 3326). The zero Cause sends no such field.
type Cause struct {
	Q850 int // 1 to 127
	Text string
}
