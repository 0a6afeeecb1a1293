package sip

import "slices"

// A registration is in one phase at a time, and every input goes through one table. The
// table is a pure function; registration_actions.go carries its actions out.
//
//	registering → registered ⇄ refreshing
//	    ↓  ↑           ↑          ↓  ↓
//	  waiting ←—————— lapsing ←———┘  │    (lapsing: the binding is there, its refresh failed)
//	     ↑———————————————————————————┘
//	any → unregistering → ended

type registrationPhase uint8

const (
	regRegistering   registrationPhase = iota // no binding, REGISTER sent
	regWaiting                                // no binding, the next attempt awaited
	regRegistered                             // a binding, nothing under way
	regRefreshing                             // a binding, REGISTER sent
	regLapsing                                // a binding, its refresh failed, the next attempt awaited
	regUnregistering                          // the REGISTER that removes the binding sent
	regEnded
	regPhases
)

type registrationInput uint8

const (
	regDue         registrationInput = iota // the next REGISTER is due: by time, the loss of the flow, another address of ours
	regBound                                // 2xx with our binding
	regUnbound                              // 2xx without our binding
	regAgain                                // a response after which the same registrar gets another REGISTER at once
	regNext                                 // a failure, and there is another address or registrar to try
	regUnavailable                          // a failure that passes: no response, 408, 480, 5xx
	regRefused                              // any other refusal
	regExpired                              // the time of the binding is over
	regStop                                 // the trunk is no longer to be registered
	regHandedOver                           // another registration goes on with the binding
	regInputs
)

type registrationAction uint8

const (
	regNothing    registrationAction = iota
	regRegister                      // send REGISTER to the registrars in order, that of the binding first
	regRepeat                        // send REGISTER once more to the same address
	regTryNext                       // send REGISTER to the next address or registrar
	regBind                          // take the binding, and set its timers
	regBackOff                       // set the timer of the next attempt
	regUnregister                    // send the REGISTER that removes the binding
	regEnd                           // stop all timers and requests
)

type registrationTransition struct {
	from []registrationPhase
	by   []registrationInput
	to   registrationPhase
	do   registrationAction
}

// registrationTransitions has every pair that does something, once. Any other leaves the
// phase as it is.
var registrationTransitions = []registrationTransition{
	{[]registrationPhase{regWaiting}, []registrationInput{regDue}, regRegistering, regRegister},
	{[]registrationPhase{regRegistering}, []registrationInput{regAgain}, regRegistering, regRepeat},
	{[]registrationPhase{regRegistering}, []registrationInput{regNext}, regRegistering, regTryNext},
	{[]registrationPhase{regRegistering, regRefreshing}, []registrationInput{regBound}, regRegistered, regBind},
	{[]registrationPhase{regRegistering, regRefreshing}, []registrationInput{regUnbound, regRefused}, regWaiting, regBackOff},
	{[]registrationPhase{regRegistering}, []registrationInput{regUnavailable}, regWaiting, regBackOff},
	{[]registrationPhase{regRegistered, regLapsing}, []registrationInput{regDue}, regRefreshing, regRegister},
	{[]registrationPhase{regRefreshing}, []registrationInput{regAgain}, regRefreshing, regRepeat},
	{[]registrationPhase{regRefreshing}, []registrationInput{regNext}, regRefreshing, regTryNext},
	{[]registrationPhase{regRefreshing}, []registrationInput{regUnavailable}, regLapsing, regBackOff},
	{[]registrationPhase{regRegistered}, []registrationInput{regExpired}, regRegistering, regRegister},
	{[]registrationPhase{regRefreshing}, []registrationInput{regExpired}, regRegistering, regNothing},
	{[]registrationPhase{regLapsing}, []registrationInput{regExpired}, regWaiting, regNothing},
	{[]registrationPhase{regRegistering, regRegistered, regRefreshing, regLapsing}, []registrationInput{regStop}, regUnregistering, regUnregister},
	{[]registrationPhase{regWaiting}, []registrationInput{regStop}, regEnded, regEnd},
	{[]registrationPhase{regRegistering, regWaiting, regRegistered, regRefreshing, regLapsing, regUnregistering}, []registrationInput{regHandedOver}, regEnded, regEnd},
	{[]registrationPhase{regUnregistering}, []registrationInput{regAgain}, regUnregistering, regRepeat},
	{[]registrationPhase{regUnregistering}, []registrationInput{regBound, regUnbound, regNext, regUnavailable, regRefused}, regEnded, regEnd},
}

// next is the transition from p by in.
func (p registrationPhase) next(in registrationInput) (registrationPhase, registrationAction) {
	for _, t := range registrationTransitions {
		if slices.Contains(t.from, p) && slices.Contains(t.by, in) {
			return t.to, t.do
		}
	}
	return p, regNothing
}

// shown is the phase as others see it.
func (p registrationPhase) shown() RegistrationPhase {
	return [regPhases]RegistrationPhase{PhaseRegistering, PhaseFailed, PhaseRegistered, PhaseRegistered, PhaseRegistered, PhaseUnregistering, PhaseFailed}[p]
}
