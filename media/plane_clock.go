package media

import "time"

const (
	tick      = time.Millisecond
	slotCount = 20
	cycle     = slotCount // ticks between two visits to a slot
	// maxCatchUp is how many ticks the clock catches up after a stall: two frames.
	// Older ones are given up, or a burst would follow that no listener can use.
	maxCatchUp = 2 * cycle
	// samplesPerTick ties the RTP clock of 8 kHz to ticks.
	samplesPerTick = sampleRate * int64(tick) / int64(time.Second)
)

// clock is the absolute clock of a worker. Tick n falls due n milliseconds after
// the epoch, however late the tick before it was served.
type clock struct {
	next int64 // first tick not served yet
}

// due returns the ticks to serve at now, first to last, and marks them served.
// There are none if last < first. Instants are times since the epoch.
func (c *clock) due(now time.Duration) (first, last int64) {
	last = int64(now / tick)
	first = max(c.next, last-maxCatchUp+1)
	c.next = max(c.next, last+1)
	return first, last
}

// pacer says when one port sends, in ticks of the absolute clock.
type pacer struct {
	at     int64 // tick at which the next packet falls due
	period int64 // ticks between two packets
}

// due reports whether a packet falls due at the tick, and how many packets
// before it were given up because their ticks never came.
func (p *pacer) due(now int64) (missed int64, due bool) {
	if now < p.at {
		return 0, false
	}
	missed = (now - p.at) / p.period
	p.at += (missed + 1) * p.period // on its old beat, however late this one was
	return missed, true
}

// packetTicks is the packet time that we send for the one the far end asked for:
// the largest of 10, 20, 40 and 60 ms that is not above it, since those fit the
// slots. The limits of 10 and 60 hold whatever was asked for.
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
