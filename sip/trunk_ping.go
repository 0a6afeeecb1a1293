package sip

import (
	"context"
	"fmt"
	"sync"
	"time"

	sipmsg "github.com/emiago/sipgo/sip"
)

// Ping is how a target is pinged.
type Ping struct {
	Interval time.Duration // from the start of one ping to that of the next
	Trunks   []string      // for the log: the trunks that name the target
	// Trunk is one of them, by whose service route the ping goes; nil: by none.
	Trunk *Trunk
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

// minPingLimit is how long a ping waits for its response at least; its limit is the
// interval, and timer F at most.
const minPingLimit = 2 * time.Second

// maxFailures is how many pings in a row fail before a target is unreachable; one that
// succeeds makes it reachable.
const maxFailures = 2

// pings are the targets that an Agent pings with OPTIONS (RFC 3261 §11).
type pings struct {
	mu      sync.Mutex
	targets map[Target]*ping
}

// ping is one target that is pinged. run owns it, but for its state, which pings.mu guards.
type ping struct {
	Ping
	agent  *Agent
	target Target
	stop   context.CancelFunc
	state  Reachability
}

type pingResult struct {
	ok   bool
	text string
}

// SetPings has these targets pinged from now on, and no others. A target that was
// pinged before keeps its state.
func (a *Agent) SetPings(targets map[Target]Ping) {
	a.pings.mu.Lock()
	defer a.pings.mu.Unlock()
	next := map[Target]*ping{}
	for t, how := range targets {
		p := &ping{Ping: how, agent: a, target: t, state: Reachability{State: ReachUnknown, Since: time.Now()}}
		if old := a.pings.targets[t]; old != nil {
			p.state = old.state
		}
		ctx, stop := context.WithCancel(a.ctx)
		p.stop = stop
		if a.background(func() { p.run(ctx) }) {
			next[t] = p
		}
	}
	for _, old := range a.pings.targets {
		old.stop()
	}
	a.pings.targets = next
}

// Reachability is the state of a target.
func (a *Agent) Reachability(t Target) Reachability {
	a.pings.mu.Lock()
	defer a.pings.mu.Unlock()
	if p := a.pings.targets[t]; p != nil {
		return p.state
	}
	return Reachability{}
}

// run pings until the target is no longer to be pinged, or the Agent closes.
func (p *ping) run(ctx context.Context) {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-timer.C:
		case <-ctx.Done():
			return
		}
		timer.Reset(p.Interval)
		if result := p.once(ctx); ctx.Err() == nil {
			p.note(result)
		}
	}
}

// once pings the addresses of the target until one responds.
func (p *ping) once(ctx context.Context) (result pingResult) {
	addrs, err := p.agent.Resolve(ctx, p.target)
	if err != nil {
		return pingResult{text: err.Error()}
	}
	for _, at := range p.agent.resolver.tried(p.target, addrs) {
		p.agent.guard.trust(at.addr.Addr())
		to := p.agent.hopToAddress(p.target, at)
		if result = p.send(ctx, to); result.ok {
			p.agent.noteSuccess(to, true)
		}
		if result.ok || ctx.Err() != nil {
			break
		}
	}
	return result
}

// send sends OPTIONS and waits for the result. Every final response shows that the target
// is reachable, but for 408, which a proxy in front of it sends, and 503, by which it
// takes no calls.
func (p *ping) send(ctx context.Context, to hop) pingResult {
	done := make(chan pingResult, 1)
	req, limit := p.agent.optionsRequest(p.target, p.Trunk, to), min(max(p.Interval, minPingLimit), 64*p.agent.t1)
	tx := p.agent.transact(&clientTransaction{req: req, to: to, limit: limit, done: func(res *response, err error) {
		if err != nil {
			done <- pingResult{text: err.Error()}
		} else {
			p.agent.movedTo(to, seenBy(res))
			done <- pingResult{res.code != 408 && res.code != 503, fmt.Sprintf("%d %s", res.code, res.phrase)}
		}
	}})
	select {
	case result := <-done:
		return result
	case <-ctx.Done():
		p.agent.forget(tx)
		return pingResult{}
	}
}

// note takes the result of a ping, and logs it if it changes the state.
func (p *ping) note(result pingResult) {
	p.agent.pings.mu.Lock()
	defer p.agent.pings.mu.Unlock()
	s, before := &p.state, p.state.State
	s.Pinged, s.Result = time.Now(), result.text
	if result.ok {
		s.State, s.failures = Reachable, 0
	} else if s.failures++; s.failures >= maxFailures {
		s.State = Unreachable
	}
	if s.State == before {
		return
	}
	s.Since = s.Pinged
	log := p.agent.cfg.Log.With("target", p.target.Address, "trunks", p.Trunks, "result", result.text)
	switch {
	case s.State == Unreachable:
		log.Warn("a trunk's target is unreachable")
	case before == Unreachable:
		log.Info("a trunk's target is reachable again")
	}
}

// optionsRequest is an OPTIONS request outside any dialog (RFC 3261 §11.1).
// It goes as a call of the trunk does, if one is given: through an outbound proxy to the
// first target, and by the service route.
func (a *Agent) optionsRequest(pinged Target, t *Trunk, to hop) *sipmsg.Request {
	uri := sipmsg.Uri{Scheme: schemeOf(to)}
	uri.Host, uri.Port = splitDomain(pinged.Address)
	recipient, routes := uri, []sipmsg.Uri(nil)
	if t != nil {
		if len(t.OutboundProxies) > 0 {
			uri.Host, uri.Port = splitDomain(t.Target(t.Targets[0]).Address)
		}
		recipient, routes = loose(uri, t.preloaded(pinged, a.serviceRoute(t)))
	}
	callID := a.credentials.callID(nil)
	req := a.newRequest(sipmsg.OPTIONS, recipient, requestHead{
		via: a.via(to, newBranch()), routes: routes, callID: callID, cseq: 1,
		from: &sipmsg.FromHeader{Address: sipmsg.Uri{Scheme: schemeOf(to), Host: uriHost(to.transport.local().toward(to.addr.Addr()).Addr())}, Params: tagged(a.signer.callerTag(callID))},
		to:   &sipmsg.ToHeader{Address: uri},
	})
	appendHeaders(req, append(a.targetHeaders(to, "", t), Header{"Accept", accepted}))
	return req
}
