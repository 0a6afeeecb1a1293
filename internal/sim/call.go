package sim

import (
	"time"

	"ringflow/media"
	"ringflow/sip"
)

// Call are the facts of one call to one phone. An INVITE that was refused by Config.Screen is
// no call.
type Call struct {
	Number string // the number called, as the INVITE gave it
	From   string // the caller's number
	CallID string

	InviteAt time.Time
	EndedAt  time.Time // zero before the end

	Offer []byte // the SDP of the INVITE; empty if it had none
	Codec string // agreed on; empty without an answer
	// Recording is the received audio since the phone's port was opened, 16-bit linear at 8 kHz,
	// silence where no packet came. Set when the call has ended.
	Recording []int16
	// Digits are the DTMF digits received as telephone events.
	Digits string
	// Reoffers are the responses to the phone's own re-INVITEs.
	Reoffers []int
	// Audio are the counters of the phone's port.
	Audio media.PortStats
	// Outcome is how the dialog ended.
	Outcome sip.Outcome
	// Fault is an error of the phone itself: no common codec, no free port.
	Fault string
}

// HungUpByPhone reports whether the phone ended an answered call.
func (c Call) HungUpByPhone() bool { return c.Outcome.Answered && c.Outcome.By == sip.EndedLocal }
