package flowtest

import (
	"cmp"
	"context"
	"fmt"
	"strings"
	"sync/atomic"
	"time"

	"ringflow/flowengine"
	"ringflow/flowengine/flowfile"
	"ringflow/flowengine/record"
)

// Line is a Dialer whose far end is scripted, and the Preparer of its audio. Use one
// Line per execution, as each call of Dial plays the script from its beginning.
type Line struct {
	Contact, Agent Phone
	// Prompts says how long stored prompts last. One that is not named cannot be
	// played, unless Prompts is nil: then each lasts ten seconds.
	Prompts map[string]time.Duration

	live    atomic.Int64 // legs that live now
	legs    atomic.Int64 // legs so far
	unheard atomic.Value // the words that the contact waits for
}

// Unheard returns the words for which the contact of the last call waited when
// it ended, empty if all were spoken.
func (l *Line) Unheard() string {
	words, _ := l.unheard.Load().(string)
	return words
}

// Live returns how many legs live now.
func (l *Line) Live() int { return int(l.live.Load()) }

// ring rings a phone and returns how that ended. The leg lives on if it was
// answered, until the function returned is called.
func (l *Line) ring(ctx context.Context, j record.Journal, party record.Party, from, to string, limit time.Duration, p Phone) (flowengine.Outcome, func(by record.EndedBy), error) {
	if strings.Trim(to, "+0123456789") != "" || len(to) < 3 {
		return flowengine.Outcome{Exit: flowfile.ExitInvalidNumber, Detail: fmt.Sprintf("%q is no telephone number", to)}, nil, nil
	}
	if p.Fault != nil {
		return flowengine.Outcome{}, nil, p.Fault
	}
	l.live.Add(1)
	leg := record.LegEvent{ID: fmt.Sprint(l.legs.Add(1)), Party: party, From: from, To: to}
	note := func(kind record.EventKind, sip *record.SIPResult, by record.EndedBy) {
		e := leg
		e.EndedBy = by
		j.Append(record.Event{Kind: kind, Leg: &e, SIP: sip})
	}
	end := func(by record.EndedBy) {
		l.live.Add(-1)
		note(record.LegEnded, nil, by)
	}
	note(record.LegDialling, nil, "")
	note(record.LegRinging, &record.SIPResult{Code: 180, Reason: "Ringing"}, "")
	exit, wait := cmp.Or(p.Exit, flowfile.ExitAnswered), p.After
	sip := p.SIP
	if sip.IsZero() {
		sip = usualSIP[exit]
	}
	if exit == flowfile.ExitNoAnswer && p.SIP.Code == 0 || wait > limit {
		exit, wait, sip = flowfile.ExitNoAnswer, limit, usualSIP[flowfile.ExitNoAnswer]
	}
	if err := sleep(ctx, wait); err != nil {
		end(record.EndedByFlow)
		return flowengine.Outcome{}, nil, err
	}
	o := flowengine.Outcome{Exit: exit, SIP: sip, Number: to, RingTime: wait}
	if exit != flowfile.ExitAnswered {
		if end(cmp.Or(sip.EndedBy, record.EndedByTrunk)); sip.EndedBy == record.EndedByNetwork {
			o.Detail = "the network blocked the call"
		}
		return o, nil, nil
	}
	note(record.LegAnswered, &sip, "")
	return o, end, nil
}

// sleep waits for d, or returns the cause for which ctx ended.
func sleep(ctx context.Context, d time.Duration) error {
	select {
	case <-time.After(d):
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// Dial implements flowengine.Dialer.
func (l *Line) Dial(ctx context.Context, d flowengine.DialRequest) (flowengine.Contact, flowengine.Outcome, error) {
	o, end, err := l.ring(ctx, d.Journal, record.PartyContact, d.From, d.To, d.Ring, l.Contact)
	if end == nil {
		return nil, o, err
	}
	return newContact(l, d, end), o, nil
}

// Phone is what a scripted phone does when it is called. The zero value answers
// at once, says nothing and never hangs up.
type Phone struct {
	// Exit is how ringing it ends; empty is answered, and no_answer lets it ring
	// for as long as the flow allows.
	Exit flowfile.Exit
	// SIP is what the wire says; zero is what usually goes with Exit.
	SIP record.SIPResult
	// After is how long it rings before that.
	After time.Duration
	// Acts are what the person does after answering, one after the other.
	Acts []Act
	// Fault makes the dialling fail as a fault of our own.
	Fault error
}

// Act is one thing that a person on the phone does: exactly one field is set,
// or none to hang up.
type Act struct {
	// Hears waits until audio is played that contains the text, or a prompt of
	// this name.
	Hears string
	// Presses sends these DTMF digits, one after the other.
	Presses string
	// Waits does nothing for so long.
	Waits time.Duration
}

// usualSIP is what the wire says with each exit.
var usualSIP = map[flowfile.Exit]record.SIPResult{
	flowfile.ExitAnswered:      {Code: 200, Reason: "OK"},
	flowfile.ExitBusy:          {Code: 486, Reason: "Busy Here"},
	flowfile.ExitInvalidNumber: {Code: 404, Reason: "Not Found"},
	flowfile.ExitNoAnswer:      {Code: 487, Reason: "Request Terminated"},
	flowfile.ExitError:         {Code: 503, Reason: "Service Unavailable"},
}

// phrases are the words of a script for how ringing a phone ends.
var phrases = map[string]Phone{
	"answers": {Exit: flowfile.ExitAnswered},
	"busy":    {Exit: flowfile.ExitBusy},
	"blocked": {Exit: flowfile.ExitBusy, SIP: record.SIPResult{
		Code: 603, Reason: "Network Blocked", EndedBy: record.EndedByNetwork, ReasonText: "v=analytics1;url=https://example.com",
	}},
	"invalid":     {Exit: flowfile.ExitInvalidNumber},
	"silent":      {Exit: flowfile.ExitNoAnswer},
	"unreachable": {Exit: flowfile.ExitError},
}
