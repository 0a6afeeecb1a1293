package media

import (
	"testing"
	"time"
)

func TestPortRange(t *testing.T) {
	for _, c := range []struct {
		lowest, highest uint16
		want            []uint16
	}{{4000, 4005, []uint16{4000, 4002, 4004}}, {4001, 4004, []uint16{4002, 4004}}, {4000, 4000, []uint16{4000}}, {65533, 65535, []uint16{65534}}} {
		r := newPortRange(c.lowest, c.highest)
		for _, want := range c.want {
			if got, ok := r.acquire(); !ok || got != want {
				t.Errorf("%d–%d: took %d, %v; want %d", c.lowest, c.highest, got, ok, want)
			}
		}
		if got, ok := r.acquire(); ok {
			t.Errorf("%d–%d: took %d, want none", c.lowest, c.highest, got)
		}
	}
}

func TestPortRangeTakesTheLongestUnused(t *testing.T) {
	r := newPortRange(4000, 4006)
	first, _ := r.acquire()
	second, _ := r.acquire()
	r.release(second)
	r.release(first)
	for _, want := range []uint16{4004, 4006, second, first} {
		if got, _ := r.acquire(); got != want {
			t.Errorf("took %d, want %d", got, want)
		}
	}
}

func TestResting(t *testing.T) {
	var r lingeringPorts
	start := time.Now()
	for i := range 3 {
		r = append(r, lingeringPort{number: uint16(i), until: start.Add(time.Duration(i) * time.Second)})
	}
	for _, c := range []struct {
		after time.Duration
		want  int
	}{{-time.Second, 0}, {0, 1}, {500 * time.Millisecond, 0}, {5 * time.Second, 2}, {6 * time.Second, 0}} {
		if got := len(r.expired(start.Add(c.after))); got != c.want {
			t.Errorf("after %v: %d have rested, want %d", c.after, got, c.want)
		}
	}
}
