package call

import (
	"slices"

	"ringflow/media/sdp"
	"ringflow/sip"
)

// take handles an event of the session, behind those that wait for the hosts that SDP names.
func (l *Leg) take(e sip.Event) {
	l.waiting = append(l.waiting, e)
	if !l.lookingUp {
		l.handleWaiting()
	}
}

// handleWaiting handles the events that wait, up to the next whose hosts are to be looked up.
// A goroutine does that, and then goes on where the session calls it: between two events.
func (l *Leg) handleWaiting() {
	for len(l.waiting) > 0 {
		e := l.waiting[0]
		_, over := l.waiting[len(l.waiting)-1].(sip.Ended)
		if hosts := l.hosts.unknown(sdp.Hosts(bodyOf(e))); len(hosts) > 0 && !over {
			l.lookingUp = true
			go func() {
				found := lookUp(hosts)
				l.session.Do(func() {
					l.lookingUp = false
					l.hosts.add(found)
					l.handleWaiting()
				})
			}()
			return
		}
		l.waiting = slices.Delete(l.waiting, 0, 1)
		if !l.safely(func() { l.handle(e) }) {
			l.fail("a fault of the server", 41)
		}
	}
}

// bodyOf is the SDP of an event, if it has any.
func bodyOf(e sip.Event) []byte {
	switch e := e.(type) {
	case sip.Progress:
		return e.Body
	case sip.Answered:
		return e.Body
	case sip.Reoffer:
		return e.Body
	case sip.ReofferResult:
		return e.Body
	}
	return nil
}
