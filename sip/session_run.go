package sip

import (
	"fmt"
	"runtime/debug"
	"time"
)

// post has a goroutine do a job, after those that wait. It reports false if the session is
// over.
func (s *Session) post(job func()) bool {
	d, run := s.mailbox.put(job, false)
	if run {
		s.agent.work.Go(s.run) // the session is counted in work while its mailbox is open
	}
	return d == mailAccepted
}

// do does a job, and those that wait, unless they are being done: then it leaves the job to
// whoever does them. Its caller holds no lock.
func (s *Session) do(job func()) bool { return s.doMessage(job, false) == mailAccepted }

// doMessage is do for the job of a message. One that may be lost, as its sender repeats it, is
// dropped where too many wait.
func (s *Session) doMessage(job func(), mayBeLost bool) delivery {
	d, run := s.mailbox.put(job, mayBeLost)
	if run {
		s.run()
	}
	return d
}

// run does the jobs of the mailbox until none waits. One goroutine at a time runs it.
func (s *Session) run() {
	var jobs []func()
	for {
		if jobs = s.mailbox.next(jobs); len(jobs) == 0 {
			return
		}
		for _, job := range jobs {
			s.safely(job)
		}
		if s.state == stateOver {
			s.exit()
			return
		}
		s.setTimer()
	}
}

// setTimer sets the timer to the next deadline.
func (s *Session) setTimer() {
	_, at := s.deadlines.first()
	if at == s.armed {
		return
	}
	s.armed = at
	switch {
	case at.IsZero():
		s.timer.Stop()
	case s.timer == nil:
		s.timer = time.AfterFunc(time.Until(at), func() { s.do(s.expired) })
	default:
		s.timer.Reset(time.Until(at))
	}
}

// agentClosed ends the session because its Agent closes.
func (s *Session) agentClosed() {
	s.state = stateOver
	s.endedBy(EndedLocal)
}

// exit takes the session out of the table and reports its end. Whatever is posted until
// the mailbox closes still runs.
func (s *Session) exit() {
	defer s.agent.work.Done()
	if s.timer != nil {
		s.timer.Stop()
	}
	s.endTransactions()
	s.agent.remove(s)
	s.safely(s.reportEnd)
	for jobs := s.mailbox.close(); len(jobs) > 0; jobs = s.mailbox.close() {
		for _, job := range jobs {
			s.safely(job)
		}
	}
}

// safely runs a job; a panic ends this session and no other.
func (s *Session) safely(job func()) {
	defer func() {
		if p := recover(); p != nil {
			s.agent.cfg.Log.Error("panic in a SIP session", "call_id", s.key.callID, "state", s.state.String(),
				"panic", p, "stack", string(debug.Stack()))
			s.crash(fmt.Errorf("panic in the session: %v", p))
		}
	}()
	job()
}

// crash ends the session after a panic, with a BYE if the call is up.
func (s *Session) crash(err error) {
	was := s.state
	s.state = stateOver
	s.endedBy(EndedLocal)
	s.out.Err = err
	defer func() { _ = recover() }() // the first panic is in the log, and may have left more that panics
	if s.dialog != nil && (was == stateConfirmed || was == stateAccepted || was == stateByePending) {
		s.agent.endLeg(s.dialog, s.digest, s.cause)
	}
}

func (s *Session) expired() {
	s.armed = time.Time{}
	if s.state == stateOver {
		return
	}
	which, at := s.deadlines.first()
	if at.IsZero() || time.Now().Before(at) {
		return
	}
	s.deadlines.stop(which)
	switch which {
	case dueSetup:
		s.setupLimit()
	case dueRing:
		s.endedBy(EndedRingLimit)
		s.input(inLimit)
	case dueFirstResponse: // there is a next target, or another trunk
		if s.state == stateCalling {
			s.noResponse(errTimeout)
		}
	case dueTimeout:
		s.input(inLimit)
	case dueAccept:
		s.repeatAccept()
	case dueAck:
		s.ackLost()
	case dueGlare:
		s.sendReoffer()
	case dueDecision:
		s.rejectOffer(s.offers.remoteOffer, 504)
	case dueRefresh:
		s.sendRefresh()
	case dueExpiry:
		s.endedBy(EndedExpired)
		s.input(inLimit)
	}
}

// emit reports an event, unless the end has been reported.
func (s *Session) emit(e Event) {
	switch {
	case s.endReported:
	case s.notify != nil:
		s.notify(e)
	default:
		s.backlog = append(s.backlog, e)
	}
}

// reportEnd reports Ended, once.
func (s *Session) reportEnd() {
	if s.endReported {
		return
	}
	if s.out.EndedAt.IsZero() {
		s.out.EndedAt = time.Now()
	}
	s.outcome = s.out
	close(s.done)
	end := Ended{s.outcome}
	defer func() { s.endReported = true }()
	s.emit(end)
}

// endedBy notes what ended the session; the first call counts.
func (s *Session) endedBy(by EndedBy) {
	if s.out.By == "" {
		s.out.By = by
	}
}

// deadline names a time limit of a session. All limits share one timer.
type deadline uint8

const (
	dueSetup         deadline = iota // no 18x has come
	dueRing                          // it rings too long
	dueFirstResponse                 // no response, and there is a next target
	dueTimeout                       // of the state: CANCEL or BYE without a response
	dueAccept                        // repeat the 2xx that awaits its ACK
	dueAck                           // no ACK within 64·T1
	dueGlare                         // send the re-INVITE again after a 491
	dueDecision                      // a Reoffer is not decided
	dueRefresh                       // refresh the session (RFC 4028)
	dueExpiry                        // the session has not been refreshed
	dueCount
)

// deadlines is when each is due; the zero time is never.
type deadlines [dueCount]time.Time

func (d *deadlines) set(which deadline, in time.Duration) { d[which] = time.Now().Add(in) }
func (d *deadlines) stop(which deadline)                  { d[which] = time.Time{} }
func (d *deadlines) isSet(which deadline) bool            { return !d[which].IsZero() }

// first is the next deadline, if any runs.
func (d *deadlines) first() (which deadline, at time.Time) {
	for i, t := range d {
		if !t.IsZero() && (at.IsZero() || t.Before(at)) {
			which, at = deadline(i), t
		}
	}
	return which, at
}
