package media

import (
	"fmt"
	"testing"
	"time"
)

func TestClockDue(t *testing.T) {
	for _, c := range []struct {
		name        string
		next        int64
		now         time.Duration
		first, last int64
		after       int64
	}{
		{"on time", 5, 5 * tick, 5, 5, 6},
		{"a little late", 5, 5*tick + 900*time.Microsecond, 5, 5, 6},
		{"too early", 5, 5*tick - 1, 5, 4, 5},
		{"three late", 5, 7 * tick, 5, 7, 8},
		{"two frames late", 5, 44 * tick, 5, 44, 45},
		{"more than two frames late", 5, 45 * tick, 6, 45, 46},
		{"asleep for a minute", 5, time.Minute, 60000 - 39, 60000, 60001},
	} {
		k := clock{next: c.next}
		first, last := k.due(c.now)
		if first != c.first || last != c.last || k.next != c.after {
			t.Errorf("%s: ticks %d–%d, next %d; want %d–%d, %d", c.name, first, last, k.next, c.first, c.last, c.after)
		}
	}
}

// A thread that is kept from running again and again must still send at the pace
// of real time: a relative sleep would slow down by the length of every stall.
func TestStallsKeepRealTime(t *testing.T) {
	for _, period := range []int64{10, 20, 40, 60} {
		for _, stall := range []time.Duration{0, 10 * tick, 15 * tick, 25 * tick, 35 * tick, 55 * tick} {
			t.Run(fmt.Sprintf("%d ms/stalls of %v", period, stall), func(t *testing.T) {
				const length = 60 * time.Second
				var k clock
				p := pacer{at: 7, period: period}
				var sent, given int64
				worst := 0
				for now := time.Duration(0); now < length; {
					now = max(now, time.Duration(k.next)*tick) + stall
					burst := 0
					first, last := k.due(now)
					for at := first; at <= last; at++ {
						if slotOf(at) != slotOf(7) && !(period == 10 && slotOf(at) == slotOf(17)) {
							continue
						}
						if missed, due := p.due(at); due {
							sent, given, burst = sent+1, given+missed, burst+1
						}
					}
					worst = max(worst, burst)
				}
				want := int64(length/tick) / period
				if total := sent + given; total < want-3 || total > want+3 {
					t.Errorf("%d sent and %d given up, want %d in all", sent, given, want)
				}
				if factor := float64(sent) / float64(want); stall <= 25*tick && factor < 0.99 {
					t.Errorf("real-time factor %.3f, want 0.99 or more", factor)
				}
				if most := max(2, int(maxCatchUp/period)); worst > most {
					t.Errorf("%d packets in one burst, want at most %d", worst, most)
				}
			})
		}
	}
}

func TestPacerDue(t *testing.T) {
	p := pacer{at: 100, period: 20}
	for _, c := range []struct {
		now, missed int64
		due         bool
	}{{80, 0, false}, {99, 0, false}, {100, 0, true}, {100, 0, false}, {120, 0, true}, {180, 2, true}, {200, 0, true}} {
		if missed, due := p.due(c.now); missed != c.missed || due != c.due {
			t.Errorf("tick %d: %d missed, due %v; want %d, %v", c.now, missed, due, c.missed, c.due)
		}
	}
}

func TestPacketTicks(t *testing.T) {
	for asked, want := range map[time.Duration]int64{
		0: 20, time.Millisecond: 10, 10 * time.Millisecond: 10, 19 * time.Millisecond: 10, 20 * time.Millisecond: 20,
		30 * time.Millisecond: 20, 40 * time.Millisecond: 40, 50 * time.Millisecond: 40, 60 * time.Millisecond: 60, time.Second: 60,
	} {
		if got := packetTicks(asked); got != want {
			t.Errorf("asked for %v: %d ms, want %d", asked, got, want)
		}
	}
}
