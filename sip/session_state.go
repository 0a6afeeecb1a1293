package sip

// A session is in one state at a time, and every input goes through one table, so that
// each race (CANCEL against 200, BYE against BYE, a hang-up before any response) is
// decided in one place. The table is a pure function of state and input;
// session_actions.go carries its actions out.
//
//	outbound   calling → proceeding → confirmed → closing → over
//	               ↓          ↓           (BYE sent ↑)
//	     hangup pending → cancelling → over, or closing if a 200 crossed
//	                          ↓           ↑
//	                   cancel timeout ────┘ (the end is reported; the 200 may still cross)
//	inbound    offered → accepted → confirmed → closing → over
//	               ↓          ↓           ↑
//	            refused   bye pending ────┘ (hang-up before the ACK: BYE after it)
//	               ↓
//	             over
//
// testdata/sip/states.txt has every transition, written by the test.

type state uint8

const (
	stateNone          state = iota
	stateCalling             // INVITE sent, no response
	stateProceeding          // a provisional response has come
	stateHangupPending       // to be hung up without a response: CANCEL must wait (RFC 3261 §9.1)
	stateCancelling          // CANCEL sent, the final response awaited
	stateCancelTimeout       // CANCEL sent, the end reported; a 200 that still crosses is acknowledged and ended
	stateOffered             // INVITE received, no final response sent
	stateAccepted            // 200 sent, its ACK awaited
	stateByePending          // 200 sent, to be hung up: BYE must wait for the ACK (RFC 3261 §15)
	stateRefused             // a refusal sent, its ACK awaited; the end has been reported
	stateConfirmed           // the call is up
	stateClosing             // BYE sent, its response awaited
	stateOver
	stateCount
)

type input uint8

const (
	inTrying  input = iota // a provisional response, 100 included
	inSuccess              // 2xx to the INVITE, the first
	inFailure              // a final refusal
	inRetry                // a refusal or timeout after which another INVITE is sent: credentials, failover
	inLost                 // the INVITE cannot be sent, or has no response
	inHangup               // Hangup
	inLimit                // the time limit of the state
	inCancel               // CANCEL received
	inBye                  // BYE received
	inAnswer               // Answer
	inReject               // Reject
	inAck                  // ACK received
	inAckLost              // no ACK within 64·T1
	inByeDone              // our BYE has its response, or timed out
	inGone                 // the other side knows no such dialog, or its session timer ran out
	inputCount
)

type action uint8

const (
	doNothing   action = iota
	doInvite           // send the next INVITE
	doCancel           // send CANCEL
	doConnect          // ACK the 2xx, report Answered
	doAckBye           // ACK the 2xx, then BYE: it crossed our CANCEL
	doAccept           // send 200 until its ACK comes
	doConfirm          // the ACK has come, report Answered
	doRefuse           // send a refusal, report Ended
	doBye              // send BYE
	doReportEnd        // report Ended, though our BYE or the cancelled INVITE has no response
	doEnd              // report Ended if that was not done
)

type transition struct {
	to state
	do action
}

// transitions has every pair that does something. Any other leaves the state as it is.
var transitions = [stateCount][inputCount]transition{
	stateCalling: {
		inTrying:  {stateProceeding, doNothing},
		inSuccess: {stateConfirmed, doConnect},
		inFailure: {stateOver, doEnd},
		inRetry:   {stateCalling, doInvite},
		inLost:    {stateOver, doEnd},
		inHangup:  {stateHangupPending, doNothing},
		inLimit:   {stateOver, doEnd},
	},
	stateProceeding: {
		inSuccess: {stateConfirmed, doConnect},
		inFailure: {stateOver, doEnd},
		inRetry:   {stateCalling, doInvite},
		inLost:    {stateOver, doEnd},
		inHangup:  {stateCancelling, doCancel},
		inLimit:   {stateCancelling, doCancel},
	},
	stateHangupPending: {
		inTrying:  {stateCancelling, doCancel},
		inSuccess: {stateClosing, doAckBye},
		inFailure: {stateOver, doEnd},
		inRetry:   {stateOver, doEnd},
		inLost:    {stateOver, doEnd},
		inLimit:   {stateOver, doEnd},
	},
	stateCancelling: {
		inSuccess: {stateClosing, doAckBye},
		inFailure: {stateOver, doEnd},
		inRetry:   {stateOver, doEnd},
		inLost:    {stateOver, doEnd},
		inLimit:   {stateCancelTimeout, doReportEnd},
	},
	stateCancelTimeout: {
		inSuccess: {stateClosing, doAckBye},
		inFailure: {stateOver, doEnd},
		inRetry:   {stateOver, doEnd},
		inLost:    {stateOver, doEnd},
		inLimit:   {stateOver, doEnd},
	},
	stateOffered: {
		inHangup: {stateRefused, doRefuse},
		inLimit:  {stateRefused, doRefuse},
		inCancel: {stateRefused, doRefuse},
		inBye:    {stateRefused, doRefuse},
		inAnswer: {stateAccepted, doAccept},
		inReject: {stateRefused, doRefuse},
		inLost:   {stateOver, doEnd},
	},
	stateAccepted: {
		inHangup:  {stateByePending, doNothing},
		inBye:     {stateOver, doEnd},
		inAck:     {stateConfirmed, doConfirm},
		inAckLost: {stateClosing, doBye},
	},
	stateByePending: {
		inBye:     {stateOver, doEnd},
		inAck:     {stateClosing, doBye},
		inAckLost: {stateClosing, doBye},
	},
	stateRefused: {
		inAck:     {stateOver, doEnd},
		inAckLost: {stateOver, doEnd},
	},
	stateConfirmed: {
		inHangup:  {stateClosing, doBye},
		inLimit:   {stateClosing, doBye},
		inAckLost: {stateClosing, doBye},
		inBye:     {stateOver, doEnd},
		inGone:    {stateOver, doEnd},
	},
	stateClosing: {
		inLimit:   {stateClosing, doReportEnd},
		inBye:     {stateOver, doEnd},
		inByeDone: {stateOver, doEnd},
	},
}

// next is the transition from s by in.
func (s state) next(in input) (state, action) {
	t := transitions[s][in]
	if t.to == stateNone {
		return s, doNothing
	}
	return t.to, t.do
}

func (s state) String() string { return stateNames[s] }

var stateNames = [stateCount]string{"none", "calling", "proceeding", "hangup_pending", "cancelling", "cancel_timeout",
	"offered", "accepted", "bye_pending", "refused", "confirmed", "closing", "over"}
