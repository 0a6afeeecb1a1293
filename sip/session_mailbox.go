package sip

import (
	"sync"
)

// mailbox are the jobs of a session, in order. The goroutine that reads a transport puts
// its messages, so their order is that of the wire. The jobs are unbounded; deliver drops
// messages past maxMailboxMessages, which are retransmitted.
type mailbox struct {
	mu     sync.Mutex
	jobs   []func()
	closed bool
	ready  chan struct{} // holds a token while jobs is not empty
}

const maxMailboxMessages = 256

type delivery uint8

const (
	mailAccepted delivery = iota
	mailFull              // dropped: too many wait
	mailClosed            // the session is over
)

// deliver adds the job of a message.
func (m *mailbox) deliver(job func()) delivery { return m.put(job, true) }

// put adds a job; one that must not be lost is not bounded.
func (m *mailbox) put(job func(), bounded bool) delivery {
	m.mu.Lock()
	defer m.mu.Unlock()
	switch {
	case m.closed:
		return mailClosed
	case bounded && len(m.jobs) >= maxMailboxMessages:
		return mailFull
	}
	m.jobs = append(m.jobs, job)
	select {
	case m.ready <- struct{}{}:
	default:
	}
	return mailAccepted
}

// drain empties the mailbox. spare is the slice of the last call, which is reused.
func (m *mailbox) drain(spare []func()) []func() {
	m.mu.Lock()
	defer m.mu.Unlock()
	jobs := m.jobs
	clear(spare)
	m.jobs = spare[:0]
	return jobs
}

// close refuses all further jobs, unless some wait: then it reports false.
func (m *mailbox) close() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.closed = len(m.jobs) == 0
	return m.closed
}
