package sip

import "time"

// deadline names a time limit of a session. All limits share one timer.
type deadline uint8

const (
	dueSetup    deadline = iota // no 18x has come
	dueRing                     // it rings too long
	dueReply                    // this target says nothing, another may
	dueGiveUp                   // the state cannot wait longer: CANCEL unanswered, BYE unanswered
	dueAccept                   // repeat the 2xx that awaits its ACK
	dueAck                      // no ACK within 64·T1
	dueGlare                    // send the re-INVITE again that met theirs (491)
	dueDecision                 // a Reoffer that nobody answers
	dueRefresh                  // refresh the session (RFC 4028)
	dueExpiry                   // the session has not been refreshed
	dueCount
)

// deadlines is when each is due; the zero time is never.
type deadlines [dueCount]time.Time

func (d *deadlines) set(which deadline, in time.Duration) { d[which] = time.Now().Add(in) }
func (d *deadlines) stop(which deadline)                  { d[which] = time.Time{} }
func (d *deadlines) running(which deadline) bool          { return !d[which].IsZero() }

// first is the next deadline, if any runs.
func (d *deadlines) first() (which deadline, at time.Time) {
	for i, t := range d {
		if !t.IsZero() && (at.IsZero() || t.Before(at)) {
			which, at = deadline(i), t
		}
	}
	return which, at
}
