package sip

// A session is in one state at a time, and every input that reaches it goes
// through one table, so that each race (CANCEL against 200, BYE against BYE, a
// hang-up before anything came) is decided in one place. The table is a pure
// function of state and input; session_do.go carries its actions out.
//
//	outbound   calling → proceeding → confirmed → closing → over
//	               ↓          ↓           (BYE sent ↑)
//	           quitting → cancelling → over, or closing if a 200 crossed
//	                          ↓           ↑
//	                      lingering ──────┘ (told as ended; the 200 may still cross)
//	inbound    offered → accepted → confirmed → closing → over
//	               ↓          ↓           ↑
//	            refused    leaving ───────┘ (hang-up before the ACK: BYE after it)
//	               ↓
//	             over
//
// testdata/sip/states.txt has every transition, written by the test.

type state uint8

const (
	stateNone          state = iota
	stateCalling             // INVITE sent, nothing has come
	stateProceeding          // a provisional answer has come
	stateHangupPending       // to be hung up, but nothing has come: CANCEL must wait (RFC 3261 §9.1)
	stateCancelling          // CANCEL sent, the final answer awaited
	stateCancelTimeout       // CANCEL sent, told as ended; a 200 that still crosses is acknowledged and ended
	stateOffered             // INVITE received, no final answer given
	stateAccepted            // 200 given, its ACK awaited
	stateByePending          // 200 given, to be hung up: BYE must wait for the ACK (RFC 3261 §15)
	stateRefused             // a refusal given, its ACK awaited; the session has been told as ended
	stateConfirmed           // the call is up
	stateClosing             // BYE sent, its answer awaited
	stateOver                // nothing more will happen
	stateCount
)

type input uint8

const (
	inTrying  input = iota // a provisional answer, 100 included
	inSuccess              // 2xx to the INVITE, the first of its kind
	inFailure              // a final refusal
	inRetry                // a refusal or silence that another INVITE may mend: login, next target
	inLost                 // the INVITE cannot be sent, or nobody answers it
	inHangup               // we want to end it
	inLimit                // the time limit of the state has run out
	inCancel               // CANCEL received
	inBye                  // BYE received
	inAnswer               // we take the call
	inReject               // we refuse the call
	inAck                  // ACK received
	inAckLost              // no ACK within 64·T1
	inByeDone              // our BYE was answered, or will never be
	inGone                 // the other side knows no such dialog, or its session timer ran out
	inputCount
)

type action uint8

const (
	doNothing   action = iota
	doInvite           // send the next INVITE
	doCancel           // send CANCEL
	doConnect          // ACK the 2xx, tell Answered
	doAckBye           // ACK the 2xx, then BYE: it crossed our CANCEL
	doAccept           // send 200 until its ACK comes
	doConfirm          // the ACK has come, tell Answered
	doRefuse           // send a refusal, tell Ended
	doBye              // send BYE
	doReportEnd        // tell Ended, though our BYE or the cancelled INVITE is still unanswered
	doEnd              // tell Ended if that was not done, leave nothing behind
	actionCount
)

type transition struct {
	to state
	do action
}

// transitions has every pair that means something. A pair that is not here
// leaves the state as it is and does nothing.
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
		inLost:    {stateRefused, doRefuse}, // sipgo had answered a CANCEL before our 200
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

func (s state) String() string  { return stateNames[s] }
func (i input) String() string  { return inputNames[i] }
func (a action) String() string { return actionNames[a] }

var stateNames = [stateCount]string{"none", "calling", "proceeding", "quitting", "cancelling", "lingering",
	"offered", "accepted", "leaving", "refused", "confirmed", "closing", "over"}

var inputNames = [inputCount]string{"trying", "success", "failure", "retry", "lost", "hangup",
	"limit", "cancel", "bye", "answer", "reject", "ack", "ack_lost", "bye_done", "gone"}

var actionNames = [actionCount]string{"nothing", "invite", "cancel", "connect", "ack_bye",
	"accept", "confirm", "refuse", "bye", "tell", "end"}
