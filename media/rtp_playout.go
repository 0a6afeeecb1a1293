package media

import "time"

const (
	// playoutDelay is the buffer of the listener that lateness is judged by: what
	// comes later than that behind the stream's own pace is no longer heard.
	playoutDelay = 60 * sampleRate / 1000
	// playoutResync is how many packets in a row come late before the listener is
	// taken to have moved its buffer behind them: a second of sound at 20 ms.
	playoutResync = 50
	// driftEvery is after how many packets the pace may lag by a sample: what clocks
	// are apart that are 100 ppm wrong.
	driftEvery = 64
	// clockJump is a step between a source's timestamps and time that is no jitter:
	// its clock has begun anew, as after a pause in which it stood still.
	clockJump = sampleRate
)

// playout follows when sound arrives: the interarrival jitter of RFC 3550 §A.8,
// and which packets a listener with a buffer of 60 ms would miss.
type playout struct {
	running   bool
	transit   uint32 // arrival less timestamp of the packet before, in samples
	jitter    uint32 // samples, scaled by 16
	jitterMax uint32

	reference    uint32 // the least transit of late: on time is what keeps to it
	drift        int
	lateRun      int    // packets in a row that came late
	leastTransit uint32 // the least transit among them
	late         uint64
}

// add counts one packet of sound. All times are modulo 2³² samples, and so are
// their differences.
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
	if marker || behind < 0 { // a listener begins a talkspurt anew
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

// restart says that what follows is another source's, or was not followed in
// between. The jitter goes on from what it was.
func (o *playout) restart() { o.running = false }

// jitterTime turns a scaled jitter into a time.
func (o *playout) jitterTime(scaled uint32) time.Duration {
	return time.Duration(scaled) * time.Second / (16 * sampleRate)
}
