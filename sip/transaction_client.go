package sip

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"net/netip"
	"sync"
	"time"

	sipmsg "github.com/emiago/sipgo/sip"
)

// errTimeout says that a request had no response within 64·T1.
var errTimeout = errors.New("no answer")

// ErrConnectionLost says that a target took the connection for a request, and that the
// connection ended before a response.
var ErrConnectionLost = errors.New("lost before a response")

// clientTransaction sends a request, repeats it until a response comes, and gives up
// (RFC 3261 §17.1). The ACK of a final response to an INVITE is sent by the session.
type clientTransaction struct {
	req *sipmsg.Request
	to  hop
	// done is called with the final response, or with why there is none; once, unless
	// the request is forgotten before.
	done func(*response, error)
	// session runs done, and takes every response to an INVITE. Without one, done runs
	// in a goroutine of the Agent's.
	session *Session
	// failover says that the call has a next target: an ICMP error counts at once.
	failover bool
	limit    time.Duration // until it is given up; 0: 64·T1 (timers B and F)
	raw      []byte        // req as it is sent; nil: transact encodes it

	// set by transact
	agent   *Agent
	key     clientTransactionKey
	started time.Time // when it was sent first

	mu          sync.Mutex    // guards what follows
	conn        connection    // that it was sent over last, nil for UDP
	timer       *time.Timer   // nil once nothing is repeated or awaited
	interval    time.Duration // until it is sent again
	sent        int           // how often
	provisional bool          // a provisional response came
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
		return nil, fault{reason: "its Call-ID is not that of the request with its branch", detail: clipped(res.callID)}
	case tagOf(t.req.From().Params) != res.fromTag:
		return nil, fault{reason: "its From has not the tag of the request with its branch", detail: clipped(res.fromTag)}
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

// transact sends a request in a client transaction.
func (a *Agent) transact(t *clientTransaction) *clientTransaction {
	t.agent, t.key = a, clientTransactionKey{branchOf(t.req), t.req.Method}
	if t.raw == nil {
		t.raw = encode(t.req)
	}
	t.started, t.interval, t.limit = time.Now(), a.t1, cmp.Or(t.limit, 64*a.t1)
	t.mu.Lock()
	defer t.mu.Unlock()
	a.clientTransactions.mu.Lock()
	a.clientTransactions.waiting[t.key] = t
	a.clientTransactions.mu.Unlock()
	t.send()
	return t
}

// send sends the request, and sets the timer.
func (t *clientTransaction) send() {
	t.sent++
	conn, err := t.to.transport.send(t.raw, t.to)
	if err != nil {
		t.fail(err)
		return
	}
	t.conn = conn
	wait := t.limit - time.Since(t.started)
	if !t.to.transport.reliable() {
		wait = min(wait, t.interval)
	}
	if t.timer == nil {
		t.timer = time.AfterFunc(wait, func() { t.agent.background(t.expired) })
	} else {
		t.timer.Reset(wait)
	}
	t.interval *= 2
	if t.key.method != sipmsg.INVITE {
		t.interval = min(t.interval, 8*t.agent.t1) // T2
	}
}

// expired sends the request again (timers A and E) or gives up (B and F).
func (t *clientTransaction) expired() {
	t.mu.Lock()
	defer t.mu.Unlock()
	switch {
	case t.timer == nil:
	case time.Since(t.started) < t.limit:
		t.send()
	default:
		t.silent()
		t.fail(errTimeout)
	}
}

// silent reports to the connection that the request has no response.
func (t *clientTransaction) silent() {
	if t.conn != nil {
		t.conn.silent(t.started)
	}
}

// fail ends the transaction because the request cannot be sent, or has no response.
func (t *clientTransaction) fail(err error) { t.end(fmt.Errorf("send %s: %w", t.key.method, err)) }

// end reports that no response will come.
func (t *clientTransaction) end(err error) {
	t.stopTimer()
	if t.agent.clientTransactions.remove(t) {
		t.report(nil, err)
	}
}

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
	t.stopTimer()
}

func (t *clientTransaction) insideCall() bool { return tagOf(t.req.To().Params) != "" }

func (t *clientTransaction) stopTimer() {
	if t.timer != nil {
		t.timer.Stop()
		t.timer = nil
	}
}

// forget gives a request up: nothing is repeated, and done is not called. A connection
// that was silent for 6·T1 is reported, as it is at the end of a transaction.
func (a *Agent) forget(t *clientTransaction) {
	if t == nil {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if a.clientTransactions.remove(t) && time.Since(t.started) >= 6*a.t1 {
		t.silent()
	}
	t.stopTimer()
}

// connectionLost takes the end of a connection: the requests sent over it may not have
// arrived, and transactions repeat nothing over a connection (RFC 3261 §17.1.4). The
// requests inside a call, and CANCEL, are sent once more, over another connection; others
// fail, and so do all if the far end never took the connection. One that has a provisional
// response waits on: the far end opens a connection for the final one (§18.2.2).
func (a *Agent) connectionLost(to hop, conn connection, taken bool, err error) {
	defer a.flowLost(to)
	for _, t := range a.clientTransactions.find(func(t *clientTransaction) bool { return t.to == to }) {
		t.mu.Lock()
		switch {
		case t.timer == nil || t.conn != conn || t.provisional:
		case !taken:
			t.fail(fmt.Errorf("connection to %s: %w", to.addr, err))
		case t.sent == 1 && (t.key.method == sipmsg.CANCEL || t.insideCall()):
			t.send()
		default:
			t.fail(fmt.Errorf("connection to %s: %w: %w", to.addr, ErrConnectionLost, err))
		}
		t.mu.Unlock()
	}
}

// write sends a request without a transaction: an ACK, or a CANCEL of an INVITE whose
// session is over.
func (a *Agent) write(req *sipmsg.Request, to hop) {
	if err := to.send(encode(req)); err != nil {
		a.log.Warn("send a SIP request", "method", req.Method, "error", err)
	}
}

func encode(req *sipmsg.Request) []byte {
	b := bytes.NewBuffer(make([]byte, 0, 1024))
	req.StringWrite(b)
	return b.Bytes()
}
