package sip

import (
	"context"
	"errors"
	"fmt"
	"sync"

	sipmsg "github.com/emiago/sipgo/sip"
)

// errUnanswered says that a request was repeated until 64·T1 and nobody answered.
var errUnanswered = errors.New("no answer")

// pending is a request of ours whose final response has not come. sipgo's
// transaction repeats the request and says when to give up; responses reach us
// through onMessage instead, and the transaction is terminated before sipgo sees
// a final one. Otherwise it would keep the transaction in memory for another 32
// seconds, and answer for us what only the session can answer rightly.
type pending struct {
	branch string
	method sipmsg.RequestMethod
	req    *sipmsg.Request // not to be changed: its transaction sends it again
	// done is run by the session with the final response, or with an error.
	done func(*sipmsg.Response, error)

	mu sync.Mutex // held while the transaction starts: terminating it then would leave its timers
	tx *sipmsg.ClientTx
}

// transact sends a request and has its end told to done, exactly once, unless
// forget comes first.
func (s *Session) transact(req *sipmsg.Request, done func(*sipmsg.Response, error)) *pending {
	a := s.agent
	p := &pending{branch: branchOf(req), method: req.Method, req: req, done: done}
	req.Laddr = ourConn
	tx, err := a.tx.NewClientTransaction(context.Background(), req)
	if err != nil {
		s.post(func() { done(nil, fmt.Errorf("send %s: %w", req.Method, err)) })
		return p
	}
	s.addPending(p)
	p.mu.Lock()
	p.tx = tx
	err = tx.Init()
	p.mu.Unlock()
	if err != nil {
		tx.Terminate()
		if s.takePending(p) {
			s.post(func() { done(nil, fmt.Errorf("send %s: %w", req.Method, err)) })
		}
		return p
	}
	// sipgo hands provisional responses to this channel with the transaction
	// locked: unread, they would stop its timers.
	a.background(func() { s.drain(tx, p) })
	return p
}

func (s *Session) drain(tx *sipmsg.ClientTx, p *pending) {
	for {
		select {
		case res := <-tx.Responses():
			if !res.IsProvisional() { // its session is gone
				tx.Terminate()
				return
			}
		case <-tx.Done():
			if s.agent.isClosing() {
				return // the session ends by that
			}
			err := tx.Err()
			if errors.Is(err, sipmsg.ErrTransactionTimeout) {
				err = errUnanswered
			}
			if s.takePending(p) {
				s.post(func() { p.done(nil, fmt.Errorf("send %s: %w", p.method, err)) })
			}
			return
		}
	}
}

// terminate ends the transaction; it neither sends nor waits any more.
func (p *pending) terminate() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.tx != nil {
		p.tx.Terminate()
	}
}

// forget gives a request up: nothing is repeated, and done is not called.
func (s *Session) forget(p *pending) {
	if p != nil {
		s.takePending(p)
		p.terminate()
	}
}

func (s *Session) addPending(p *pending) {
	s.pendingMu.Lock()
	defer s.pendingMu.Unlock()
	s.pendings = append(s.pendings, p)
}

func (s *Session) takePending(p *pending) bool {
	s.pendingMu.Lock()
	defer s.pendingMu.Unlock()
	for i, q := range s.pendings {
		if q == p {
			s.pendings = append(s.pendings[:i], s.pendings[i+1:]...)
			return true
		}
	}
	return false
}

// answeredBy takes the request that a final response answers, nil if none waits.
// fits is false for a response that has the branch of one request and the CSeq
// number of another.
func (s *Session) answeredBy(res *sipmsg.Response) (p *pending, fits bool) {
	branch, cseq := branchOf(res), res.CSeq()
	s.pendingMu.Lock()
	defer s.pendingMu.Unlock()
	for i, p := range s.pendings {
		if p.branch != branch || p.method != cseq.MethodName {
			continue
		}
		if p.req.CSeq().SeqNo != cseq.SeqNo {
			return nil, false
		}
		if res.StatusCode >= 200 {
			s.pendings = append(s.pendings[:i], s.pendings[i+1:]...)
			return p, true
		}
		break
	}
	return nil, true
}

// discard keeps a response from sipgo's transactions: it would take it for a
// valid answer, and stop.
func discard(res *sipmsg.Response) {
	if via := res.Via(); via != nil {
		via.Params.Add("branch", sipmsg.RFC3261BranchMagicCookie+"discarded")
	}
}

// write sends a request without a transaction: an ACK.
func (a *Agent) write(req *sipmsg.Request) {
	if err := a.conn.WriteMsg(req); err != nil {
		a.log.Warn("send a SIP request", "method", req.Method, "error", err)
	}
}
