package media

import "time"

const (
	recordingChunk = sampleRate        // samples of an allocation: one second
	maxRecording   = 3600 * sampleRate // samples of a recording at most: one hour
	// maxRecordingSlip is how far timestamps may run from the time of arrival before audio is
	// placed by that again: more than jitter, less than a pause in speech.
	maxRecordingSlip = sampleRate / 5
)

// Recording is the received audio of a port, at the times of its arrival, with silence
// where no packet came. Within a talkspurt timestamps place the packets, so that jitter
// makes no gaps. It has one hour at most.
type Recording struct {
	port *Port

	// Owned by the port's worker until finished.
	startedAt time.Duration
	finished  bool
	chunks    [][]int16
	length    int // samples, once finished
	anchored  bool
	ssrc      uint32
	clock     int    // of its timestamps, in Hz
	ts        uint32 // of the anchor
	position  int64  // of the anchor
}

// Record starts a recording of what is received from now on, and ends one that runs.
func (p *Port) Record() *Recording {
	r := &Recording{port: p}
	started := p.do(func(w *worker) {
		if p.recording != nil {
			p.recording.finish(w.now())
		}
		r.startedAt = w.now()
		p.recording = r
		p.updateFilter()
	})
	if !started {
		r.finished = true // nothing is received on a closed port
	}
	return r
}

// Stop ends the recording and returns it: 8 kHz linear samples, as many as time has passed.
// A second call returns the same.
func (r *Recording) Stop() []int16 {
	p := r.port
	asked := p.do(func(w *worker) {
		r.finish(w.now())
		if p.recording == r {
			p.recording = nil
			p.updateFilter()
		}
	})
	if !asked {
		<-p.released
	}
	pcm := make([]int16, r.length)
	for i, chunk := range r.chunks {
		if at := i * recordingChunk; at < len(pcm) {
			copy(pcm[at:], chunk)
		}
	}
	return pcm
}

// finish fixes the length.
func (r *Recording) finish(now time.Duration) {
	if !r.finished {
		r.finished = true
		r.length = int(min(samplesIn(now-r.startedAt), maxRecording))
	}
}

// add writes the samples of one packet, whose timestamps have the clock in Hz.
func (r *Recording) add(now time.Duration, k packet, clock int, pcm []int16) {
	arrival := samplesIn(now - r.startedAt)
	at := r.position + int64(int32(k.ts-r.ts))*sampleRate/int64(clock)
	if !r.anchored || k.ssrc != r.ssrc || clock != r.clock || at-arrival > maxRecordingSlip || arrival-at > maxRecordingSlip {
		r.anchored, r.ssrc, r.clock, r.ts, r.position = true, k.ssrc, clock, k.ts, arrival
		at = arrival
	}
	if at < 0 {
		pcm, at = pcm[min(-at, int64(len(pcm))):], 0
	}
	for len(pcm) > 0 && at < maxRecording {
		n := int(at / recordingChunk)
		for len(r.chunks) <= n {
			r.chunks = append(r.chunks, make([]int16, recordingChunk))
		}
		written := copy(r.chunks[n][at%recordingChunk:], pcm)
		pcm, at = pcm[written:], at+int64(written)
	}
}

func samplesIn(d time.Duration) int64 { return unitsIn(d, sampleRate) }
