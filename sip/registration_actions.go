package sip

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"time"

	sipmsg "github.com/emiago/sipgo/sip"
)

// register begins an attempt: that of the binding's registrar first.
func (r *registration) register() {
	r.due.Stop()
	r.agent.forget(r.attempt.tx)
	r.attempt = &registrationAttempt{routes: r.trunk.routesTo(registrarsOf(r.trunk))}
	r.mu.Lock()
	if r.flow.hop.addr.IsValid() {
		r.attempt.routes = withFirst(r.attempt.routes, r.flow.route.hop, r.flow.hop.address())
	}
	r.state.Next = time.Time{}
	r.mu.Unlock()
	r.tryNext()
}

// tryNext sends REGISTER to the next address of the registrar, or to the next registrar.
func (r *registration) tryNext() {
	at := r.attempt
	if len(at.addrs) > 0 {
		r.tryAddress()
		return
	}
	at.route, at.routes = at.routes[0], at.routes[1:]
	r.update(func(s *RegistrationState) {
		if !s.Registered() {
			s.Registrar, s.Address = at.route.hop, netip.AddrPort{}
		}
	})
	target := r.trunk.Target(at.route.hop)
	if ap, ok := literal(target.Address, target.Transport); ok {
		at.addrs = r.agent.resolver.tried(target, []netip.AddrPort{ap})
		r.tryAddress()
		return
	}
	r.agent.background(func() {
		found, err := r.agent.Resolve(r.agent.ctx, target)
		r.post(func() {
			if at == r.attempt && r.phase != regUnregistering {
				r.onAddresses(found, err)
			}
		})
	})
}

// onAddresses takes the addresses of the registrar that the attempt is at. That of the
// binding is tried whatever DNS says.
func (r *registration) onAddresses(found []netip.AddrPort, err error) {
	at := r.attempt
	at.addrs = at.route.addresses(r.agent.resolver.tried(r.trunk.Target(at.route.hop), found))
	if len(at.addrs) > 0 {
		r.tryAddress()
		return
	}
	r.update(func(s *RegistrationState) {
		s.Attempts[0]++
		s.Result, s.Answered = err.Error(), time.Now()
	})
	r.failed("", 0)
}

func (r *registration) tryAddress() {
	at := r.attempt
	next := at.addrs[0]
	addr := next.addr
	at.addrs = at.addrs[1:]
	r.agent.guard.trust(addr.Addr())
	at.to, at.auth, at.floors, at.moved = r.agent.hopToAddress(r.trunk.Target(at.route.hop), next), digestAttempts{}, 0, false
	r.update(func(s *RegistrationState) {
		if !s.Registered() {
			s.Address = addr
		}
	})
	r.send()
}

func (r *registration) hasNext() bool { return len(r.attempt.addrs) > 0 || len(r.attempt.routes) > 0 }

// asked is the expiry that is asked for.
func (r *registration) asked() time.Duration { return max(r.settings.Expires, r.floor) }

// send sends REGISTER to the address that the attempt is at.
func (r *registration) send() {
	expires, limit := r.asked(), 64*r.agent.t1
	if r.phase == regUnregistering {
		expires, limit = 0, 8*r.agent.t1
	} else if r.hasNext() {
		limit = 8 * r.agent.t1 // as the first response to an INVITE that has a next target
	}
	var tx *clientTransaction
	sent := &clientTransaction{req: r.request(expires), to: r.attempt.to, limit: limit, done: func(res *response, err error) {
		r.post(func() {
			if tx == r.attempt.tx {
				r.onFinal(tx.req, expires, res, err)
			}
		})
	}}
	tx = sent
	r.attempt.tx = sent
	r.agent.transact(sent)
}

// unregister removes our binding, and no other, where it was made; or where it may have
// been.
func (r *registration) unregister() {
	r.due.Stop()
	r.expiry.Stop()
	r.keepAlive.Stop()
	r.agent.forget(r.attempt.tx)
	at := &registrationAttempt{route: r.attempt.route, to: r.attempt.to}
	r.mu.Lock()
	if r.flow.hop.addr.IsValid() {
		at.route, at.to = r.flow.route, r.flow.hop
	}
	r.mu.Unlock()
	r.attempt = at
	if !r.attempt.to.addr.IsValid() { // nothing was sent
		r.input(regUnavailable)
		return
	}
	r.send()
}

// end stops what is under way.
func (r *registration) end() {
	r.due.Stop()
	r.expiry.Stop()
	r.keepAlive.Stop()
	r.agent.forget(r.attempt.tx)
}

// onFinal takes the final response to a REGISTER, or why there is none.
func (r *registration) onFinal(req *sipmsg.Request, asked time.Duration, res *response, err error) {
	code, result := 0, ""
	if err != nil {
		result = err.Error()
	} else {
		code, result = res.code, clipped(fmt.Sprintf("%d %s", res.code, res.phrase))
	}
	r.update(func(s *RegistrationState) {
		s.Attempts[code]++
		s.Result, s.Answered = result, time.Now()
	})
	if err != nil {
		r.failed(result, 0)
		return
	}
	r.takeSeen(res)
	at := r.attempt
	if offered := linesOf(res, "security-server"); len(offered) > 0 {
		r.securityServer = offered
	}
	if code == 401 || code == 407 {
		r.onChallenge(res)
		return
	}
	r.digest.succeeded(&at.auth, res)
	switch {
	case code == 423 && r.raise(res):
		r.input(regAgain)
	case code == 439 && r.outbound(): // RFC 5626 §4.2.1
		r.noOutbound = true
		r.input(regAgain)
	case res.success():
		r.onSuccess(req, asked, res)
	case code == 408 || code == 480 || code >= 500 && code < 600:
		r.failed("", retryAfterOf(res))
	default:
		r.refused(reasonOf(res), retryAfterOf(res))
	}
}

// reasonOf is what a response adds to its reason phrase.
func reasonOf(res *response) string {
	if res.code == 423 {
		return "it names no Min-Expires above what was asked for"
	}
	return ""
}

// raise takes a Min-Expires above what was asked for (RFC 3261 §10.2.8), and says whether
// the REGISTER is sent again with it.
func (r *registration) raise(res *response) bool {
	n, ok := number(field(res, "min-expires"))
	floor := time.Duration(n) * time.Second
	if !ok || floor <= r.asked() || r.attempt.floors >= maxFloors || r.phase == regUnregistering {
		return false
	}
	r.attempt.floors++
	r.floor = floor
	return true
}

// takeSeen takes the address that a REGISTER was seen to come from. Within one attempt the
// Contact follows it once, so that a port that changes each time makes no loop.
func (r *registration) takeSeen(res *response) {
	seen, at := seenBy(res), r.attempt
	if !seen.IsValid() || at.moved && seen != r.behind {
		return
	}
	r.seen = seen
	if behind := r.behindOf(at.to, seen); behind != r.behind && r.phase != regUnregistering {
		r.behind, at.moved = behind, true
	}
}

func (r *registration) onChallenge(res *response) {
	switch r.digest.challenged(&r.attempt.auth, res) {
	case digestRetry:
		r.input(regAgain)
	case digestStale:
		r.failed("called the nonce stale each time", 0)
	case digestRefused:
		why := "refused the credentials: check the trunk's username, auth_user and password"
		if err := refusedError(res); err != nil {
			why = err.Error()
		}
		r.refused(why, 0)
	case digestUnsupported:
		r.refused(r.digest.unsupportedError(res).Error(), 0)
		r.digest = newDigestSession(r.trunk) // of a registrar that has changed its realm often
	}
}

func (r *registration) onSuccess(req *sipmsg.Request, asked time.Duration, res *response) {
	if r.phase == regUnregistering {
		r.input(regUnbound)
		return
	}
	sent := addressesOf(req, "contact")[0].uri
	instance := ""
	if r.outbound() {
		instance = r.instance
	}
	g, found := grantOf(res, sent, instance, asked)
	switch {
	case !found:
		r.explain("the registrar has no binding of ours: our Contact is not in its response")
		r.wait(retryAfterOf(res), false)
		r.input(regUnbound)
		return
	case g.expires == 0:
		r.explain("the registrar granted 0 seconds")
		r.wait(retryAfterOf(res), false)
		r.input(regUnbound)
		return
	}
	r.bind(g, res)
}

// bind takes a binding, and sets its timers.
func (r *registration) bind(g grant, res *response) {
	now, at := time.Now(), r.attempt
	refresh := refreshAfter(g.expires)
	next := r.contactURI(at.to)
	if r.extra = next.String() != at.contact && !r.extra; r.extra { // seen anew: one REGISTER more
		refresh = 0
	}
	r.bound, r.boundAt, r.failures = at.contact, now, 0
	if flowTimer, ok := number(field(res, "flow-timer")); ok {
		r.flowTimer = time.Duration(flowTimer) * time.Second
	}
	r.mu.Lock()
	moved := r.mine != r.behind
	r.route, r.flow, r.mine, r.verify = serviceRouteOf(res), registeredFlow{at.route, at.to}, r.behind, r.securityServer
	s := &r.state
	s.Registrar, s.Address, s.Contact, s.Until, s.Next = at.route.hop, at.to.addr, g.contact, now.Add(g.expires), now.Add(refresh)
	r.mu.Unlock()
	r.due.Reset(refresh)
	r.expiry.Reset(g.expires)
	r.setKeepAlive()
	r.input(regBound)
	if moved {
		r.agent.retargetCalls(r)
	}
}

// setKeepAlive sets the timer of the next keep-alive.
func (r *registration) setKeepAlive() {
	r.keepAlive.Stop()
	if r.attempt.to.transport.reliable() {
		return // a stream keeps itself alive
	}
	if wait := keepAliveAfter(r.agent.cfg.KeepAlive, r.flowTimer); wait > 0 {
		r.keepAlive.Reset(wait)
	}
}

// sendKeepAlive sends a CRLF keep-alive over the flow of the binding.
func (r *registration) sendKeepAlive() {
	r.mu.Lock()
	to, registered := r.flow.hop, r.state.Registered()
	r.mu.Unlock()
	if !registered {
		return
	}
	if err := to.send([]byte("\r\n\r\n")); err != nil {
		r.agent.log.Debug("send a SIP keep-alive", "to", to.addr, "error", err)
	}
	r.setKeepAlive()
}

// soon is how short a time a flow lasts for its loss to be the registrar's habit.
const soon = time.Minute

// flowLost has a binding made again over another connection: at once, or later the more
// often the connection ends soon after the binding.
func (r *registration) flowLost() {
	if r.phase != regRegistered {
		return
	}
	wait := rand.N(time.Second) // so that those whose registrar restarts do not come back together
	if time.Since(r.boundAt) > soon {
		r.losses = 0
	} else if r.losses++; r.losses > 1 {
		wait = backOffUnavailable.after(r.losses - 1)
	}
	r.dueIn(wait)
}

// moved has a binding made again where requests of ours are seen to come from another
// address than before.
func (r *registration) moved(seen netip.AddrPort) {
	if r.phase == regRegistered && r.seen.IsValid() && seen.IsValid() && r.seen != seen {
		r.dueIn(0)
	}
}

// dueIn makes the next REGISTER due after a delay, unless it is due before.
func (r *registration) dueIn(wait time.Duration) {
	next := time.Now().Add(wait)
	sooner := false
	r.update(func(s *RegistrationState) {
		if sooner = next.Before(s.Next); sooner {
			s.Next = next
		}
	})
	if sooner {
		r.due.Reset(wait)
	}
}

// explain adds to the result that others see.
func (r *registration) explain(why string) {
	if why != "" {
		r.update(func(s *RegistrationState) {
			if s.Result != why {
				s.Result += ": " + why
			}
		})
	}
}

// failed takes a failure that may pass: the next address or registrar is tried, if there is
// any.
func (r *registration) failed(why string, retryAfter time.Duration) {
	r.explain(why)
	if r.phase != regUnregistering && r.hasNext() {
		r.wait(retryAfter, false)
		r.input(regNext)
		return
	}
	r.wait(retryAfter, false)
	r.input(regUnavailable)
}

// refused takes a refusal, which no other registrar is asked after.
func (r *registration) refused(why string, retryAfter time.Duration) {
	r.explain(why)
	r.wait(retryAfter, true)
	r.input(regRefused)
}

// wait notes how long the next attempt is to wait at least.
func (r *registration) wait(retryAfter time.Duration, refused bool) {
	r.attempt.wait = max(r.attempt.wait, retryAfter)
	r.attempt.refused = refused
}

// backOff sets the timer of the next attempt: what the response wants, else by the number of
// failures.
func (r *registration) backOff() {
	r.failures++
	wait := backOffUnavailable.after(r.failures)
	if r.attempt.refused {
		wait = backOffRefused.after(r.failures)
	}
	if asked := r.attempt.wait; asked > 0 {
		wait = asked + asked/20 + time.Second // not before, whatever the clocks
	}
	r.attempt.tx = nil
	r.keepAlive.Stop()
	if r.phase == regWaiting {
		r.expiry.Stop()
	} else {
		r.setKeepAlive()
	}
	r.update(func(s *RegistrationState) { s.Next = time.Now().Add(wait) })
	r.due.Reset(wait)
}
