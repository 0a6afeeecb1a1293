package carrier

import (
	"strconv"
	"strings"
	"time"

	"ringflow/internal/rig/phone"
)

// Behaviour is what the carrier does with an INVITE to a number. The zero
// value answers nothing at all.
type Behaviour struct {
	// Trying sends a 100 at once.
	Trying bool
	// Provisional is the 18x sent after ProvisionalAfter, 0 for none; Early
	// gives it a session description and plays the phone's tone under it.
	// Repeats sends it again so often, every 200 ms.
	Provisional      int
	ProvisionalAfter time.Duration
	Early            bool
	Repeats          int
	// Final is the final response, sent FinalAfter the INVITE; 0 for none.
	Final      int
	FinalAfter time.Duration
	// Phrase is the reason phrase of a refusal, "" for Refused.
	Phrase string
	// Cause is a Reason header for a refusal (RFC 3326), "" for none.
	Cause string
	// CallInfo is a Call-Info header for a refusal (RFC 8688), "" for none.
	CallInfo string
	// AnswerCancel answers a CANCEL with 200 to the INVITE: the answer crossed it.
	AnswerCancel bool
	// Fork sends a second 200 with a tag of its own.
	Fork bool
	// LostAnswers is how many times the 200 is lost before it is sent.
	LostAnswers int
	// HangupAfter ends the call so long after the ACK; 0 lets the caller end it.
	HangupAfter time.Duration
	// Requests are requests that the carrier sends within the call.
	Requests []Request
	// Deviation is what an unusual or a faulty user agent does.
	Deviation Deviation
	// Codec is the payload type of the answer, 0 PCMU or 8 PCMA.
	Codec uint8
	// Tone is what the phone says, in Hz; 0 says silence packets, Mute nothing.
	Tone int
	Mute bool
	// Record, InSequence and Trace are what the phone keeps of what it hears.
	Record     time.Duration
	InSequence bool
	Trace      bool
	// Digits are sent DigitsAfter the ACK.
	Digits      string
	DigitsAfter time.Duration
	DigitTiming phone.DigitTiming
}

// Request is a request within the call, sent so long after the ACK.
type Request struct {
	After time.Duration
	Kind  Kind
}

// Kind is what a request within the call wants.
type Kind string

// The kinds. Hold and Resume are re-INVITEs with a=sendonly and a=sendrecv,
// Move has a new media address, Change the other codec, Bare no offer at all.
const (
	Hold   Kind = "hold"
	Resume Kind = "resume"
	Move   Kind = "move"
	Change Kind = "change codec"
	Bare   Kind = "re-INVITE without offer"
	Update Kind = "UPDATE without offer"
	Info   Kind = "INFO"
	Ping   Kind = "OPTIONS"
	Refer  Kind = "REFER"
)

// Deviation is a set of unusual behaviours.
type Deviation struct {
	// BareAnswer sends the 200 without a session description.
	BareAnswer bool
	// ForeignCodec answers with G.729 alone, NoMedia with port 0.
	ForeignCodec, NoMedia bool
	// Reliable demands PRACK for its 18x (RFC 3262).
	Reliable bool
	// RingsFork sends its first 18x under the tag of another fork.
	RingsFork bool
	// Routed puts itself into the route set and names another Contact.
	Routed bool
	// RepeatsAnswer repeats the 200 after its ACK; RingsLate sends a 180 after it.
	RepeatsAnswer, RingsLate bool
	// IgnoresCancel answers no CANCEL, RefusesCancel answers it 481; neither ends the INVITE.
	IgnoresCancel, RefusesCancel bool
	// IgnoresBye answers no BYE.
	IgnoresBye bool
	// Redirects adds a Contact to a 302.
	Redirects string
}

// Answers is a phone that rings at once and is picked up after the delay.
func Answers(after time.Duration) Behaviour {
	return Behaviour{Trying: true, Provisional: 180, Final: 200, FinalAfter: after, Tone: 600}
}

// Refuses is a number that rings nowhere and is answered with the code.
func Refuses(code int) Behaviour {
	return Behaviour{Trying: true, Final: code, FinalAfter: 20 * time.Millisecond}
}

// Numbered is the behaviour that the exchange code (the fourth to sixth digit)
// of a North American number stands for: 400–699 refuses with that very code,
// and the table below holds the rest. Anything else is 404.
func Numbered(number string) Behaviour {
	digits := strings.TrimPrefix(strings.TrimPrefix(number, "+"), "1")
	if len(digits) != 10 {
		return Refuses(404)
	}
	office, err := strconv.Atoi(digits[3:6])
	if err != nil {
		return Refuses(404)
	}
	switch b := Answers(200 * time.Millisecond); {
	case office >= 400 && office < 700:
		return Refuses(office)
	case office == 200:
		return b
	case office == 201:
		b.FinalAfter = 3 * time.Second
		return b
	case office == 202:
		b.HangupAfter = time.Second
		return b
	case office == 280:
		return Behaviour{Trying: true, Provisional: 180}
	case office == 283:
		return Behaviour{Trying: true, Provisional: 183, Early: true, Tone: 900}
	case office == 299:
		return Behaviour{}
	}
	return Refuses(404)
}
