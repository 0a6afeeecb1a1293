package sip

import (
	"sync"
)

// mailbox are the jobs of a session, in order. The goroutine that reads a transport puts
// its messages, so their order is that of the wire. Whoever puts a job while nobody runs
// them runs them, until there are none. The jobs are unbounded, but for messages, which are
// retransmitted: those past maxMailboxMessages are dropped.
type mailbox struct {
	mu      sync.Mutex
	jobs    []func()
	running bool // somebody runs them
	closed  bool
}

const maxMailboxMessages = 256

type delivery uint8

const (
	mailAccepted delivery = iota
	mailFull              // dropped: too many wait
	mailClosed            // the session is over
)

// put adds a job; one that must not be lost is not bounded. run says that nobody runs the
// jobs, so that the caller must.
func (m *mailbox) put(job func(), bounded bool) (d delivery, run bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	switch {
	case m.closed:
		return mailClosed, false
	case bounded && len(m.jobs) >= maxMailboxMessages:
		return mailFull, false
	}
	m.jobs = append(m.jobs, job)
	run, m.running = !m.running, true
	return mailAccepted, run
}

// next empties the mailbox, for whoever runs the jobs. spare is the slice of the last call,
// which is reused. If there are none, its caller does not run them any more.
func (m *mailbox) next(spare []func()) []func() {
	m.mu.Lock()
	defer m.mu.Unlock()
	jobs := m.jobs
	clear(spare)
	m.jobs = spare[:0]
	m.running = len(jobs) > 0
	return jobs
}

// close refuses all further jobs, unless some wait: then it returns them.
func (m *mailbox) close() []func() {
	m.mu.Lock()
	defer m.mu.Unlock()
	jobs := m.jobs
	m.jobs, m.closed = nil, len(jobs) == 0
	return jobs
}
