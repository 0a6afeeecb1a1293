package carrier

// State of one incoming INVITE's usage (RFC 3261 §13.3, §15, §17.2.1).
type State string

// The states, in the order of a call's life.
const (
	Ringing   State = "ringing"   // no final answer yet
	Refusing  State = "refusing"  // final refusal sent, no ACK yet
	Answering State = "answering" // 200 sent, no ACK yet
	Talking   State = "talking"   // ACK received
	Leaving   State = "leaving"   // our BYE sent, no reply yet
	Ended     State = "over"
)

// callEvent is what moves a call.
type callEvent string

const (
	retransmitted  callEvent = "INVITE again"
	cancelReceived callEvent = "CANCEL"
	ackReceived    callEvent = "ACK"
	byeReceived    callEvent = "BYE"
	refuse         callEvent = "final refusal due"
	answer         callEvent = "answer due"
	hangup         callEvent = "hang-up due"
	byeAnswered    callEvent = "reply to our BYE"
	timedOut       callEvent = "64 T1 without a reply"
)

// step is where a happening leads and what is done on the way.
type step struct {
	to State
	do []action
}

// action is one thing a call does; call.go has them.
type action string

const (
	retransmitFinal action = "send the last answer to the INVITE again"
	sendRefusal     action = "send the final refusal"
	sendEnded       action = "send 487"
	sendAnswer      action = "send 200"
	sendBye         action = "send BYE"
	respond200      action = "answer this request with 200"
	respond481      action = "answer this request with 481"
	connect         action = "begin to talk"
	postpone        action = "hang up once the ACK has come"
	unacked         action = "note that no ACK came"
	unreplied       action = "note that no reply to BYE came"
	unexpectedACK   action = "note an ACK out of place"
	early           action = "note a BYE before the ACK"
	end             action = "end the call"
)

// steps is the whole machine. What it does not name is ignored.
var steps = map[State]map[callEvent]step{
	Ringing: {
		retransmitted:  {Ringing, []action{retransmitFinal}},
		cancelReceived: {Refusing, []action{respond200, sendEnded}},
		ackReceived:    {Ringing, []action{unexpectedACK}},
		byeReceived:    {Refusing, []action{respond200, sendEnded}},
		refuse:         {Refusing, []action{sendRefusal}},
		answer:         {Answering, []action{sendAnswer}},
	},
	Refusing: {
		retransmitted:  {Refusing, []action{retransmitFinal}},
		cancelReceived: {Refusing, []action{respond200}},
		ackReceived:    {Ended, []action{end}},
		byeReceived:    {Refusing, []action{respond481}},
		timedOut:       {Ended, []action{unacked, end}},
	},
	Answering: {
		retransmitted:  {Answering, []action{retransmitFinal}},
		cancelReceived: {Answering, []action{respond200}},
		ackReceived:    {Talking, []action{connect}},
		byeReceived:    {Ended, []action{early, respond200, end}},
		hangup:         {Answering, []action{postpone}},
		timedOut:       {Leaving, []action{unacked, sendBye}},
	},
	Talking: {
		retransmitted:  {Talking, []action{retransmitFinal}},
		cancelReceived: {Talking, []action{respond200}},
		byeReceived:    {Ended, []action{respond200, end}},
		hangup:         {Leaving, []action{sendBye}},
	},
	Leaving: {
		byeReceived: {Leaving, []action{respond200}},
		byeAnswered: {Ended, []action{end}},
		timedOut:    {Ended, []action{unreplied, end}},
	},
	Ended: {
		retransmitted:  {Ended, []action{retransmitFinal}},
		cancelReceived: {Ended, []action{respond481}},
		byeReceived:    {Ended, []action{respond481}},
	},
}
