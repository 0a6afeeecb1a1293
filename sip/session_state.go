package sip

import "slices"

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
	stateCalling       state = iota // INVITE sent, no response
	stateProceeding                 // a provisional response has come
	stateHangupPending              // to be hung up without a response: CANCEL must wait (RFC 3261 §9.1)
	stateCancelling                 // CANCEL sent, the final response awaited
	stateCancelTimeout              // CANCEL sent, the end reported; a 200 that still crosses is acknowledged and ended
	stateOffered                    // INVITE received, no final response sent
	stateAccepted                   // 200 sent, its ACK awaited
	stateByePending                 // 200 sent, to be hung up: BYE must wait for the ACK (RFC 3261 §15)
	stateRefused                    // a refusal sent, its ACK awaited; the end has been reported
	stateConfirmed                  // the call is up
	stateClosing                    // BYE sent, its response awaited
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

// transition says what each of these inputs does in each of these states.
type transition struct {
	from []state
	by   []input
	to   state
	do   action
}

// transitions has every pair that does something, once. Any other leaves the state as it is.
var transitions = []transition{
	// outbound
	{[]state{stateCalling}, []input{inTrying}, stateProceeding, doNothing},
	{[]state{stateCalling, stateProceeding}, []input{inRetry}, stateCalling, doInvite},
	{[]state{stateCalling, stateProceeding}, []input{inSuccess}, stateConfirmed, doConnect},
	{[]state{stateCalling}, []input{inHangup}, stateHangupPending, doNothing},
	{[]state{stateProceeding}, []input{inHangup, inLimit}, stateCancelling, doCancel},
	{[]state{stateHangupPending}, []input{inTrying}, stateCancelling, doCancel},
	{[]state{stateHangupPending, stateCancelling, stateCancelTimeout}, []input{inSuccess}, stateClosing, doAckBye},
	{[]state{stateHangupPending, stateCancelling, stateCancelTimeout}, []input{inRetry}, stateOver, doEnd},
	{[]state{stateCancelling}, []input{inLimit}, stateCancelTimeout, doReportEnd},
	{[]state{stateCalling, stateHangupPending, stateCancelTimeout}, []input{inLimit}, stateOver, doEnd},
	{[]state{stateCalling, stateProceeding, stateHangupPending, stateCancelling, stateCancelTimeout}, []input{inFailure, inLost}, stateOver, doEnd},
	// inbound
	{[]state{stateOffered}, []input{inHangup, inLimit, inCancel, inBye, inReject}, stateRefused, doRefuse},
	{[]state{stateOffered}, []input{inAnswer}, stateAccepted, doAccept},
	{[]state{stateOffered}, []input{inLost}, stateOver, doEnd},
	{[]state{stateAccepted}, []input{inHangup}, stateByePending, doNothing},
	{[]state{stateAccepted}, []input{inAck}, stateConfirmed, doConfirm},
	{[]state{stateByePending}, []input{inAck}, stateClosing, doBye},
	{[]state{stateAccepted, stateByePending}, []input{inAckLost}, stateClosing, doBye},
	{[]state{stateAccepted, stateByePending}, []input{inBye}, stateOver, doEnd},
	{[]state{stateRefused}, []input{inAck, inAckLost}, stateOver, doEnd},
	// both
	{[]state{stateConfirmed}, []input{inHangup, inLimit, inAckLost}, stateClosing, doBye},
	{[]state{stateConfirmed}, []input{inBye, inGone}, stateOver, doEnd},
	{[]state{stateClosing}, []input{inLimit}, stateClosing, doReportEnd},
	{[]state{stateClosing}, []input{inBye, inByeDone}, stateOver, doEnd},
}

// next is the transition from s by in.
func (s state) next(in input) (state, action) {
	for _, t := range transitions {
		if slices.Contains(t.from, s) && slices.Contains(t.by, in) {
			return t.to, t.do
		}
	}
	return s, doNothing
}

func (s state) String() string { return stateNames[s] }

var stateNames = [stateCount]string{"calling", "proceeding", "hangup_pending", "cancelling", "cancel_timeout",
	"offered", "accepted", "bye_pending", "refused", "confirmed", "closing", "over"}
