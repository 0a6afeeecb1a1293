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
	Over      State = "over"
)

// happening is what moves a call.
type happening string

const (
	invited   happening = "INVITE again"
	cancelled happening = "CANCEL"
	acked     happening = "ACK"
	byed      happening = "BYE"
	refuse    happening = "final refusal due"
	answer    happening = "answer due"
	hangup    happening = "hang-up due"
	left      happening = "reply to our BYE"
	givenUp   happening = "64 T1 without a reply"
)

// step is where a happening leads and what is done on the way.
type step struct {
	to State
	do []action
}

// action is one thing a call does; call.go has them.
type action string

const (
	sendAgain   action = "send the last answer to the INVITE again"
	sendRefusal action = "send the final refusal"
	sendEnded   action = "send 487"
	sendAnswer  action = "send 200"
	sendBye     action = "send BYE"
	okay        action = "answer this request with 200"
	unknown     action = "answer this request with 481"
	connect     action = "begin to talk"
	postpone    action = "hang up once the ACK has come"
	unacked     action = "note that no ACK came"
	unreplied   action = "note that no reply to BYE came"
	stray       action = "note an ACK out of place"
	early       action = "note a BYE before the ACK"
	end         action = "end the call"
)

// steps is the whole machine. What it does not name is ignored.
var steps = map[State]map[happening]step{
	Ringing: {
		invited:   {Ringing, []action{sendAgain}},
		cancelled: {Refusing, []action{okay, sendEnded}},
		acked:     {Ringing, []action{stray}},
		byed:      {Refusing, []action{okay, sendEnded}},
		refuse:    {Refusing, []action{sendRefusal}},
		answer:    {Answering, []action{sendAnswer}},
	},
	Refusing: {
		invited:   {Refusing, []action{sendAgain}},
		cancelled: {Refusing, []action{okay}},
		acked:     {Over, []action{end}},
		byed:      {Refusing, []action{unknown}},
		givenUp:   {Over, []action{unacked, end}},
	},
	Answering: {
		invited:   {Answering, []action{sendAgain}},
		cancelled: {Answering, []action{okay}},
		acked:     {Talking, []action{connect}},
		byed:      {Over, []action{early, okay, end}},
		hangup:    {Answering, []action{postpone}},
		givenUp:   {Leaving, []action{unacked, sendBye}},
	},
	Talking: {
		invited:   {Talking, []action{sendAgain}},
		cancelled: {Talking, []action{okay}},
		byed:      {Over, []action{okay, end}},
		hangup:    {Leaving, []action{sendBye}},
	},
	Leaving: {
		byed:    {Leaving, []action{okay}},
		left:    {Over, []action{end}},
		givenUp: {Over, []action{unreplied, end}},
	},
	Over: {
		invited:   {Over, []action{sendAgain}},
		cancelled: {Over, []action{unknown}},
		byed:      {Over, []action{unknown}},
	},
}
