package call

import (
	"errors"

	"ringflow/flowengine"
	"ringflow/flowengine/record"
)

// hangUpReason is why we hang up a leg that has no fault.
type hangUpReason struct {
	by     record.EndedBy
	detail string // for its last event; empty: the flow went on without it
}

// The reasons of a hang-up.
var (
	flowHangUp     = hangUpReason{by: record.EndedByFlow}
	apiHangUp      = hangUpReason{by: record.EndedByAPI, detail: "hung up over the API"}
	cancelHangUp   = hangUpReason{by: record.EndedByAPI, detail: "the execution was cancelled over the API"}
	shutdownHangUp = hangUpReason{by: record.EndedByShutdown, detail: flowengine.ErrShutdown.Error()}
)

// hangUpReasonOf is the reason of a hang-up for a cause; nil: the flow goes on without the leg.
func hangUpReasonOf(cause error) *hangUpReason {
	switch {
	case errors.Is(cause, flowengine.ErrCancelled):
		return &cancelHangUp
	case errors.Is(cause, flowengine.ErrShutdown):
		return &shutdownHangUp
	case cause != nil:
		return &hangUpReason{by: record.EndedByFlow, detail: cause.Error()}
	}
	return &flowHangUp
}

// requestHangUp ends the session of the leg and does not wait for that. The first reason holds.
func (l *Leg) requestHangUp(why *hangUpReason) {
	l.hungUpFor.CompareAndSwap(nil, why)
	l.session.Hangup(normalClearing)
}

// hangUpReason is why we have hung up the leg, flowHangUp if nobody said why.
func (l *Leg) hangUpReason() *hangUpReason {
	if why := l.hungUpFor.Load(); why != nil {
		return why
	}
	return &flowHangUp
}
