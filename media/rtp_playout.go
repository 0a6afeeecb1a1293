package media

import "time"

const (
	// playoutDelay is the playout buffer that lateness is measured by.
	playoutDelay = 60 * sampleRate / 1000
	// playoutResync is how many late packets in a row move that buffer: a second at 20 ms.
	playoutResync = 50
	// driftEvery is after how many packets the reference moves by a sample, for clocks that
	// are 100 ppm apart.
	driftEvery = 64
	// clockJump is a step between timestamps and time that is no jitter: the source's clock has
	// begun anew.
	clockJump = sampleRate
)

// playout measures the interarrival jitter of RFC 3550 §A.8, and counts the packets that a
// playout buffer of 60 ms would miss.
type playout struct {
	running   bool
	transit   uint32 // arrival less timestamp of the packet before, in samples
	jitter    uint32 // samples, scaled by 16
	jitterMax uint32

	reference    uint32 // the transit of a packet on time
	drift        int
	lateRun      int    // packets in a row that came late
	leastTransit uint32 // the least transit among them
	late         uint64
}

// add counts one audio packet. Times and their differences are modulo 2³² samples.
func (o *playout) add(now time.Duration, ts uint32, marker bool) {
	transit := uint32(int64(now)*sampleRate/int64(time.Second)) - ts
	d := int32(transit - o.transit)
	o.transit = transit
	if d < 0 {
		d = -d
	}
	if !o.running || d < 0 || d > clockJump { // below 0 is the one number without an absolute value
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
	if behind <= playoutDelay {
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

// jitterTime converts a scaled jitter.
func jitterTime(scaled uint32) time.Duration {
	return time.Duration(scaled) * time.Second / (16 * sampleRate)
}
