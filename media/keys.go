package media

import (
	"encoding/binary"
	"strings"
	"time"
)

// Key presses that we send: RFC 4733 events of 100 ms and pauses of 80 ms, one
// step a turn.
const (
	keyTone  = 5 // steps of sound; the last of them already says the end
	keyEnds  = 3 // the end is sent three times (RFC 4733 §2.5.1.4)
	keySteps = 9 // steps from one press to the next
	keyPause = 25
	// keyQueue bounds what waits to be sent.
	keyQueue = 256
)

// keys is the queue of presses that a port still has to send.
type keys struct {
	queue string
	step  int // within queue[0]
}

// add queues the characters that are keys or pauses (a comma, 500 ms), in order.
func (k *keys) add(s string) {
	for _, r := range strings.ToUpper(s) {
		if (r == ',' || strings.ContainsRune(eventKeys, r)) && len(k.queue) < keyQueue {
			k.queue += string(r)
		}
	}
}

func (k *keys) pending() bool { return k.queue != "" }

// keyPacket is what one step sends.
type keyPacket struct {
	send    bool
	first   bool // a new event begins: a new timestamp, and the marker
	payload [4]byte
}

// next is the packet of this turn, with the time counted in the clock, in Hz; it
// moves the queue on.
func (k *keys) next(clock int) (p keyPacket) {
	key, step := k.queue[0], k.step
	last := keySteps
	if key == ',' {
		last = keyPause
	} else if step < keyTone+keyEnds-1 {
		p = keyPacket{send: true, first: step == 0}
		p.payload[0] = byte(strings.IndexByte(eventKeys, key))
		p.payload[1] = 10 // −10 dBm0
		if step >= keyTone-1 {
			p.payload[1] |= 0x80
		}
		duration := min(step+1, keyTone) * turn * clock / int(time.Second/tick)
		binary.BigEndian.PutUint16(p.payload[2:], uint16(min(duration, maxDuration)))
	}
	if k.step++; k.step >= last {
		k.queue, k.step = k.queue[1:], 0
	}
	return p
}

// dtmfTones is the sound of a key (ITU-T Q.23), for a far end that takes no
// telephone events; nil for a pause.
func dtmfTones(key byte) *Prompt {
	rows, columns := [4]float64{697, 770, 852, 941}, [4]float64{1209, 1336, 1477, 1633}
	i := strings.IndexByte("123A456B789C*0#D", key)
	if i < 0 {
		return NewPrompt(make([]int16, sampleRate/2))
	}
	const level, on, off = -9, 100 * time.Millisecond, 80 * time.Millisecond
	pcm := tones(level, on, rows[i/4], columns[i%4])
	return NewPrompt(append(pcm, tones(0, off)...))
}
