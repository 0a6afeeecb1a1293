package call

import (
	"fmt"
	"sync"
	"time"

	"ringflow/flowengine/record"
	"ringflow/media"
)

// silenceDelay is how long after the answer somebody should have been heard.
const silenceDelay = 3 * time.Second

// silenceCheck looks once, some time after the answer, whether the far end can be heard.
// The zero value does not.
type silenceCheck struct {
	mu    sync.Mutex // guards ended, and is held while the event is written
	timer *time.Timer
	ended bool
}

// watchSilence has the leg say so if nothing of the far end was heard by then.
func (l *Leg) watchSilence() {
	if !l.negotiated.Direction.Receives() {
		return // it said that it sends nothing
	}
	l.silence.timer = time.AfterFunc(silenceDelay, l.checkSilence)
}

func (l *Leg) checkSilence() {
	u := &l.silence
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.ended {
		return
	}
	s := l.port.Stats()
	if s.Received > 0 {
		return
	}
	why := silenceCause(s)
	l.log.Warn("a far end cannot be heard", "trunk", l.trunk.Name, "leg", l.id, "call_id", l.facts.CallID, "why", why)
	l.journal.Append(record.Event{Kind: record.LegUnheard, Leg: &l.facts, Detail: why})
}

// cancel has it not look: the far end has said that it sends nothing.
func (u *silenceCheck) cancel() {
	if u.timer != nil {
		u.timer.Stop()
	}
}

// stop returns when no event of its will be written any more.
func (u *silenceCheck) stop() {
	if u.timer == nil {
		return
	}
	u.timer.Stop()
	u.mu.Lock()
	defer u.mu.Unlock()
	u.ended = true
}

// silenceCause says what became of the packets of a far end of which none was taken.
func silenceCause(s media.PortStats) string {
	if s.Refused == 0 {
		return fmt.Sprintf("no RTP packet has come; the SDP says %s", s.Stated)
	}
	return fmt.Sprintf("%d RTP packets were dropped, the last from %s; the SDP says %s; see the trunk's rtp_from", s.Refused, s.RefusedFrom, s.Stated)
}
