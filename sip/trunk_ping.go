package sip

import (
	"fmt"
	"sync"
	"time"

	sipmsg "github.com/emiago/sipgo/sip"
)

// Ping is how a target is pinged.
type Ping struct {
	Every  time.Duration // from the start of one ping to that of the next
	Trunks []string      // for the log: the trunks that name the target
}

// Reach is what the pings of a target have come to.
type Reach string

// The states of a target that is pinged.
const (
	ReachUnknown Reach = "unknown" // no ping has decided it yet
	Reachable    Reach = "reachable"
	Unreachable  Reach = "unreachable"
)

// Reachability is the state of a target that is pinged; the zero value is that of one
// that is not.
type Reachability struct {
	State  Reach
	Since  time.Time // when the state began
	Pinged time.Time // when the last ping ended
	Result string    // of the last ping: the response, or why there was none

	failures int // in a row
}

// maxFailures is how many pings in a row fail before a target is unreachable; one that
// succeeds makes it reachable.
const maxFailures = 2

// after is the state after one more ping, and whether it has changed.
func (r Reachability) after(ok bool, result string, at time.Time) (next Reachability, changed bool) {
	next = r
	next.Pinged, next.Result = at, result
	if ok {
		next.State, next.failures = Reachable, 0
	} else if next.failures++; next.failures >= maxFailures {
		next.State = Unreachable
	}
	if changed = next.State != r.State; changed {
		next.Since = at
	}
	return next, changed
}

// pings are the targets that an Agent pings with OPTIONS (RFC 3261 §11).
type pings struct {
	mu      sync.Mutex
	targets map[Target]*ping
}

// ping is one target that is pinged. run owns it, but for its state.
type ping struct {
	agent  *Agent
	target Target
	ping   Ping
	stop   chan struct{}

	mu    sync.Mutex
	state Reachability
}

// SetPings has these targets pinged from now on, and no others. A target that was
// pinged before keeps its state.
func (a *Agent) SetPings(targets map[Target]Ping) {
	p := &a.pings
	p.mu.Lock()
	defer p.mu.Unlock()
	next := map[Target]*ping{}
	for t, how := range targets {
		one := &ping{agent: a, target: t, ping: how, stop: make(chan struct{}), state: Reachability{State: ReachUnknown, Since: time.Now()}}
		if old := p.targets[t]; old != nil {
			one.state = old.reachability()
		}
		if a.background(one.run) {
			next[t] = one
		}
	}
	for _, old := range p.targets {
		close(old.stop)
	}
	p.targets = next
}

// Reachability is the state of a target.
func (a *Agent) Reachability(t Target) Reachability {
	a.pings.mu.Lock()
	p := a.pings.targets[t]
	a.pings.mu.Unlock()
	if p == nil {
		return Reachability{}
	}
	return p.reachability()
}

func (p *ping) reachability() Reachability {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.state
}

// run pings until the target is no longer to be pinged, or the Agent closes.
func (p *ping) run() {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-timer.C:
		case <-p.stop:
			return
		case <-p.agent.ctx.Done():
			return
		}
		timer.Reset(p.ping.Every)
		if ok, result, stopped := p.once(); !stopped {
			p.note(ok, result)
		}
	}
}

// once pings the addresses of the target until one responds.
func (p *ping) once() (ok bool, result string, stopped bool) {
	addrs, err := p.agent.Resolve(p.agent.ctx, p.target)
	if err != nil {
		return false, err.Error(), false
	}
	for _, addr := range addrs[:min(len(addrs), maxAddresses)] {
		p.agent.guard.trust(addr.Addr())
		ok, result, stopped = p.send(hop{p.agent.transports[p.target.Transport], addr})
		if ok || stopped {
			break
		}
	}
	return ok, result, stopped
}

// send sends OPTIONS and waits for the result. Every final response shows that the target
// is reachable, but for 408, which a proxy in front of it sends, and 503, by which it
// takes no calls.
func (p *ping) send(to hop) (ok bool, result string, stopped bool) {
	type outcome struct {
		res *response
		err error
	}
	done := make(chan outcome, 1)
	tx := p.agent.transact(p.agent.optionsRequest(p.target, to), to, nil, false, func(res *response, err error) { done <- outcome{res, err} })
	select {
	case o := <-done:
		if o.err != nil {
			return false, o.err.Error(), false
		}
		return o.res.code != 408 && o.res.code != 503, fmt.Sprintf("%d %s", o.res.code, o.res.phrase), false
	case <-p.stop:
	case <-p.agent.ctx.Done():
	}
	p.agent.forget(tx)
	return false, "", true
}

// note takes the result of a ping, and logs it if it changes the state.
func (p *ping) note(ok bool, result string) {
	p.mu.Lock()
	before := p.state.State
	next, changed := p.state.after(ok, result, time.Now())
	p.state = next
	p.mu.Unlock()
	log := p.agent.cfg.Log.With("target", p.target.Address, "trunks", p.ping.Trunks, "result", result)
	switch {
	case !changed:
	case next.State == Unreachable:
		log.Warn("a trunk's target is unreachable")
	case before == Unreachable:
		log.Info("a trunk's target is reachable again")
	}
}

// optionsRequest is an OPTIONS request outside any dialog (RFC 3261 §11.1).
func (a *Agent) optionsRequest(t Target, to hop) *sipmsg.Request {
	host, port := splitDomain(t.Address)
	uri := sipmsg.Uri{Scheme: "sip", Host: host, Port: port}
	callID := a.credentials.callID(nil)
	req := a.newRequest(sipmsg.OPTIONS, uri, requestHead{
		via: a.via(to.transport, newBranch()), callID: callID, cseq: 1,
		from: &sipmsg.FromHeader{Address: sipmsg.Uri{Scheme: "sip", Host: a.host}, Params: tagged(a.signer.callerTag(callID))},
		to:   &sipmsg.ToHeader{Address: uri},
	})
	a.advertise(req, a.contact(to.transport, ""))
	req.AppendHeader(sipmsg.NewHeader("Accept", accepted))
	return req
}
