package sip

import (
	"context"
	"net/netip"
	"reflect"
	"slices"
	"sync"

	sipmsg "github.com/emiago/sipgo/sip"
)

// registrations are those of an Agent.
type registrations struct {
	mu      sync.Mutex
	byTrunk map[*Trunk]*registration // nil: the trunk has none
	all     []*registration          // those that are wanted
	leaving []*registration          // those that are being unregistered
	changed func()
}

// SetRegistrations has these trunks registered from now on, and no others: one that was
// registered with the same settings is left alone, one that is not listed any more is
// unregistered, one whose settings have changed is registered anew. Trunks with the same
// settings share one registration. Trunks without Register are passed over. It does not
// wait. changed, which may be nil, is called after each change of a phase, by any goroutine;
// it must not block.
func (a *Agent) SetRegistrations(trunks []*Trunk, changed func()) {
	s := &a.registrations
	s.mu.Lock()
	defer s.mu.Unlock()
	s.changed = changed
	before := s.all
	s.all, s.byTrunk = nil, map[*Trunk]*registration{}
	buckets := map[string][]*registration{} // of before and of now, by the user and the first target
	for _, r := range before {
		buckets[bucketOf(r.trunk)] = append(buckets[bucketOf(r.trunk)], r)
	}
	var fresh []*registration
	names := map[*registration][]string{}
	for _, t := range trunks {
		if t.Register == nil || len(t.Targets) == 0 {
			continue
		}
		bucket := bucketOf(t)
		i := slices.IndexFunc(buckets[bucket], func(r *registration) bool { return sameRegistration(r.trunk, t) })
		if i < 0 {
			r := newRegistration(a, t)
			buckets[bucket] = append(buckets[bucket], r)
			fresh = append(fresh, r)
			i = len(buckets[bucket]) - 1
		}
		r := buckets[bucket][i]
		if _, known := names[r]; !known {
			s.all = append(s.all, r)
		}
		names[r] = append(names[r], t.Name)
		s.byTrunk[t] = r
	}
	var dropped []*registration
	for _, r := range before {
		if _, wanted := names[r]; !wanted {
			dropped = append(dropped, r)
		}
	}
	s.leaving = slices.DeleteFunc(s.leaving, (*registration).isOver)
	for _, r := range fresh {
		r.names = names[r]
		var old *registration
		if from := slices.IndexFunc(dropped, r.sharesBinding); from >= 0 {
			old = dropped[from]
			dropped = slices.Delete(dropped, from, from+1)
		}
		if !a.background(func() { r.begin(old) }) {
			close(r.ended)
			close(r.decided)
		}
	}
	for _, r := range dropped {
		s.leaving = append(s.leaving, r)
		a.background(func() { r.tell(regStop) })
	}
}

// begin runs the registration once the one that it takes over, if any, has ended.
func (r *registration) begin(old *registration) {
	if old != nil {
		old.tell(regHandedOver)
		<-old.ended
		r.takeOver(old)
	}
	r.run()
}

// isOver says whether the registration has ended.
func (r *registration) isOver() bool {
	select {
	case <-r.ended:
		return true
	default:
		return false
	}
}

func bucketOf(t *Trunk) string { return t.Username + "\x00" + t.Targets[0] }

// sameRegistration says whether two trunks register alike: all that is no matter of
// registration is ignored.
func sameRegistration(one, two *Trunk) bool {
	a, b := *one, *two
	a.Name, b.Name, a.Ping, b.Ping, a.SessionTimer, b.SessionTimer = "", "", 0, 0, 0, 0
	return reflect.DeepEqual(a, b)
}

// phaseChanged reports that the phase of a registration has changed.
func (a *Agent) phaseChanged() {
	a.registrations.mu.Lock()
	changed := a.registrations.changed
	a.registrations.mu.Unlock()
	if changed != nil {
		changed()
	}
}

// registrationOf is the registration of a trunk, nil if it has none. A call may have its
// trunk from a configuration before.
func (a *Agent) registrationOf(t *Trunk) *registration {
	if t == nil || t.Register == nil || len(t.Targets) == 0 {
		return nil
	}
	s := &a.registrations
	s.mu.Lock()
	defer s.mu.Unlock()
	if r, known := s.byTrunk[t]; known || len(s.all) == 0 {
		return r
	}
	var found *registration
	if i := slices.IndexFunc(s.all, func(r *registration) bool { return sameRegistration(r.trunk, t) }); i >= 0 {
		found = s.all[i]
	}
	s.byTrunk[t] = found // the reader of a transport does not look through all of them for each message
	return found
}

// Registration is the state of a trunk's registration.
func (a *Agent) Registration(t *Trunk) RegistrationState {
	if r := a.registrationOf(t); r != nil {
		return r.snapshot()
	}
	return RegistrationState{}
}

// AwaitRegistration waits until the first REGISTER of a trunk has come to something, or ctx
// ends. It returns at once for a trunk that does not register.
func (a *Agent) AwaitRegistration(ctx context.Context, t *Trunk) {
	if r := a.registrationOf(t); r != nil {
		select {
		case <-r.decided:
		case <-r.ended:
		case <-ctx.Done():
		}
	}
}

// Unregister unregisters every trunk, and returns when that is done or ctx ends.
func (a *Agent) Unregister(ctx context.Context) {
	s := &a.registrations
	a.SetRegistrations(nil, nil)
	s.mu.Lock()
	leaving := slices.Clone(s.leaving)
	s.mu.Unlock()
	for _, r := range leaving {
		select {
		case <-r.ended:
		case <-ctx.Done():
			return
		}
	}
}

// contactAt is the address and transport of our Contact for a hop: the address that the registrar
// of the trunk sees, where the binding has that, else the advertised one. A request over TCP
// keeps the Contact of a binding over UDP, since the registrar has not seen how TCP to us passes
// the translator.
func (a *Agent) contactAt(to hop, t *Trunk) targetAddress {
	over := to.transport.protocol()
	if r := a.registrationOf(t); r != nil {
		r.mu.Lock()
		defer r.mu.Unlock()
		if r.mine.IsValid() && isSameVersion(r.mine.Addr(), to.addr.Addr()) {
			bound := r.flow.hop.transport.protocol()
			if bound == over || bound == UDP && over == TCP {
				return targetAddress{bound, r.mine}
			}
		}
	}
	return targetAddress{over, to.transport.local().toward(to.addr.Addr())}
}

// serviceRoute is that of a trunk's registration, nil if it has none.
func (a *Agent) serviceRoute(t *Trunk) []sipmsg.Uri {
	if r := a.registrationOf(t); r != nil {
		r.mu.Lock()
		defer r.mu.Unlock()
		if r.state.Registered() {
			return r.route
		}
	}
	return nil
}

// securityHeaders verify the agreement on the security of media in a call to a trunk.
func (a *Agent) securityHeaders(t *Trunk) []Header {
	r := a.registrationOf(t)
	if r == nil || !r.settings.has(ExtensionMediasec) {
		return nil
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	return mediasecHeaders(r.verify)
}

// callRoutes are the ways of a call to a trunk, in the order in which they are tried.
func (a *Agent) callRoutes(t *Trunk) []route {
	routes := t.routesTo(t.order())
	if r := a.registrationOf(t); r != nil {
		return r.registeredRoutes(routes)
	}
	return routes
}

// flowLost reports the end of a connection to the registrations whose flow it was.
func (a *Agent) flowLost(to hop) {
	for _, r := range a.registrationsAt(to) {
		r.post(r.flowLost)
	}
}

// movedTo reports where a request to a hop was seen to come from to the registrations
// there.
func (a *Agent) movedTo(to hop, seen netip.AddrPort) {
	for _, r := range a.registrationsAt(to) {
		r.post(func() { r.moved(seen) })
	}
}

// retargetCalls has the calls over a registration's trunks give their far ends our new
// Contact.
func (a *Agent) retargetCalls(r *registration) {
	a.mu.RLock()
	defer a.mu.RUnlock()
	for _, s := range a.sessions {
		s.post(func() { s.retarget(r) })
	}
}

// registrationsAt are those whose flow goes to a hop.
func (a *Agent) registrationsAt(to hop) (found []*registration) {
	s := &a.registrations
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, r := range s.all {
		r.mu.Lock()
		if r.flow.hop.transport == to.transport && r.flow.hop.addr == to.addr {
			found = append(found, r)
		}
		r.mu.Unlock()
	}
	return found
}
