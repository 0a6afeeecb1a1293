package sim

import (
	"fmt"
	"time"

	"ringflow/media/sdp"
	"ringflow/sip"
)

// Behaviour is what a phone does with a call. The zero value rings until the caller gives
// up. It is data: change a field of what a constructor returns.
type Behaviour struct {
	// NoRinging sends no 18x.
	NoRinging bool
	// Early is early media, looped: the phone sends 183 with SDP instead of 180. 16-bit linear,
	// 8 kHz.
	Early []int16
	// RingTime is the time from the INVITE to Final.
	RingTime time.Duration
	// Final is the final response; its zero value is none at all.
	Final FinalResponse
	// Mute sends no audio though its SDP says sendrecv: one-way audio.
	Mute bool
	// Codecs of the phone in order of preference; nil is those of the carrier.
	Codecs []sdp.Codec
	// SRTP says whether the phone's audio is encrypted, with the suites Suites; nil is
	// sdp.DefaultSuites.
	SRTP   sdp.SRTPPolicy
	Suites []sdp.Suite
	// AlterSDP changes each SDP that the phone sends; nil leaves it.
	AlterSDP func([]byte) []byte
	// Script is run once the call is answered. After it the phone sends silence until the
	// caller hangs up.
	Script []Action
}

// FinalResponse is a phone's final response to an INVITE.
type FinalResponse struct {
	Code   int    // 200, or 300–699
	Reason string // empty is the standard phrase
	// Cause is sent as Reason: Q.850 (RFC 3326); 0 sends none.
	Cause int
	// Headers are sent with a refusal as they stand.
	Headers []sip.Header
}

func (f FinalResponse) reject(s *sip.Session) {
	headers := f.Headers
	if f.Cause != 0 {
		headers = append([]sip.Header{{Name: "Reason", Value: fmt.Sprintf("Q.850;cause=%d", f.Cause)}}, headers...)
	}
	s.Reject(f.Code, f.Reason, headers...)
}

// Answers answers at once and runs the actions.
func Answers(acts ...Action) Behaviour {
	return Behaviour{Final: FinalResponse{Code: 200, Reason: "OK"}, Script: acts}
}

// HangsUp answers, and hangs up after that time.
func HangsUp(after time.Duration) Behaviour { return Answers(Pause(after), HangUp()) }

// Busy refuses with 486.
func Busy() Behaviour { return Refuses(486, "Busy Here") }

// Declines refuses with 603.
func Declines() Behaviour { return Refuses(603, "Decline") }

// Blocked refuses with 603 of the network (ATIS-1000099), with a contact for redress.
func Blocked() Behaviour {
	b := Refuses(603, "Network Blocked")
	b.NoRinging = true
	b.Final.Headers = []sip.Header{{Name: "Reason", Value: `SIP;cause=603;text="v=analytics1;url=https://redress.example.com;id=7";location=TN`}}
	return b
}

// Invalid refuses with 404, without ringing.
func Invalid() Behaviour {
	b := Refuses(404, "Not Found")
	b.NoRinging = true
	return b
}

// Refuses rings and gives a final response of 300–699.
func Refuses(code int, reason string) Behaviour {
	return Behaviour{Final: FinalResponse{Code: code, Reason: reason}}
}

// Silent rings until the caller gives up.
func Silent() Behaviour { return Behaviour{} }

// After is the same behaviour with that ring time.
func (b Behaviour) After(rings time.Duration) Behaviour {
	b.RingTime = rings
	return b
}
