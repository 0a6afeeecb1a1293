package sim

import (
	"time"

	"ringflow/media"
	"ringflow/sip"
)

// Call is what the carrier knows of one call to one phone. An INVITE that was
// challenged for a login, or that got lost, is no call; see Carrier.Invites.
type Call struct {
	Number string // the number called, as the INVITE gave it
	From   string // the number shown
	CallID string

	InvitedAt time.Time
	EndedAt   time.Time // zero while the call lives

	Offer []byte // the SDP of the INVITE; empty if it had none
	Codec string // agreed on; empty if there never was sound
	// Recording is everything the phone heard since its port was opened, 16-bit linear
	// at 8 kHz, silence where nothing came. Set when the call has ended.
	Recording []int16
	// Digits are the keys that the phone was sent by telephone events.
	Digits string
	// Audio is what the phone's port sent and heard.
	Audio media.PortStats
	// Outcome is how the call ended on the wire: answered or not, by whom.
	Outcome sip.Outcome
	// Fault is what went wrong on the phone's own side: no common codec, no free
	// port. Empty when nothing did.
	Fault string
}

// HungUpByPhone says whether the phone ended a call that stood, and not the caller.
func (c Call) HungUpByPhone() bool { return c.Outcome.Answered && c.Outcome.By == sip.EndedLocal }
