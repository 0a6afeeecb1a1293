package media

import (
	"slices"
	"testing"
	"testing/synctest"
	"time"
)

func TestEvenPorts(t *testing.T) {
	for _, c := range []struct {
		lowest, highest uint16
		want            []uint16
	}{{4000, 4005, []uint16{4000, 4002, 4004}}, {4001, 4004, []uint16{4002, 4004}}, {4000, 4000, []uint16{4000}}, {65533, 65535, []uint16{65534}}} {
		if got := evenPorts(c.lowest, c.highest); !slices.Equal(got, c.want) {
			t.Errorf("%d–%d: %d, want %d", c.lowest, c.highest, got, c.want)
		}
	}
}

// Each closed port rests for lingerTime, and is then the last to be opened again.
func TestPortsRestInTheirOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := Plane{free: []uint16{4004, 4006}}
		for _, number := range []uint16{4002, 4000} {
			p.linger(&Port{number: number, fd: -1})
			time.Sleep(500 * time.Millisecond)
		}
		wantFree := func(want ...uint16) {
			t.Helper()
			synctest.Wait()
			p.mu.Lock()
			defer p.mu.Unlock()
			if !slices.Equal(p.free, want) || len(p.lingering) != 4-len(want) {
				t.Errorf("free are %d and %d rest, want %d", p.free, len(p.lingering), want)
			}
		}
		time.Sleep(lingerTime - time.Second - time.Nanosecond)
		wantFree(4004, 4006)
		time.Sleep(time.Nanosecond)
		wantFree(4004, 4006, 4002)
		time.Sleep(499 * time.Millisecond)
		wantFree(4004, 4006, 4002)
		time.Sleep(5 * time.Second)
		wantFree(4004, 4006, 4002, 4000)
	})
}
