package sip

import "time"

// EndedBy says who or what ended a session.
type EndedBy string

const (
	EndedRemote       EndedBy = "remote"        // a final refusal, a BYE or a CANCEL from the other side
	EndedLocal        EndedBy = "local"         // Hangup, Reject, or something wrong on our own side
	EndedRingLimit    EndedBy = "ring_limit"    // it rang as long as it might
	EndedSetupLimit   EndedBy = "setup_limit"   // the INVITE was answered with a 1xx, and nothing rang in time
	EndedNoReply      EndedBy = "no_reply"      // no answer of any kind to the last INVITE
	EndedTransport    EndedBy = "transport"     // nothing could be sent, or no address was found
	EndedAckTimeout   EndedBy = "ack_timeout"   // our 200 was never acknowledged
	EndedRefusedLogin EndedBy = "refused_login" // the trunk refused our credentials, or there are none: Err says so
	EndedStaleLogin   EndedBy = "stale_login"   // the trunk called our login stale each time: it was not refused
	EndedExpired      EndedBy = "expired"       // the session timer ran out (RFC 4028 §10)
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
	Trunk  string
	Target string
	Tried  []Attempt
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
