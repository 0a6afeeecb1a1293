package media

import "time"

const (
	tick      = time.Millisecond
	slotCount = 20
	cycle     = slotCount // ticks from a slot to its next turn
	// maxCatchUp is how many ticks the clock catches up after a stall, two frames; older
	// ticks are dropped.
	maxCatchUp = 2 * cycle
	// ticksPerSecond converts a clock in Hz to units of a tick.
	ticksPerSecond = int(time.Second / tick)
)

// clock is the absolute clock of a worker. Tick n is due n milliseconds after the epoch,
// however late the tick before it was served.
type clock struct {
	next int64 // first tick not served yet
}

// due returns the ticks to serve at now, a time since the epoch, and marks them served;
// none if last < first.
func (c *clock) due(now time.Duration) (first, last int64) {
	last = int64(now / tick)
	first = max(c.next, last-maxCatchUp+1)
	c.next = max(c.next, last+1)
	return first, last
}

// pacer schedules the packets of one port, in ticks of the absolute clock.
type pacer struct {
	at     int64 // tick at which the next packet falls due
	period int64 // ticks between two packets
}

// due reports whether a packet is due at the tick, and how many before it were missed.
func (p *pacer) due(now int64) (missed int64, due bool) {
	if now < p.at {
		return 0, false
	}
	missed = (now - p.at) / p.period
	p.at += (missed + 1) * p.period // on the schedule, however late this one was
	return missed, true
}

// packetTicks is the packet time that is sent for the one that the far end asks for: the
// largest of 10, 20, 40 and 60 ms that is not above it, at least 10.
func packetTicks(asked time.Duration) int64 {
	for _, t := range []int64{60, 40, 20} {
		if asked >= time.Duration(t)*tick {
			return t
		}
	}
	if asked <= 0 {
		return cycle
	}
	return 10
}
