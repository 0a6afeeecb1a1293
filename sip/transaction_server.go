package sip

import (
	"cmp"
	"strconv"
	"strings"
	"sync"
	"time"

	sipmsg "github.com/emiago/sipgo/sip"
)

// serverTransaction answers one request (RFC 3261 §17.2, RFC 6026 §7.1): it repeats a
// response for each copy of the request, and the refusal of an INVITE until its ACK
// comes. A 2xx to an INVITE is repeated by the session alone (§13.3.1.4). Its methods
// may be called from any goroutine.
type serverTransaction struct {
	agent     *Agent
	key       string
	invite    bool
	responder *responder

	mu       sync.Mutex // no lock but the responder's transport is taken under it
	state    serverState
	sent     []byte // the last response
	timer    *time.Timer
	interval time.Duration // timer G
	deadline time.Time     // timer H
}

type serverState uint8

const (
	serverProceeding serverState = iota // no final response
	serverAccepted                      // 2xx to an INVITE (RFC 6026)
	serverCompleted                     // another final response
	serverConfirmed                     // a refusal of an INVITE has its ACK
	serverTerminated
)

// tryingAfter is when an INVITE that has no response gets a 100 (§17.2.1).
const tryingAfter = 200 * time.Millisecond

// serverTransactions are those of an Agent.
type serverTransactions struct {
	mu   sync.Mutex // no other lock is taken under it
	live map[string]*serverTransaction
}

func (t *serverTransactions) find(key string) *serverTransaction {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.live[key]
}

// beginTransaction makes the transaction of a request that is no copy. It ends by
// itself once it has its final response; without one, abandon ends it.
func (a *Agent) beginTransaction(req *request) {
	t := &serverTransaction{agent: a, key: transactionKey(&req.message, req.method), invite: req.method == sipmsg.INVITE, responder: req.responder}
	req.tx = t
	table := &a.serverTransactions
	table.mu.Lock()
	defer table.mu.Unlock()
	table.live[t.key] = t
	if t.invite {
		t.after(tryingAfter)
	}
}

// respond sends a response, unless the request has its final one.
func (t *serverTransaction) respond(res reply) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.state != serverProceeding {
		return
	}
	t.sent = t.responder.encode(res)
	t.send()
	if res.code < 200 {
		t.stopTimer()
		return
	}
	t1 := t.agent.t1
	switch {
	case t.invite && res.code < 300:
		t.enter(serverAccepted, 64*t1) // timer L
	case t.invite:
		t.deadline, t.interval = time.Now().Add(64*t1), t1
		if t.reliable() {
			t.interval = 64 * t1
		}
		t.enter(serverCompleted, t.interval)
	case t.reliable():
		t.end()
	default:
		t.enter(serverCompleted, 64*t1) // timer J
	}
}

func (t *serverTransaction) repeat() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.send()
}

// onCopy repeats the response to a copy of the request.
func (t *serverTransaction) onCopy() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.state == serverProceeding || t.state == serverCompleted {
		t.send()
	}
}

// onAck takes the ACK of a refusal (timer I).
func (t *serverTransaction) onAck() {
	t.mu.Lock()
	defer t.mu.Unlock()
	switch {
	case t.state != serverCompleted || !t.invite:
	case t.reliable():
		t.end()
	default:
		t.enter(serverConfirmed, 10*t.agent.t1)
	}
}

// abandon ends a transaction that has no final response; one that has repeats it as long
// as it must.
func (t *serverTransaction) abandon() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.state == serverProceeding {
		t.end()
	}
}

func (t *serverTransaction) after(d time.Duration) {
	t.stopTimer()
	t.timer = time.AfterFunc(d, func() { t.agent.background(t.expired) })
}

func (t *serverTransaction) expired() {
	t.mu.Lock()
	defer t.mu.Unlock()
	switch left := time.Until(t.deadline); {
	case t.state == serverProceeding:
		if t.sent == nil {
			t.sent = t.responder.encode(reply{code: 100, reason: "Trying"})
			t.send()
		}
	case t.state == serverCompleted && t.invite && left > 0:
		t.send()
		t.interval = min(2*t.interval, 8*t.agent.t1)
		t.after(min(t.interval, left))
	default:
		t.end()
	}
}

func (t *serverTransaction) reliable() bool { return t.responder.source.transport.reliable() }

func (t *serverTransaction) send() {
	if t.sent == nil || t.agent.isClosing() {
		return
	}
	if err := t.responder.to().send(t.sent); err != nil {
		t.agent.log.Warn("answer a SIP request", "error", err)
	}
}

// enter goes to a state that the timer ends.
func (t *serverTransaction) enter(s serverState, timer time.Duration) {
	t.state = s
	t.after(timer)
}

func (t *serverTransaction) stopTimer() {
	if t.timer != nil {
		t.timer.Stop()
	}
}

func (t *serverTransaction) end() {
	t.stopTimer()
	t.state = serverTerminated
	table := &t.agent.serverTransactions
	table.mu.Lock()
	defer table.mu.Unlock()
	if table.live[t.key] == t {
		delete(table.live, t.key)
	}
}

// transactionKey is the same for every copy of a request, and for the ACK of its
// refusal (RFC 3261 §17.2.3). With the method INVITE it is the one of the INVITE that a
// CANCEL names.
func transactionKey(req *message, method sipmsg.RequestMethod) string {
	if method == sipmsg.ACK {
		method = sipmsg.INVITE
	}
	via := req.Via()
	sentBy := strings.ToLower(via.Host) + ":" + strconv.Itoa(cmp.Or(via.Port, defaultPort))
	key := []string{string(method), req.branch, sentBy}
	if len(req.branch) <= len(sipmsg.RFC3261BranchMagicCookie) || !strings.HasPrefix(req.branch, sipmsg.RFC3261BranchMagicCookie) {
		// As before RFC 3261: the sum of these tells it apart.
		key = append(key, req.fromTag, req.callID, strconv.Itoa(int(req.cseq)))
	}
	return strings.Join(key, "\n")
}
