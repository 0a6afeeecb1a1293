package sip

import (
	"bytes"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	sipmsg "github.com/emiago/sipgo/sip"
)

// Session is one INVITE usage, of either side. Its methods may be called from
// any goroutine at any time and wait for nothing; one that the state does not allow does
// nothing.
//
// A Session has no goroutine of its own. Whoever has a job for it, such as the reader of a
// transport that has a message or the caller of a method, does the job, and those that come
// meanwhile: one goroutine at a time, which owns the state. So the caller of a method, and of
// Agent.Invite, must hold no lock that the functions of Notify, Do and Outgoing take. The
// Session lives from the INVITE until nothing is left to be sent or awaited.
type Session struct {
	agent    *Agent
	key      sessionKey
	from, to string
	outbound *outbound // a call that we place, else nil
	inbound  *inbound  // a call that we take, else nil
	done     chan struct{}
	mailbox  mailbox
	remote   atomic.Pointer[netip.AddrPort]
	reported atomic.Pointer[request] // the Reoffer reported last
	afterEnd sync.Mutex              // one function of Notify or Do at a time, once the mailbox is closed
	refused  atomic.Bool             // an inbound call that has its refusal: its key is free

	// owned by whoever does the jobs
	state       state
	deadlines   deadlines
	out         Outcome // grows until it is reported
	outcome     Outcome // as it was reported; immutable once done is closed
	endReported bool
	notify      func(Event) // nil until Notify
	backlog     []Event     // events before Notify
	cause       Cause       // of our hang-up
	dialog      *dialog     // nil until there is one
	bye         *clientTransaction
	digest      *digestSession
	timer       *time.Timer // of the deadlines; nil until one is set
	armed       time.Time   // what the timer is set to
	offers      offers
	repeatAfter time.Duration // until the 2xx that awaits its ACK is sent again
	refresh     refresher
}

func newSession(a *Agent, callID, localTag string) *Session {
	s := &Session{
		agent: a, key: sessionKey{callID, localTag}, done: make(chan struct{}),
	}
	s.remote.Store(new(netip.AddrPort))
	return s
}

// CallID is the Call-ID on the wire.
func (s *Session) CallID() string { return s.key.callID }

// From is the user part of the caller.
func (s *Session) From() string { return s.from }

// To is the user part of the called.
func (s *Session) To() string { return s.to }

// Remote is the address that messages came from last, or go to while none has
// come; zero until known.
func (s *Session) Remote() netip.AddrPort { return *s.remote.Load() }

// Offer is the body of the INVITE of an inbound call.
func (s *Session) Offer() []byte {
	if s.inbound == nil {
		return nil
	}
	return s.inbound.req.content.body
}

// Notify has f called with every event from the first one on, in wire order: one after
// the other, by whoever does the jobs of the session; before Notify returns if the session is
// over. f does not block: it may hold up the reader of a transport. Notify is called once.
func (s *Session) Notify(f func(Event)) {
	s.Do(func() {
		backlog := s.backlog
		s.backlog, s.notify = nil, f
		for _, e := range backlog {
			f(e)
		}
	})
}

// Do has f called between two calls of the function of Notify, and as that is; once the
// session is over, at once.
func (s *Session) Do(f func()) {
	if !s.do(f) {
		s.afterEnd.Lock()
		defer s.afterEnd.Unlock()
		f()
	}
}

// Done is closed with the Ended event.
func (s *Session) Done() <-chan struct{} { return s.done }

// Outcome is valid once Done is closed.
func (s *Session) Outcome() Outcome {
	select {
	case <-s.done:
		return s.outcome
	default:
		return Outcome{}
	}
}

// doBody is do for a job with a body that the caller may change meanwhile.
func (s *Session) doBody(body []byte, job func([]byte)) {
	body = bytes.Clone(body)
	s.do(func() { job(body) })
}

// onResponse takes a response: to the INVITE that began the session, to a re-INVITE, or
// to another request of ours; t is the request that it ends, if it does.
func (s *Session) onResponse(res *response, t *clientTransaction) {
	s.receivedFrom(res.source)
	if res.method != sipmsg.INVITE {
		if t != nil {
			t.done(res, nil)
		} else if !res.provisional() {
			s.discardResponse(res, fault{"it answers no request that waits", res.CSeq().Value(), true})
		}
		return
	}
	if s.outbound != nil {
		if t := s.outbound.inviteOf(res.cseq); t != nil {
			s.onInviteResponse(t, res)
			return
		}
	}
	s.onReofferResponse(res, t)
}

func (s *Session) receivedFrom(source hop) {
	if s.Remote() != source.addr {
		s.remote.Store(&source.addr)
	}
	if s.dialog != nil {
		s.dialog.source = source
	}
}
