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

// errTimeout says that a request was repeated until 64·T1 and nobody answered.
var errTimeout = errors.New("no answer")

// clientTransaction is a request of ours whose final response has not come: the client
// transaction of RFC 3261 §17.1. It repeats the request and says when to give up.
// What a response means, and its ACK, are the business of the session.
type clientTransaction struct {
	agent *Agent
	key   clientTransactionKey
	req   *sipmsg.Request
	raw   []byte // req as it is sent
	to    netip.AddrPort
	// done is told the final response, or why there is none; once, unless the
	// request is forgotten before.
	done func(*sipmsg.Response, error)
	// session runs done. Without one a goroutine of its own does, for a response only.
	session *Session
	// failover says that there is another place for the call: an ICMP error is
	// believed at once.
	failover bool

	mu          sync.Mutex  // guards what follows
	timer       *time.Timer // nil once nothing is repeated or awaited
	interval    time.Duration
	deadline    time.Time
	sent        int  // how often
	provisional bool // a provisional response came
}

// clientTransactionKey finds the request that a response answers (RFC 3261 §17.1.3).
type clientTransactionKey struct {
	branch string
	method sipmsg.RequestMethod
}

// clientTransactions are the requests of an Agent that wait.
type clientTransactions struct {
	mu       sync.Mutex // held for a look-up only, and no other lock under it
	waiting  map[clientTransactionKey]*clientTransaction
	answered map[netip.AddrPort]struct{} // addresses that have answered a request of ours
}

// maxAnswered bounds the addresses of which it is known that they have answered;
// past it all are forgotten.
const maxAnswered = 1024

func (t *clientTransactions) add(p *clientTransaction) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.waiting[p.key] = p
}

// remove removes the request; it reports false if that has been done.
func (t *clientTransactions) remove(p *clientTransaction) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.waiting[p.key] != p {
		return false
	}
	delete(t.waiting, p.key)
	return true
}

// match is the request that a response answers, nil if none waits. A response
// with the branch of a request and not its Call-ID, CSeq number or tag has a fault,
// and answers nothing. With a final response the request waits no more.
func (t *clientTransactions) match(res *sipmsg.Response) (*clientTransaction, fault) {
	t.mu.Lock()
	defer t.mu.Unlock()
	p := t.waiting[clientTransactionKey{branchOf(res), res.CSeq().MethodName}]
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
		if len(t.answered) >= maxAnswered {
			clear(t.answered)
		}
		t.answered[p.to] = struct{}{}
	}
	if !res.IsProvisional() {
		delete(t.waiting, p.key)
	}
	return p, fault{}
}

// transact sends a request and has its end told to done, in the session's
// goroutine.
func (s *Session) transact(req *sipmsg.Request, done func(*sipmsg.Response, error)) *clientTransaction {
	return s.agent.transact(req, s, false, done)
}

// transact sends a request, and repeats it until it is answered. elsewhere says that
// there is another place to send it to.
func (a *Agent) transact(req *sipmsg.Request, s *Session, elsewhere bool, done func(*sipmsg.Response, error)) *clientTransaction {
	p := &clientTransaction{agent: a, session: s, key: clientTransactionKey{branchOf(req), req.Method}, req: req, raw: wire(req),
		done: done, failover: elsewhere, interval: a.t1, deadline: time.Now().Add(64 * a.t1), sent: 1}
	var err error
	if p.to, err = netip.ParseAddrPort(req.Destination()); err == nil {
		p.mu.Lock()
		defer p.mu.Unlock()
		a.clientTransactions.add(p)
		err = a.socket.send(p.raw, p.to)
	}
	if err != nil {
		p.fail(err)
		return p
	}
	p.timer = time.AfterFunc(p.interval, func() { a.background(p.expired) })
	return p
}

// expired sends the request again (timers A and E) or gives up (B and F).
func (p *clientTransaction) expired() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.timer == nil {
		return
	}
	left := time.Until(p.deadline)
	if left <= 0 {
		p.timer = nil
		p.fail(errTimeout)
		return
	}
	p.sent++
	if err := p.agent.socket.send(p.raw, p.to); err != nil {
		p.timer = nil
		p.fail(err)
		return
	}
	p.interval *= 2
	if p.key.method != sipmsg.INVITE {
		p.interval = min(p.interval, 8*p.agent.t1) // T2
	}
	p.timer.Reset(min(p.interval, left))
}

// fail tells that there will be no answer.
func (p *clientTransaction) fail(err error) {
	if !p.agent.clientTransactions.remove(p) || p.session == nil {
		return
	}
	if !errors.As(err, new(unreachableError)) { // that says all by itself, and it was sent
		err = fmt.Errorf("send %s: %w", p.key.method, err)
	}
	p.session.post(func() { p.done(nil, err) })
}

// onProvisional takes note of a provisional response: an INVITE is neither repeated nor
// given up any more (RFC 3261 §17.1.1.2), anything else is repeated less often
// (§17.1.2.2).
func (p *clientTransaction) onProvisional() {
	if p.key.method == sipmsg.INVITE {
		p.stop()
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.interval, p.provisional = 8*p.agent.t1, true
}

// stop ends the transaction; it neither sends nor waits any more.
func (p *clientTransaction) stop() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.timer != nil {
		p.timer.Stop()
		p.timer = nil
	}
}

// forget gives a request up: nothing is repeated, and done is not called.
func (a *Agent) forget(p *clientTransaction) {
	if p != nil {
		a.clientTransactions.remove(p)
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
