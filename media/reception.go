package media

import "time"

// maxDropout is the jump in sequence numbers beyond which a source is taken to
// have started anew (RFC 3550 §A.1).
const maxDropout = 3000

// reception counts what a port hears: RFC 3550 §6.4.1 for loss, §A.8 for jitter.
type reception struct {
	received uint64
	lost     uint64 // of stretches that are over

	running   bool // a stretch is being counted
	sampled   bool // the kernel lets only some packets through: loss is unknown
	ssrc      uint32
	first     uint32 // extended sequence numbers of the stretch
	highest   uint32
	count     uint64
	transit   int64
	hasPast   bool
	jitter    int64 // samples, scaled by 16
	lastHeard time.Duration
}

// heard counts a packet that arrived at the instant now since the epoch. Only
// sound tells of jitter: the packets of one event share a timestamp.
func (r *reception) heard(now time.Duration, p packet, sound bool) {
	ssrc, seq := p.ssrc, p.seq
	r.received++
	r.lastHeard = now
	if r.running && (ssrc != r.ssrc || jumped(seq, uint16(r.highest))) {
		r.settle()
	}
	if !r.running {
		r.running, r.ssrc, r.count, r.hasPast = true, ssrc, 0, false
		r.first, r.highest = uint32(seq)+1<<16, uint32(seq)+1<<16
	}
	r.count++
	if step := int16(seq - uint16(r.highest)); step > 0 {
		r.highest += uint32(step)
	} else if old := r.highest - uint32(-int32(step)); old < r.first {
		r.first = old
	}
	if sound {
		r.judge(now, p.ts)
	}
}

// judge takes one packet into the jitter.
func (r *reception) judge(now time.Duration, ts uint32) {
	arrival := int64(now) * sampleRate / int64(time.Second)
	transit := int64(int32(uint32(arrival) - ts))
	if r.hasPast {
		d := int64(int32(uint32(transit) - uint32(r.transit)))
		if d < 0 {
			d = -d
		}
		r.jitter += d - (r.jitter+8)>>4
	}
	r.transit, r.hasPast = transit, true
}

// jumped reports whether seq is too far from the highest to be lost or late.
func jumped(seq, highest uint16) bool {
	d := int16(seq - highest)
	return d > maxDropout || d < -maxDropout
}

// sample says from now on whether only some packets come through. Loss is
// counted between two calls, never across.
func (r *reception) sample(on bool) {
	if on != r.sampled {
		r.settle()
		r.sampled = on
	}
}

// settle ends the stretch.
func (r *reception) settle() {
	r.lost += r.missing()
	r.running = false
}

// missing is the loss within the stretch.
func (r *reception) missing() uint64 {
	if !r.running || r.sampled {
		return 0
	}
	expected := uint64(r.highest-r.first) + 1
	return expected - min(expected, r.count)
}

func (r *reception) totalLost() uint64 { return r.lost + r.missing() }

// jitterTime is the interarrival jitter as a time.
func (r *reception) jitterTime() time.Duration {
	return time.Duration(r.jitter) * time.Second / (16 * sampleRate)
}
