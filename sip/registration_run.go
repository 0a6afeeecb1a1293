package sip

import (
	"cmp"
	"maps"
	"net/netip"
	"slices"
	"sync"
	"time"

	sipmsg "github.com/emiago/sipgo/sip"
)

// registration keeps one trunk registered. One goroutine, run, owns it, but for what mu
// guards.
type registration struct {
	agent    *Agent
	trunk    *Trunk
	settings Registration
	names    []string // of the trunks that share it
	jobs     chan func()
	ended    chan struct{} // closed at the end of run
	decided  chan struct{} // closed once the first attempt has a result

	// owned by run
	phase          registrationPhase
	due            *time.Timer // of the next attempt or refresh
	expiry         *time.Timer // of the binding
	keepAlive      *time.Timer
	callID         string
	cseq           uint32
	digest         *digestSession
	instance       string
	floor          time.Duration  // the highest Min-Expires that a registrar has named
	behind         netip.AddrPort // of our Contact, in place of the advertised address; zero: none
	bound          string         // the Contact of the binding as we sent it; empty: there is none
	seen           netip.AddrPort // where requests of ours were seen to come from last
	noOutbound     bool           // the first hop does not support RFC 5626
	securityServer []string       // what the registrar offers (RFC 3329), to the letter
	flowTimer      time.Duration  // that the edge proxy has named (RFC 5626 §6), 0: none
	failures       int            // in a row
	attempt        *registrationAttempt
	extra          bool              // the attempt follows another for a new address of ours alone
	boundAt        time.Time         // when the binding was made or refreshed last
	losses         int               // of the flow in a row, each soon after the binding
	logged         RegistrationState // what the log has said last

	mu     sync.Mutex
	state  RegistrationState
	route  []sipmsg.Uri // the service route; never written to
	flow   registeredFlow
	mine   netip.AddrPort // behind as the binding has it
	verify []string       // securityServer as the binding has it
}

// registeredFlow is where a binding was made: requests of the trunk go there first.
type registeredFlow struct {
	route route
	hop   hop
}

// registrationAttempt is one pass over the registrars.
type registrationAttempt struct {
	routes  []route         // not tried yet
	addrs   []targetAddress // of route, not tried yet
	route   route           // the one being tried
	to      hop
	contact string         // of the REGISTER that was sent last
	auth    digestAttempts // of the REGISTER, there
	tx      *clientTransaction
	floors  int           // how many 423 have raised the expiry
	moved   bool          // the Contact was changed
	wait    time.Duration // that a response wants
	refused bool          // and does not only fail
}

// maxFloors is how many 423 one attempt follows.
const maxFloors = 2

func newRegistration(a *Agent, t *Trunk) *registration {
	r := &registration{
		agent: a, trunk: t, settings: *t.Register, jobs: make(chan func()), ended: make(chan struct{}), decided: make(chan struct{}),
		phase: regWaiting, callID: a.credentials.callID(nil), digest: newDigestSession(t), instance: instanceOf(a, t),
		attempt: &registrationAttempt{},
	}
	r.settings.Expires = cmp.Or(r.settings.Expires, defaultExpires)
	r.state = RegistrationState{Phase: PhaseRegistering, Since: time.Now(), Attempts: map[int]uint64{}}
	return r
}

// run registers until the trunk is unregistered, or the Agent closes.
func (r *registration) run() {
	defer close(r.ended)
	r.due, r.expiry, r.keepAlive = time.NewTimer(0), time.NewTimer(0), time.NewTimer(0)
	r.expiry.Stop()
	r.keepAlive.Stop()
	for r.phase != regEnded {
		select {
		case <-r.due.C:
			r.input(regDue)
		case <-r.expiry.C:
			r.input(regExpired)
		case <-r.keepAlive.C:
			r.sendKeepAlive()
		case job := <-r.jobs:
			job()
		case <-r.agent.ctx.Done():
			r.phase = regEnded
		}
	}
	r.end()
}

// post has run do a job; it waits until run takes it, or is over.
func (r *registration) post(job func()) {
	select {
	case r.jobs <- job:
	case <-r.ended:
	}
}

// tell posts an input.
func (r *registration) tell(in registrationInput) { r.post(func() { r.input(in) }) }

// input takes an input of the table.
func (r *registration) input(in registrationInput) {
	defer r.agent.recovered("registering", r.callID)
	before := r.phase
	var do registrationAction
	r.phase, do = before.next(in)
	switch do {
	case regRegister:
		r.register()
	case regRepeat:
		r.send()
	case regTryNext:
		r.tryNext()
	case regBackOff:
		r.backOff()
	case regUnregister:
		r.unregister()
	}
	r.show(before)
}

// update changes the state that others see.
func (r *registration) update(change func(*RegistrationState)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	change(&r.state)
}

// snapshot is the state that others see.
func (r *registration) snapshot() RegistrationState {
	r.mu.Lock()
	defer r.mu.Unlock()
	s := r.state
	s.Attempts = maps.Clone(s.Attempts)
	return s
}

// show takes a change of the phase into the state that others see, and logs it.
func (r *registration) show(before registrationPhase) {
	now, phase := time.Now(), r.phase.shown()
	r.update(func(s *RegistrationState) {
		if phase != PhaseRegistered && phase != PhaseUnregistering {
			s.Contact, s.Until = "", time.Time{}
		}
		if s.Phase != phase {
			s.Phase, s.Since = phase, now
		}
	})
	if r.phase == regRegistering || r.phase == regWaiting {
		r.bound = ""
	}
	s := r.snapshot()
	log := r.agent.cfg.Log.With("trunks", r.names, "registrar", s.Registrar, "address", s.Address, "result", s.Result)
	switch {
	case r.phase == regLapsing && before == regRefreshing:
		log.Warn("a trunk's registration was not refreshed", "until", s.Until, "next", s.Next)
	case phase == PhaseRegistered && r.logged.Phase != phase:
		log.Info("a trunk is registered", "until", s.Until, "contact", s.Contact)
		r.logged = s
	case r.phase == regWaiting && (r.logged.Phase != phase || r.logged.Result != s.Result):
		log.Warn("a trunk is not registered", "next", s.Next)
		r.logged = s
	case r.phase == regEnded && r.logged.Phase == PhaseRegistered:
		log.Info("a trunk is registered no more")
		r.logged = s
	}
	if before.shown() != phase {
		r.agent.phaseChanged()
	}
	if phase == PhaseRegistered || phase == PhaseFailed {
		select {
		case <-r.decided:
		default:
			close(r.decided)
		}
	}
}

// registeredRoutes are the ways of a call to the trunk: those of its binding first, whose
// address took it. Registrars of their own are no ways of calls, unless their service route
// says so.
func (r *registration) registeredRoutes(routes []route) []route {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.state.Registered() {
		return routes
	}
	at := r.flow
	if len(r.settings.Registrars) > 0 && len(r.trunk.OutboundProxies) == 0 {
		if len(r.route) == 0 || len(routes) == 0 {
			return routes
		}
		return append([]route{{target: routes[0].target, hop: at.route.hop, first: at.hop.address()}}, routes...)
	}
	return withFirst(routes, at.route.hop, at.hop.address())
}

// sharesBinding says whether another registration has the same binding at the same
// registrar: then it goes on with it.
func (r *registration) sharesBinding(other *registration) bool {
	one, two := r.trunk, other.trunk
	return one.Username == two.Username && one.FromDomain == two.FromDomain && one.Domain == two.Domain && one.Transport == two.Transport && one.TLS == two.TLS &&
		slices.Equal(registrarsOf(one), registrarsOf(two)) && slices.Equal(one.OutboundProxies, two.OutboundProxies)
}

func registrarsOf(t *Trunk) []string {
	if t.Register != nil && len(t.Register.Registrars) > 0 {
		return t.Register.Registrars
	}
	return t.Targets
}

// takeOver has a registration that did not begin yet go on where another has ended.
func (r *registration) takeOver(from *registration) {
	r.callID, r.cseq, r.bound = from.callID, from.cseq, from.bound
	r.mu.Lock()
	defer r.mu.Unlock()
	r.state.Attempts = from.snapshot().Attempts
}
