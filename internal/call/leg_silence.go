package call

import (
	"fmt"
	"sync"
	"time"

	"ringflow/flowengine/record"
	"ringflow/media"
)

// silenceDelay is the time from the answer to the check.
const silenceDelay = 3 * time.Second

// silenceCheck reports, once, that no RTP was received since the answer. The zero value is
// stopped.
type silenceCheck struct {
	mu    sync.Mutex // guards ended, and is held while the event is written
	timer *time.Timer
	ended bool
}

func (l *Leg) watchSilence() {
	if l.negotiated.Direction.Receives() { // else the far end does not send
		l.silence.timer = time.AfterFunc(silenceDelay, l.checkSilence)
	}
}

func (l *Leg) checkSilence() {
	c, s := &l.silence, l.port.Stats() // before the lock: it waits for the worker of the port
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.ended && s.Received == 0 {
		why := silenceCause(s)
		l.log.Warn("a far end cannot be heard", "trunk", l.trunk.Name, "leg", l.id, "call_id", l.facts.CallID, "why", why)
		l.journal.Append(record.Event{Kind: record.LegUnheard, Leg: &l.facts, Detail: why})
	}
}

// stop stops a check that has been started; no event of its is appended when stop has
// returned.
func (c *silenceCheck) stop() {
	if c.timer == nil {
		return
	}
	c.timer.Stop()
	c.mu.Lock()
	defer c.mu.Unlock()
	c.ended = true
}

func silenceCause(s media.PortStats) string {
	if s.Unauthenticated > 0 {
		return fmt.Sprintf("%d RTP packets were dropped that are not encrypted with the key of the far end's SDP (%s)", s.Unauthenticated, s.Suite)
	}
	if s.Refused == 0 {
		return fmt.Sprintf("no RTP packet has come; the SDP says %s", s.Stated)
	}
	return fmt.Sprintf("%d RTP packets were dropped, the last from %s; the SDP says %s; see the trunk's rtp_from", s.Refused, s.RefusedFrom, s.Stated)
}
