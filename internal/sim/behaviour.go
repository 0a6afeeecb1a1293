package sim

import (
	"time"

	"ringflow/media/sdp"
	"ringflow/sip"
)

// Behaviour is what a phone does when it is called. The zero value rings until
// the caller gives up. It is data: change a field of what a constructor returns.
type Behaviour struct {
	// Lost loses every INVITE on the way: not even 100 Trying comes back.
	Lost bool
	// NoRinging sends no 18x before the final answer.
	NoRinging bool
	// Early is sound that the caller hears before the answer, again and again: the
	// phone sends 183 with SDP and not 180. 16-bit linear, 8 kHz.
	Early []int16
	// RingTime is the time from the INVITE to Final.
	RingTime time.Duration
	// Final is the final response; its zero value is none at all.
	Final FinalResponse
	// Mute sends no sound at all, though it says that it will: one-way audio.
	Mute bool
	// Codecs are what the phone speaks, best first; nil is what the carrier's do.
	Codecs []sdp.Codec
	// Script is what the phone's person does once the call stands, in order. After
	// it they stay on the line, silent, until the caller hangs up.
	Script []Action
}

// FinalResponse is a phone's final answer to an INVITE.
type FinalResponse struct {
	Code   int    // 200, or 300–699
	Reason string // empty is the standard phrase
	// Cause is sent as Reason: Q.850 (RFC 3326); 0 sends none.
	Cause int
	// Headers are sent with a refusal as they stand.
	Headers []sip.Header
}

// Answers picks up at once and does what the acts say.
func Answers(acts ...Action) Behaviour {
	return Behaviour{Final: FinalResponse{Code: 200, Reason: "OK"}, Script: acts}
}

// HangsUp picks up and hangs up so long after.
func HangsUp(after time.Duration) Behaviour { return Answers(Pause(after), HangUp()) }

// Busy is a line in use: 486.
func Busy() Behaviour { return Refuses(486, "Busy Here") }

// Declines is a person who presses the red key: 603.
func Declines() Behaviour { return Refuses(603, "Decline") }

// Blocked is a number to which the network lets no call through: 603 as
// ATIS-1000099 has it, with whom to turn to.
func Blocked() Behaviour {
	b := Refuses(603, "Network Blocked")
	b.NoRinging = true
	b.Final.Headers = []sip.Header{{Name: "Reason", Value: `SIP;cause=603;text="v=analytics1;url=https://redress.example.com;id=7";location=TN`}}
	return b
}

// Invalid is a number that nobody has: 404.
func Invalid() Behaviour {
	b := Refuses(404, "Not Found")
	b.NoRinging = true
	return b
}

// Refuses rings and gives any final answer of 300–699.
func Refuses(code int, reason string) Behaviour {
	return Behaviour{Final: FinalResponse{Code: code, Reason: reason}}
}

// Silent rings until the caller gives up.
func Silent() Behaviour { return Behaviour{} }

// Unreachable answers nothing at all.
func Unreachable() Behaviour { return Behaviour{Lost: true} }

// After is the same behaviour with so much ringing before the final answer.
func (b Behaviour) After(rings time.Duration) Behaviour {
	b.RingTime = rings
	return b
}
