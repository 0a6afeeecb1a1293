package sip

import (
	"bytes"
	"errors"
	"fmt"
	"net/netip"
	"sync"
	"time"

	sipmsg "github.com/emiago/sipgo/sip"
)

// errUnanswered says that a request was repeated until 64·T1 and nobody answered.
var errUnanswered = errors.New("no answer")

// pending is a request of ours whose final response has not come: the client
// transaction of RFC 3261 §17.1. It repeats the request and says when to give up.
// What a response means, and its ACK, are the business of the session.
type pending struct {
	agent *Agent
	key   pendingKey
	req   *sipmsg.Request
	raw   []byte // req as it is sent
	to    netip.AddrPort
	// done is told the final response, or why there is none; once, unless the
	// request is forgotten before.
	done func(*sipmsg.Response, error)
	// session runs done. Without one a goroutine of its own does, for a response only.
	session *Session
	// elsewhere says that there is another place for the call: an ICMP error is
	// believed at once.
	elsewhere bool

	mu      sync.Mutex  // guards what follows
	timer   *time.Timer // nil once nothing is repeated or awaited
	pause   time.Duration
	until   time.Time
	sent    int  // how often
	replied bool // a provisional response came
}

// pendingKey finds the request that a response answers (RFC 3261 §17.1.3).
type pendingKey struct {
	branch string
	method sipmsg.RequestMethod
}

// pendings are the requests of an Agent that wait.
type pendings struct {
	mu       sync.Mutex // held for a look-up only, and no other lock under it
	wait     map[pendingKey]*pending
	answered map[netip.AddrPort]struct{} // addresses that have answered a request of ours
}

// answeredKept bounds the addresses of which it is known that they have answered;
// past it all are forgotten.
const answeredKept = 1024

func (t *pendings) add(p *pending) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.wait[p.key] = p
}

// take removes the request; it reports false if that has been done.
func (t *pendings) take(p *pending) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.wait[p.key] != p {
		return false
	}
	delete(t.wait, p.key)
	return true
}

// answeredBy is the request that a response answers, nil if none waits. A response
// with the branch of a request and not its Call-ID, CSeq number or tag has a fault,
// and answers nothing. With a final response the request waits no more.
func (t *pendings) answeredBy(res *sipmsg.Response) (*pending, fault) {
	t.mu.Lock()
	defer t.mu.Unlock()
	p := t.wait[pendingKey{branchOf(res), res.CSeq().MethodName}]
	if p == nil {
		return nil, fault{}
	}
	switch {
	case p.req.CSeq().SeqNo != res.CSeq().SeqNo:
		return nil, fault{reason: "its CSeq number is not that of the request with its branch", detail: res.CSeq().Value()}
	case p.req.CallID().Value() != res.CallID().Value():
		return nil, fault{reason: "its Call-ID is not that of the request with its branch", detail: readable(res.CallID().Value())}
	case tagOf(p.req.From().Params) != tagOf(res.From().Params):
		return nil, fault{reason: "its From has not the tag of the request with its branch", detail: readable(tagOf(res.From().Params))}
	}
	if _, known := t.answered[p.to]; !known {
		if len(t.answered) >= answeredKept {
			clear(t.answered)
		}
		t.answered[p.to] = struct{}{}
	}
	if !res.IsProvisional() {
		delete(t.wait, p.key)
	}
	return p, fault{}
}

// transact sends a request and has its end told to done, in the session's
// goroutine.
func (s *Session) transact(req *sipmsg.Request, done func(*sipmsg.Response, error)) *pending {
	return s.agent.transact(req, s, false, done)
}

// transact sends a request, and repeats it until it is answered. elsewhere says that
// there is another place to send it to.
func (a *Agent) transact(req *sipmsg.Request, s *Session, elsewhere bool, done func(*sipmsg.Response, error)) *pending {
	p := &pending{agent: a, session: s, key: pendingKey{branchOf(req), req.Method}, req: req, raw: wire(req),
		done: done, elsewhere: elsewhere, pause: a.t1, until: time.Now().Add(64 * a.t1), sent: 1}
	var err error
	if p.to, err = netip.ParseAddrPort(req.Destination()); err == nil {
		p.mu.Lock()
		defer p.mu.Unlock()
		a.pendings.add(p)
		err = a.socket.send(p.raw, p.to)
	}
	if err != nil {
		p.failed(err)
		return p
	}
	p.timer = time.AfterFunc(p.pause, func() { a.background(p.expired) })
	return p
}

// expired sends the request again (timers A and E) or gives up (B and F).
func (p *pending) expired() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.timer == nil {
		return
	}
	left := time.Until(p.until)
	if left <= 0 {
		p.timer = nil
		p.failed(errUnanswered)
		return
	}
	p.sent++
	if err := p.agent.socket.send(p.raw, p.to); err != nil {
		p.timer = nil
		p.failed(err)
		return
	}
	p.pause *= 2
	if p.key.method != sipmsg.INVITE {
		p.pause = min(p.pause, 8*p.agent.t1) // T2
	}
	p.timer.Reset(min(p.pause, left))
}

// failed tells that there will be no answer.
func (p *pending) failed(err error) {
	if !p.agent.pendings.take(p) || p.session == nil {
		return
	}
	if !errors.As(err, new(unreachable)) { // that says all by itself, and it was sent
		err = fmt.Errorf("send %s: %w", p.key.method, err)
	}
	p.session.post(func() { p.done(nil, err) })
}

// heard takes note of a provisional response: an INVITE is neither repeated nor
// given up any more (RFC 3261 §17.1.1.2), anything else is repeated less often
// (§17.1.2.2).
func (p *pending) heard() {
	if p.key.method == sipmsg.INVITE {
		p.stop()
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.pause, p.replied = 8*p.agent.t1, true
}

// stop ends the transaction; it neither sends nor waits any more.
func (p *pending) stop() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.timer != nil {
		p.timer.Stop()
		p.timer = nil
	}
}

// forget gives a request up: nothing is repeated, and done is not called.
func (a *Agent) forget(p *pending) {
	if p != nil {
		a.pendings.take(p)
		p.stop()
	}
}

// write sends a request without a transaction: an ACK.
func (a *Agent) write(req *sipmsg.Request) {
	to, err := netip.ParseAddrPort(req.Destination())
	if err == nil {
		err = a.socket.send(wire(req), to)
	}
	if err != nil {
		a.log.Warn("send a SIP request", "method", req.Method, "error", err)
	}
}

// wire is a message as it is sent.
func wire(m sipmsg.Message) []byte {
	b := bytes.NewBuffer(make([]byte, 0, 1024))
	m.StringWrite(b)
	return b.Bytes()
}
