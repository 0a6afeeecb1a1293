package media

import (
	"testing"
	"time"
)

// What a far end may bring does not depend on how it cuts its sound into packets;
// pauses and stalls of the network are caught up with; what is twice the sound is
// halved.
func TestAllowance(t *testing.T) {
	const minute = time.Minute
	for _, c := range []struct {
		name   string
		packet time.Duration // of sound
		every  time.Duration // sent in real time
		copies int
		stall  time.Duration // of the network, once, after ten seconds
		least  float64       // share that is taken
		most   float64
	}{
		{"5 ms packets", 5 * time.Millisecond, 5 * time.Millisecond, 1, 0, 1, 1},
		{"10 ms packets", 10 * time.Millisecond, 10 * time.Millisecond, 1, 0, 1, 1},
		{"20 ms packets", 20 * time.Millisecond, 20 * time.Millisecond, 1, 0, 1, 1},
		{"60 ms packets", 60 * time.Millisecond, 60 * time.Millisecond, 1, 0, 1, 1},
		{"a clock that is 5 % fast", 20 * time.Millisecond, 19 * time.Millisecond, 1, 0, 1, 1},
		{"a stall of 1.9 s", 20 * time.Millisecond, 20 * time.Millisecond, 1, 1900 * time.Millisecond, 1, 1},
		{"each packet twice", 20 * time.Millisecond, 20 * time.Millisecond, 2, 0, 0.5, 0.6},
		{"a loop of 70 packets", 20 * time.Millisecond, 20 * time.Millisecond, 70, 0, 0.01, 0.02},
	} {
		var a rateLimit
		sent, taken := 0, 0
		for at := time.Duration(0); at < minute; at += c.every {
			now := at
			if at > 10*time.Second && at < 10*time.Second+c.stall {
				now = 10*time.Second + c.stall
			}
			for range c.copies {
				if sent++; a.allow(now, c.packet) {
					taken++
				}
			}
		}
		if share := float64(taken) / float64(sent); share < c.least || share > c.most {
			t.Errorf("%s: %d of %d taken, want %v to %v of them", c.name, taken, sent, c.least, c.most)
		}
	}
}
