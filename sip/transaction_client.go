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

// errTimeout says that a request had no response within 64·T1.
var errTimeout = errors.New("no answer")

// clientTransaction sends a request, repeats it until a response comes, and gives up
// (RFC 3261 §17.1). The ACK of a final response to an INVITE is sent by the session.
type clientTransaction struct {
	agent *Agent
	key   clientTransactionKey
	req   *sipmsg.Request
	raw   []byte // req as it is sent
	to    hop
	// done is called with the final response, or with why there is none; once, unless
	// the request is forgotten before.
	done func(*response, error)
	// session runs done, and takes every response to an INVITE. Without one, done runs
	// in a goroutine of the Agent's.
	session *Session
	// failover says that the call has a next target: an ICMP error counts at once.
	failover bool

	mu          sync.Mutex  // guards what follows
	timer       *time.Timer // nil once nothing is repeated or awaited
	interval    time.Duration
	deadline    time.Time
	sent        int  // how often
	provisional bool // a provisional response came
}

// clientTransactionKey finds the request that a response answers (§17.1.3).
type clientTransactionKey struct {
	branch string
	method sipmsg.RequestMethod
}

// clientTransactions are those of an Agent that have no final response.
type clientTransactions struct {
	mu       sync.Mutex // held for a look-up only, and no other lock under it
	waiting  map[clientTransactionKey]*clientTransaction
	answered map[netip.AddrPort]struct{} // addresses that have answered a request of ours
}

// maxAnswered bounds the addresses that are known to have answered; past it all are
// forgotten.
const maxAnswered = 1024

func (c *clientTransactions) add(t *clientTransaction) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.waiting[t.key] = t
}

// remove reports false if the request has been removed before.
func (c *clientTransactions) remove(t *clientTransaction) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.waiting[t.key] != t {
		return false
	}
	delete(c.waiting, t.key)
	return true
}

// match is the request that a response answers, nil if none waits. A response with the
// branch of a request and not its Call-ID, CSeq number or tag has a fault, and answers
// nothing. A final response removes the request.
func (c *clientTransactions) match(res *response) (*clientTransaction, fault) {
	c.mu.Lock()
	defer c.mu.Unlock()
	t := c.waiting[clientTransactionKey{res.branch, res.method}]
	if t == nil {
		return nil, fault{}
	}
	switch {
	case t.req.CSeq().SeqNo != res.cseq:
		return nil, fault{reason: "its CSeq number is not that of the request with its branch", detail: res.CSeq().Value()}
	case string(*t.req.CallID()) != res.callID:
		return nil, fault{reason: "its Call-ID is not that of the request with its branch", detail: readable(res.callID)}
	case tagOf(t.req.From().Params) != res.fromTag:
		return nil, fault{reason: "its From has not the tag of the request with its branch", detail: readable(res.fromTag)}
	}
	if _, known := c.answered[t.to.addr]; !known {
		if len(c.answered) >= maxAnswered {
			clear(c.answered)
		}
		c.answered[t.to.addr] = struct{}{}
	}
	if !res.provisional() {
		delete(c.waiting, t.key)
	}
	return t, fault{}
}

// find are the requests for which a condition holds.
func (c *clientTransactions) find(condition func(*clientTransaction) bool) (found []*clientTransaction) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, t := range c.waiting {
		if condition(t) {
			found = append(found, t)
		}
	}
	return found
}

// transact sends a request in a client transaction. done runs in the goroutine of the
// session, or in one of the Agent's if s is nil. failover says that the call has a next
// target.
func (a *Agent) transact(req *sipmsg.Request, to hop, s *Session, failover bool, done func(*response, error)) *clientTransaction {
	t := &clientTransaction{agent: a, session: s, key: clientTransactionKey{branchOf(req), req.Method}, req: req, raw: encode(req),
		to: to, done: done, failover: failover, interval: a.t1, deadline: time.Now().Add(64 * a.t1), sent: 1}
	if to.transport.reliable() {
		t.interval = 64 * a.t1 // only timers B and F run
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	a.clientTransactions.add(t)
	if err := to.send(t.raw); err != nil {
		t.fail(err)
		return t
	}
	t.timer = time.AfterFunc(t.interval, func() { a.background(t.expired) })
	return t
}

// expired sends the request again (timers A and E) or gives up (B and F).
func (t *clientTransaction) expired() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.timer == nil {
		return
	}
	left := time.Until(t.deadline)
	if left <= 0 {
		t.timer = nil
		t.to.transport.silent(t.to.addr, t.started())
		t.fail(errTimeout)
		return
	}
	t.sent++
	if err := t.to.send(t.raw); err != nil {
		t.timer = nil
		t.fail(err)
		return
	}
	t.interval *= 2
	if t.key.method != sipmsg.INVITE {
		t.interval = min(t.interval, 8*t.agent.t1) // T2
	}
	t.timer.Reset(min(t.interval, left))
}

// fail reports that no response will come.
func (t *clientTransaction) fail(err error) {
	if !t.agent.clientTransactions.remove(t) {
		return
	}
	if !errors.As(err, new(unreachableError)) { // which says it all, and the request was sent
		err = fmt.Errorf("send %s: %w", t.key.method, err)
	}
	t.report(nil, err)
}

// report runs done.
func (t *clientTransaction) report(res *response, err error) {
	if t.session != nil {
		t.session.post(func() { t.done(res, err) })
	} else {
		t.agent.background(func() { t.done(res, err) })
	}
}

// onProvisional takes note of a provisional response: an INVITE is neither repeated nor
// given up any more (§17.1.1.2), any other request is repeated less often (§17.1.2.2).
func (t *clientTransaction) onProvisional() {
	if t.key.method == sipmsg.INVITE {
		t.stop()
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.interval, t.provisional = max(t.interval, 8*t.agent.t1), true
}

// stop ends the transaction: it neither sends nor waits any more.
func (t *clientTransaction) stop() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.timer != nil {
		t.timer.Stop()
		t.timer = nil
	}
}

// started is when the request was sent first.
func (t *clientTransaction) started() time.Time { return t.deadline.Add(-64 * t.agent.t1) }

// forget gives a request up: nothing is repeated, and done is not called. A connection
// that was silent for 6·T1 is reported, as it is at the end of a transaction.
func (a *Agent) forget(t *clientTransaction) {
	if t != nil {
		if a.clientTransactions.remove(t) && time.Since(t.started()) >= 6*a.t1 {
			t.to.transport.silent(t.to.addr, t.started())
		}
		t.stop()
	}
}

// write sends a request without a transaction: an ACK, or a CANCEL of an INVITE whose
// session is over.
func (a *Agent) write(req *sipmsg.Request, to hop) {
	if err := to.send(encode(req)); err != nil {
		a.log.Warn("send a SIP request", "method", req.Method, "error", err)
	}
}

// encode is a request as it is sent.
func encode(req *sipmsg.Request) []byte {
	b := bytes.NewBuffer(make([]byte, 0, 1024))
	req.StringWrite(b)
	return b.Bytes()
}
