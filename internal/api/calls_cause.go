package api

import (
	"cmp"
	"fmt"
	"strings"
	"time"

	"ringflow/flowengine/flowfile"
	"ringflow/flowengine/record"
)

// causeOf says in words what became of a leg, and of one that lives what it waits for.
// step is the one that dialled it.
func causeOf(l *record.Leg, step record.Step, now time.Time) string {
	var parts []string
	add := func(text string) {
		if text != "" {
			parts = append(parts, text)
		}
	}
	rang, answered, interrupted := l.FirstRinging, l.Answered, interruptedCauses[l.Interrupted()]
	switch {
	case l.Ended == nil && answered != nil:
		add("the call is up since " + seconds(now.Sub(answered.At)))
	case l.Ended == nil && rang != nil:
		add("the phone rings since " + seconds(now.Sub(rang.At)))
	case l.Ended == nil:
		add("nothing rings yet; the INVITE left " + seconds(now.Sub(l.Dialled.At)) + " ago")
	case interrupted != "" && answered != nil: // its end has the time of the last event before it
		add("answered and talked for at least " + seconds(l.Ended.After(*answered)))
		add(interrupted + " while the call was up")
	case interrupted != "" && rang != nil:
		add(interrupted + " while the phone rang")
	case interrupted != "":
		add(interrupted + " before any ringing was recorded")
	case answered != nil:
		add("answered and talked for " + seconds(l.Ended.After(*answered)))
		add(cmp.Or(l.Ended.Detail, answeredEnds[l.EndedBy]))
	default:
		add(unansweredCause(l, step))
	}
	if l.Unheard != nil {
		add("nothing was heard of the far end: " + l.Unheard.Detail)
	}
	if l.Ended == nil {
		return strings.Join(parts, "; ")
	}
	if interrupted != "" {
		add("how the call ended at the far end is not known")
	} else {
		add(l.Ended.Error)
	}
	if s := l.Ended.SIP; s != nil {
		if s.Cause != 0 && (answered == nil || s.Cause != 16) {
			add("Q.850 cause " + q850(s.Cause))
		}
		if why := s.Explanation(); answered == nil {
			add(why)
		}
	}
	return strings.Join(parts, "; ")
}

// interruptedCauses say why the end of a leg is not known, by Leg.Interrupted.
var interruptedCauses = map[string]string{
	record.ErrorRestart:  "the server ended without notice (it was killed or crashed)",
	record.ErrorRestored: "the backup that was restored was made",
}

// answeredEnds say who ended a leg that was answered.
var answeredEnds = map[record.EndedBy]string{
	record.EndedByContact:  "the contact hung up",
	record.EndedByAgent:    "the agent hung up",
	record.EndedByFlow:     "the flow ended it",
	record.EndedByAPI:      "it was hung up over the API",
	record.EndedByTrunk:    "the trunk ended it",
	record.EndedByFault:    "it was ended by a fault",
	record.EndedByShutdown: "the server was shut down",
}

// exitMeanings say what a refusal means by its exit.
var exitMeanings = map[flowfile.Exit]string{
	flowfile.ExitBusy:          "the party is busy or declined",
	flowfile.ExitInvalidNumber: "the number does not exist or cannot be called",
	flowfile.ExitNoAnswer:      "the party did not answer",
}

// unansweredCause says why a leg was not answered.
func unansweredCause(l *record.Leg, step record.Step) string {
	answer := ""
	if s := l.Ended.SIP; s != nil && s.Code != 0 {
		answer = strings.TrimSpace(fmt.Sprint("the answer was ", s.Code, " ", s.Reason))
	}
	if l.Ended.Detail != "" { // why we ended it
		if l.FirstRinging != nil {
			return l.Ended.Detail + " while the phone rang"
		}
		return l.Ended.Detail + " before anything rang"
	}
	detail := step.Detail // says all that is known where exit and answer do not
	switch l.EndedBy {
	case record.EndedByRingLimit:
		return "nobody answered within the ring limit"
	case record.EndedByFlow:
		return "the flow cancelled it before it was answered"
	case record.EndedByAPI:
		return "it was hung up over the API before it was answered"
	case record.EndedByShutdown:
		return "the server was shut down before it was answered"
	case record.EndedByNetwork:
		return join(answer, "the network blocked the call")
	}
	if step.Exit == flowfile.ExitError || exitMeanings[step.Exit] == "" {
		if detail != "" {
			return detail
		}
		return join(answer, "the trunk refused the call")
	}
	return join(answer, exitMeanings[step.Exit], detail)
}

func join(texts ...string) string {
	var parts []string
	for _, t := range texts {
		if t != "" {
			parts = append(parts, t)
		}
	}
	return strings.Join(parts, ": ")
}

// seconds writes a duration in seconds.
func seconds(d time.Duration) string { return fmt.Sprintf("%.1f s", max(d, 0).Seconds()) }

// q850 is a cause with its name in ITU-T Q.850.
func q850(cause int) string {
	name := causeNames[cause]
	if name == "" {
		return fmt.Sprint(cause)
	}
	return fmt.Sprintf("%d (%s)", cause, name)
}

// causeNames are the causes of ITU-T Q.850 §2.2.7 that come of calls.
var causeNames = map[int]string{
	1: "unallocated number", 2: "no route to the transit network", 3: "no route to the destination", 16: "normal call clearing", 17: "user busy",
	18: "no user responding", 19: "no answer from the user", 20: "subscriber absent", 21: "call rejected", 22: "number changed",
	26: "non-selected user clearing", 27: "destination out of order", 28: "invalid number format", 29: "facility rejected", 31: "normal, unspecified",
	34: "no circuit available", 38: "network out of order", 41: "temporary failure", 42: "congestion of the switching equipment", 44: "requested circuit not available",
	47: "resource unavailable", 50: "facility not subscribed", 55: "incoming calls barred", 57: "bearer capability not authorised", 58: "bearer capability not available",
	63: "service or option not available", 65: "bearer capability not implemented", 69: "facility not implemented", 79: "service or option not implemented",
	88: "incompatible destination", 95: "invalid message", 102: "recovery on timer expiry", 111: "protocol error", 127: "interworking",
}
