package record

// Party is the party that a leg reaches.
type Party string

// The parties of a call.
const (
	PartyContact Party = "contact"
	PartyAgent   Party = "agent"
)

// EndedBy is the party or the part of the system that ended a leg.
type EndedBy string

// The values of EndedBy.
const (
	EndedByContact   EndedBy = "contact"
	EndedByAgent     EndedBy = "agent"
	EndedByNetwork   EndedBy = "network" // it kept the call from the party, which was not busy and did not decline
	EndedByFlow      EndedBy = "flow"
	EndedByAPI       EndedBy = "api" // it was hung up, or its execution cancelled
	EndedByRingLimit EndedBy = "ring_limit"
	EndedByTrunk     EndedBy = "trunk"
	EndedByFault     EndedBy = "fault"
	EndedByShutdown  EndedBy = "shutdown"
)

// Errors of the execution, the step and the legs that had not ended when their server did.
const (
	ErrorRestart  = "restart"  // the process was killed or crashed
	ErrorRestored = "restored" // the backup was made before their end
)

// LegState is where a leg stands.
type LegState string

// The states of a leg, in their order.
const (
	LegStateDialling LegState = "dialling"
	LegStateRinging  LegState = "ringing"
	LegStateAnswered LegState = "answered"
	LegStateEnded    LegState = "ended"
)

// Leg is one leg of an execution's call. An event that has not come is nil.
type Leg struct {
	LegEvent         // of the leg's first event; EndedBy and Audio of its last
	Step         int // the Order of the step that dialled it
	State        LegState
	Dialled      *Event
	FirstRinging *Event // the first 18x
	Answered     *Event
	Unheard      *Event
	Ended        *Event
	SIP          *SIPResult // of the newest event that has one
}

// Interrupted returns ErrorRestart or ErrorRestored if that is why the record has an end of the
// leg, whose own end is not known then; else it is empty.
func (l *Leg) Interrupted() string {
	if l.Ended != nil && l.EndedBy == EndedByFault && (l.Ended.Error == ErrorRestart || l.Ended.Error == ErrorRestored) {
		return l.Ended.Error
	}
	return ""
}

// Legs derives the legs from the journal, in the order in which they were dialled.
func (h History) Legs() []*Leg {
	var legs []*Leg
	byID := map[string]*Leg{}
	step := -1
	for i := range h.Events {
		e := &h.Events[i]
		if e.Kind == StepEntered {
			step++
		}
		if e.Leg == nil {
			continue
		}
		l := byID[e.Leg.ID]
		if l == nil {
			l = &Leg{LegEvent: *e.Leg, Step: step, State: LegStateDialling, Dialled: e}
			byID[l.ID] = l
			legs = append(legs, l)
		}
		l.add(e)
	}
	return legs
}

func (l *Leg) add(e *Event) {
	switch e.Kind {
	case LegRinging, LegEarlyMedia:
		l.State = LegStateRinging
		if l.FirstRinging == nil {
			l.FirstRinging = e
		}
	case LegAnswered:
		l.State, l.Answered = LegStateAnswered, e
	case LegUnheard:
		l.Unheard = e
	case LegEnded:
		l.State, l.Ended, l.EndedBy, l.Audio = LegStateEnded, e, e.Leg.EndedBy, e.Leg.Audio
	}
	if e.SIP != nil {
		l.SIP = e.SIP
	}
}
