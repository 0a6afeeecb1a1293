package media

import (
	"encoding/binary"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// Tap copies the audio of a port while it runs: what the far end sends, what is sent to
// it, or both. The worker copies payloads into a ring and never waits; Read decodes
// them in its caller's goroutine. What comes while the ring is full is lost, and counted.
// A port may have several taps; without one it does no work for them.
type Tap struct {
	port  *Port
	every [2]uint32 // by direction
	ring  []byte

	head, tail atomic.Uint64 // bytes written by the worker and read by Read
	lost       atomic.Uint64
	passed     [2]uint32 // packets by direction; owned by the worker

	mu      sync.Mutex // guards what follows, and is held while frames are read
	streams [2]struct {
		codec   *codec
		decoder decoder
	}
	payload [tapPayload]byte
	pcm     [tapSamples]int16
}

const (
	// tapPayload bounds what is copied of a packet, in bytes: what a frame of Opus has at
	// most, and more than 60 ms of any other codec.
	tapPayload = 1277
	// tapSamples is what a packet has at most: 120 ms of Opus.
	tapSamples = 120 * samplesPerTick
)

// TapConfig says what a tap copies.
type TapConfig struct {
	// Received and Sent: one packet of so many is copied in that direction, the first
	// one included; 0 is none.
	Received, Sent int
	// Buffer is the size of the ring in bytes; 0 is 4096, 24 packets of 20 ms in G.711.
	Buffer int
}

// TapFrame is the audio of one packet.
type TapFrame struct {
	Sent bool // to the far end, not by it
	At   time.Time
	PCM  []int16 // 8 kHz; valid until the function that it is passed to returns
}

// Tap starts a tap. Its owner ends it with Close.
func (p *Port) Tap(c TapConfig) *Tap {
	if c.Buffer == 0 {
		c.Buffer = 4096
	}
	t := &Tap{port: p, every: [2]uint32{uint32(c.Received), uint32(c.Sent)}, ring: make([]byte, c.Buffer)}
	p.do(func(*worker) {
		p.taps = append(p.taps, t)
		p.updateFilter()
	})
	return t
}

// Close ends the tap. What it has copied may still be read.
func (t *Tap) Close() {
	t.port.do(func(*worker) {
		t.port.taps = slices.DeleteFunc(t.port.taps, func(o *Tap) bool { return o == t })
		t.port.updateFilter()
	})
}

// Lost is how many packets were not copied since the ring was full.
func (t *Tap) Lost() uint64 { return t.lost.Load() }

// tapHeader is what stands in the ring before a payload: its length, direction and
// codec, and its time since the epoch in nanoseconds.
const tapHeader = 12

// put copies a packet into the ring, in the worker.
func (t *Tap) put(now time.Duration, sent int, c *codec, payload []byte) {
	every := t.every[sent]
	if every == 0 {
		return
	}
	if t.passed[sent]++; (t.passed[sent]-1)%every != 0 {
		return
	}
	payload = payload[:min(len(payload), tapPayload)]
	head := t.head.Load()
	if head-t.tail.Load()+uint64(tapHeader+len(payload)) > uint64(len(t.ring)) {
		t.lost.Add(1)
		return
	}
	var header [tapHeader]byte
	binary.LittleEndian.PutUint16(header[:], uint16(len(payload)))
	header[2], header[3] = byte(sent), byte(slices.Index(codecs, c))
	binary.LittleEndian.PutUint64(header[4:], uint64(now))
	t.write(head, header[:])
	t.write(head+tapHeader, payload)
	t.head.Store(head + uint64(tapHeader+len(payload)))
}

func (t *Tap) write(at uint64, b []byte) {
	n := copy(t.ring[at%uint64(len(t.ring)):], b)
	copy(t.ring, b[n:])
}

func (t *Tap) read(at uint64, b []byte) {
	n := copy(b, t.ring[at%uint64(len(t.ring)):])
	copy(b[n:], t.ring)
}

// Read passes each packet that was copied since the last Read to frame, in order. It
// does not wait for any.
func (t *Tap) Read(frame func(TapFrame)) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for tail, head := t.tail.Load(), t.head.Load(); tail < head; {
		var header [tapHeader]byte
		t.read(tail, header[:])
		b := t.payload[:binary.LittleEndian.Uint16(header[:])]
		t.read(tail+tapHeader, b)
		tail += uint64(tapHeader + len(b))
		t.tail.Store(tail)
		c, at := codecs[header[3]], time.Duration(binary.LittleEndian.Uint64(header[4:]))
		stream := &t.streams[header[2]]
		if stream.codec != c {
			stream.codec, stream.decoder = c, c.decoder()
		}
		n := stream.decoder.decode(b, t.pcm[:])
		frame(TapFrame{Sent: header[2] == tapSent, At: t.port.epoch.Add(at), PCM: t.pcm[:n]})
	}
}

// The directions of a tap.
const (
	tapReceived = 0
	tapSent     = 1
)
