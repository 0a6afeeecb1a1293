package media

import "time"

const (
	// playoutDelay is the playout buffer that lateness is measured by, in milliseconds.
	playoutDelay = 60
	// playoutResync is how many late packets in a row move that buffer: a second at 20 ms.
	playoutResync = 50
	// driftEvery is after how many packets the reference moves by a sample, for clocks that
	// are 100 ppm apart.
	driftEvery = 64
	// clockJump is a step between timestamps and time that is no jitter, in seconds: the
	// source's clock has begun anew.
	clockJump = 1
)

// playout measures the interarrival jitter of RFC 3550 §A.8, and counts the packets that a
// playout buffer of 60 ms would miss.
type playout struct {
	clock     int // of timestamps, in Hz
	running   bool
	transit   uint32 // arrival less timestamp of the packet before, in units of the clock
	jitter    uint32 // units, scaled by 16
	jitterMax uint32

	reference    uint32 // the transit of a packet on time
	drift        int
	lateRun      int    // packets in a row that came late
	leastTransit uint32 // the least transit among them
	late         uint64
}

// setClock sets the clock of the packets that follow.
func (o *playout) setClock(clock int) {
	if clock == o.clock {
		return
	}
	if o.clock != 0 {
		o.jitter = uint32(uint64(o.jitter) * uint64(clock) / uint64(o.clock))
		o.jitterMax = uint32(uint64(o.jitterMax) * uint64(clock) / uint64(o.clock))
	}
	o.clock, o.running = clock, false
}

// add counts one audio packet. Times and their differences are modulo 2³² units.
func (o *playout) add(now time.Duration, ts uint32, marker bool) {
	transit := uint32(unitsIn(now, o.clock)) - ts
	d := int32(transit - o.transit)
	o.transit = transit
	if d < 0 {
		d = -d
	}
	if !o.running || d < 0 || int(d) > clockJump*o.clock { // below 0 is the one number without an absolute value
		o.running, o.reference, o.lateRun = true, transit, 0
		return
	}
	o.jitter += uint32(d) - (o.jitter+8)>>4
	o.jitterMax = max(o.jitterMax, o.jitter)
	if o.drift++; o.drift == driftEvery {
		o.drift = 0
		o.reference++
	}
	behind := int32(transit - o.reference)
	if marker || behind < 0 { // a playout buffer restarts with a talkspurt
		o.reference, behind = transit, 0
	}
	if int(behind) <= playoutDelay*o.clock/1000 {
		o.lateRun = 0
		return
	}
	o.late++
	if o.lateRun++; o.lateRun == 1 || int32(transit-o.leastTransit) < 0 {
		o.leastTransit = transit
	}
	if o.lateRun == playoutResync {
		o.reference, o.lateRun = o.leastTransit, 0
	}
}

// time converts a scaled jitter.
func (o *playout) time(scaled uint32) time.Duration {
	return time.Duration(scaled) * time.Second / time.Duration(16*max(o.clock, 1))
}
