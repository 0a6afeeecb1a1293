package server

import (
	"runtime"
	"testing"
	"time"

	"ringflow/media"
)

// Goroutines that wait for a P are a delay, and so are packets of audio that wait for their turn.
func TestLoadMeter(t *testing.T) {
	var audio media.PlaneStats
	m := newLoadMeter(func() media.PlaneStats { return audio })
	m.measure()
	done := make(chan struct{})
	goroutines := 64 * runtime.GOMAXPROCS(0) // of which the runtime measures 8 for each P
	for range goroutines {
		go func() {
			for until := time.Now().Add(2 * longDelay); time.Now().Before(until); {
			}
			done <- struct{}{}
		}()
	}
	for range goroutines {
		<-done
	}
	if l := m.measure(); !l.delayed || l.processors <= 0 {
		t.Errorf("while most goroutines wait: %+v", l)
	}
	for _, c := range []struct {
		name       string
		sent, late uint64 // packets within 5 ms, and later ones
		want       bool
	}{
		{"no packet is late", 1000, 0, false},
		{"few are", 1000, 9, false},
		{"many are", 1000, 11, true},
		{"many of few are", 5, 2, false},
	} {
		before := packetsOf(audio)
		audio.Late[5] += c.sent // the bucket up to 5 ms
		audio.Late[6] += c.late
		if got := packetsOf(audio).exceed(before, rareLate); got != c.want {
			t.Errorf("%s: %t", c.name, got)
		}
	}
}
