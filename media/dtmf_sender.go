package media

import (
	"encoding/binary"
	"strings"
	"sync"
	"time"
)

// Steps of 20 ms in which digits are sent: events of 100 ms and pauses of 80 ms.
const (
	digitToneSteps = 5 // with the tone on; the last already has the end bit
	digitEndSteps  = 3 // the end is sent three times (RFC 4733 §2.5.1.4)
	digitSteps     = 9 // from one digit to the next
	pauseSteps     = 25
	// maxQueuedDigits bounds the queue.
	maxQueuedDigits = 256
)

// digitSender is the queue of digits of a port.
type digitSender struct {
	queue string
	step  int // within queue[0]
}

// enqueue queues digits and pauses (a comma, 500 ms).
func (k *digitSender) enqueue(s string) {
	for _, r := range strings.ToUpper(s) {
		if (r == ',' || strings.ContainsRune(eventDigits, r)) && len(k.queue) < maxQueuedDigits {
			k.queue += string(r)
		}
	}
}

func (k *digitSender) pending() bool { return k.queue != "" }

// next returns the payload of the next step, with durations in the clock, in Hz, whether
// there is one, and whether a new event begins with it.
func (k *digitSender) next(clock int) (payload [reportSize]byte, send, first bool) {
	digit, step := k.queue[0], k.step
	last := digitSteps
	if digit == ',' {
		last = pauseSteps
	} else if step < digitToneSteps+digitEndSteps-1 {
		send, first = true, step == 0
		payload[0] = byte(strings.IndexByte(eventDigits, digit))
		payload[1] = 10 // −10 dBm0
		if step >= digitToneSteps-1 {
			payload[1] |= 0x80
		}
		duration := min(step+1, digitToneSteps) * cycle * clock / int(time.Second/tick)
		binary.BigEndian.PutUint16(payload[2:], uint16(min(duration, maxDuration)))
	}
	if k.step++; k.step >= last {
		k.queue, k.step = k.queue[1:], 0
	}
	return payload, send, first
}

// digitTones are the tones of the digits (ITU-T Q.23), for far ends that take no
// telephone events, and the pause of a comma. Built once.
var digitTones = sync.OnceValue(func() map[byte]*Prompt {
	const level, on, off = -9, 100 * time.Millisecond, 80 * time.Millisecond
	rows, columns := [4]float64{697, 770, 852, 941}, [4]float64{1209, 1336, 1477, 1633}
	list := map[byte]*Prompt{',': NewPrompt(Tone(0, 500*time.Millisecond))}
	for i, digit := range []byte("123A456B789C*0#D") {
		list[digit] = NewPrompt(append(Tone(level, on, rows[i/4], columns[i%4]), Tone(0, off)...))
	}
	return list
})
