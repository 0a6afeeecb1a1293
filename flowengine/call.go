package flowengine

import (
	"context"
	"errors"
	"time"

	"ringflow/flowengine/flowfile"
	"ringflow/flowengine/record"
)

// ErrHungUp is returned by every method of a Contact once its leg has ended, and ends a
// voice step at once by its neutral exit.
var ErrHungUp = errors.New("the contact has hung up")

// Dialer places the one outbound call of an execution. It is implemented where
// signalling and audio meet, and by a scripted callee in tests.
type Dialer interface {
	// Dial rings the contact and returns once the outcome is known. The Contact
	// is non-nil exactly when Outcome.Exit is ExitAnswered. A number that is not
	// valid, a trunk that refuses, a phone that is busy are outcomes, not errors;
	// an error is a fault of the system. When ctx ends, the call is cancelled and
	// leaves nothing behind before Dial returns.
	Dial(ctx context.Context, d DialRequest) (Contact, Outcome, error)
}

// DialRequest is one call of Dialer.Dial.
type DialRequest struct {
	Execution record.ExecutionID
	Account   string
	// From is the account's own number that the contact sees, To the contact's
	// number as the trigger gave it: the Dialer validates and normalises both.
	From, To string
	// Ring is how long the contact's phone may ring, from the first 18x.
	Ring time.Duration
	// Journal receives what happens on the wire, in order.
	Journal record.Journal
	// HangUpCause returns why a leg is hung up that is hung up now: ErrCancelled, ErrShutdown,
	// another error whose text says it, or nil: the flow goes on without the leg. Several
	// goroutines may call it. A HangUpCause of nil always has nil.
	HangUpCause func() error
}

// Contact is the dialled party while a call exists. One step at a time uses it;
// Key may wait in one goroutine while Play runs in another, so that a digit can
// stop a prompt.
type Contact interface {
	// Play plays audio to the contact. It returns nil when the audio was played to its
	// end; ctx's error when ctx ended, silence following within one packet; or
	// ErrHungUp.
	Play(ctx context.Context, a flowfile.Audio) error
	// Digit waits for the next DTMF digit: 0–9, *, # or A–D. Digits that come while no
	// step waits are queued for the step that waits next. It returns ctx's error or
	// ErrHungUp when there will be none.
	Digit(ctx context.Context) (rune, error)
	// DiscardDigits discards the queued digits.
	DiscardDigits()
	// Connect rings the outside phone while the contact hears ringback or the
	// trunk's early media. Answered: both talk, and Connect returns when either
	// has hung up, with ExitOK. Otherwise it returns the exit that the outcome
	// leads to, and the contact's leg lives on.
	Connect(ctx context.Context, c ConnectRequest) (Outcome, error)
	// Done is closed when the contact's leg has ended and its leg_ended stands in the
	// journal.
	Done() <-chan struct{}
	// AfterEnd has f called once Done is closed, and at once if it is. f does not block.
	AfterEnd(f func())
	// HangUp ends every leg of the call and returns when they are gone from our
	// side. It may be called at any time and more than once.
	HangUp()
}

// ConnectRequest is one call of Contact.Connect.
type ConnectRequest struct {
	To string
	// ShowContact shows the contact's number to the outside phone instead of the
	// number the contact was called from.
	ShowContact bool
	Ring        time.Duration
	Journal     record.Journal
}

// Preparer renders an account's audio before a call is answered. Optional: without one,
// audio is rendered when it is played.
type Preparer interface {
	// Prepare fails if the audio cannot be rendered, and with ctx's error.
	Prepare(ctx context.Context, account string, a flowfile.Audio) error
}

// Outcome is how an attempt to reach a party ended.
type Outcome struct {
	Exit flowfile.Exit
	SIP  record.SIPResult
	// Detail is one sentence beyond Exit.
	Detail string
	// Number is the number as it was dialled, in E.164; empty if none was.
	Number string
	// RingTime is the time from the first 18x to the end of ringing.
	RingTime time.Duration
}
